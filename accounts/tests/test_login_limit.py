"""At most ten failures per minute for an account and a hundred from a client, on all paths."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.attempts import client_address
from accounts.login_limit import LoginLimit
from accounts.models import Attempts, User

from .conftest import PASSWORD

WRONG = "wrong"
LOGIN, BROWSER, ADMIN = "/api/auth/login", "/api-auth/login/", "/admin/login/"


@pytest.fixture
def clock(monkeypatch):
    """Moves the clock forward."""
    start = timezone.now()

    def move(seconds):
        monkeypatch.setattr(timezone, "now", lambda: start + timedelta(seconds=seconds))

    return move


@pytest.fixture
def hashes(monkeypatch):
    """Counts password hashes."""
    from accounts.hashers import BoundedArgon2PasswordHasher

    counted = []
    for name in ("encode", "verify"):
        original = getattr(BoundedArgon2PasswordHasher, name)

        def count(self, *args, original=original):
            counted.append(original.__name__)
            return original(self, *args)

        monkeypatch.setattr(BoundedArgon2PasswordHasher, name, count)
    return counted


def guess(client, url=LOGIN, email="cyd@example.com", password=WRONG, **headers):
    body = {"email": email, "username": email, "password": password}
    options = {"content_type": "application/json"} if url == LOGIN else {}
    return client.post(url, body, headers=headers, **options)


@pytest.mark.parametrize("email", ["cyd@example.com", "nobody@example.com"])
def test_the_eleventh_failure_computes_no_hash(client, cyd, hashes, email):
    statuses = [guess(client, email=email).status_code for _ in range(10)]
    hashed = len(hashes)

    response = guess(client, email=email)

    assert statuses == [401] * 10
    assert hashed == 10
    assert len(hashes) == 10
    assert response.status_code == 429
    assert response["Content-Type"] == "application/problem+json"
    assert 50 <= int(response["Retry-After"]) <= 60
    assert response.json()["code"] == "throttled"


def test_spellings_of_an_address_are_one_account(client, cyd):
    for email in ["CYD@example.com", " cyd@example.com", "cyd@EXAMPLE.com "] * 4:
        response = guess(client, email=email)

    assert response.status_code == 429


def test_the_right_password_after_the_wait_works(client, cyd, clock):
    clock(0)
    for _ in range(10):
        guess(client)
    refused = guess(client, password=PASSWORD)

    clock(int(refused["Retry-After"]))

    assert refused.status_code == 429
    assert guess(client, password=PASSWORD).status_code == 200


def test_refused_attempts_do_not_prolong_the_wait(client, cyd, clock):
    for seconds in range(60):
        clock(seconds)
        guess(client)

    clock(61)

    assert guess(client, password=PASSWORD).status_code == 200


def test_any_minute_allows_at_most_ten_failures(client, cyd, clock):
    reached = []
    for seconds in range(0, 300, 2):
        clock(seconds)
        if guess(client).status_code == 401:
            reached.append(seconds)

    assert reached
    for end in reached:
        assert sum(end - 60 < at <= end for at in reached) <= 10


def test_success_clears_the_count_of_the_account(client, cyd):
    for _ in range(9):
        guess(client)
    guess(client, password=PASSWORD)

    statuses = {guess(client).status_code for _ in range(9)}

    assert statuses == {401}


@pytest.mark.parametrize("url", [LOGIN, BROWSER, ADMIN])
def test_successes_of_an_account_are_limited_as_each_costs_a_hash(client, db, hashes, url):
    User.objects.create_superuser("cyd@example.com", PASSWORD)
    guess(client, url, password=PASSWORD)  # makes the address a known one, with counts of its own
    hashes.clear()

    statuses = [guess(client, url, password=PASSWORD).status_code for _ in range(32)]

    assert statuses == [200 if url == LOGIN else 302] * 30 + [429] * 2
    assert len(hashes) == 30


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/api/auth/password", {"current_password": PASSWORD, "new_password": "x"}),
        ("delete", "/api/auth/me", {"password": PASSWORD}),
    ],
)
def test_what_asks_for_the_password_again_counts_with_them(anonymous, cyd, method, path, body):
    client = APIClient()
    client.force_authenticate(cyd)
    statuses = {guess(anonymous, password=PASSWORD).status_code for _ in range(31)}

    response = getattr(client, method)(path, body)

    assert statuses == {200}
    assert response.status_code == 429
    assert User.objects.get() == cyd


def test_a_change_with_a_good_old_and_a_bad_new_password_counts(cyd):
    client = APIClient()
    client.force_authenticate(cyd)
    body = {"current_password": PASSWORD, "new_password": "x"}
    client.post("/api/auth/password", body)  # makes the address a known one

    statuses = [client.post("/api/auth/password", body).status_code for _ in range(31)]

    assert statuses == [400] * 30 + [429]


def test_the_password_form_of_the_admin_counts(client, db):
    client.force_login(User.objects.create_superuser("cyd@example.com", PASSWORD))
    form = {"old_password": PASSWORD, "new_password1": "x", "new_password2": "x"}
    client.post("/admin/password_change/", form)  # makes the address a known one

    statuses = [client.post("/admin/password_change/", form).status_code for _ in range(31)]

    assert statuses == [200] * 30 + [429]


def test_successes_from_one_address_are_limited_whatever_the_account(client, db, settings):
    settings.THROTTLE_ANON = ""
    for n in range(11):
        User.objects.create_user(f"user{n}@example.com", PASSWORD)

    statuses = [
        guess(client, email=f"user{n % 11}@example.com", password=PASSWORD).status_code
        for n in range(302)
    ]

    assert statuses == [200] * 300 + [429] * 2


def test_a_hundred_people_behind_one_address_may_sign_in_at_once(client, db):
    for n in range(100):
        User.objects.create_user(f"user{n}@example.com", PASSWORD)

    statuses = {
        guess(client, email=f"user{n}@example.com", password=PASSWORD).status_code
        for n in range(100)
    }

    assert statuses == {200}


def test_strangers_who_guess_do_not_use_up_the_hashes_of_the_owner(client, cyd):
    owner = {"REMOTE_ADDR": "192.0.2.1"}
    for n in range(50):
        body = {"email": cyd.email, "password": WRONG}
        client.post(LOGIN, body, "application/json", REMOTE_ADDR=f"198.51.100.{n}")

    reset_by_mail = {"email": cyd.email, "password": PASSWORD}
    LoginLimit(None, cyd.email).forgive()

    assert client.post(LOGIN, reset_by_mail, "application/json", **owner).status_code == 200


def test_success_does_not_clear_the_count_of_the_client(client, cyd):
    """An attacker cannot log in to their own account to continue guessing."""
    for n in range(100):
        guess(client, email=f"user{n}@example.com")
        if n % 8 == 0:
            assert guess(client, password=PASSWORD).status_code == 200

    assert guess(client, email="another@example.com").status_code == 429
    assert guess(client, password=PASSWORD).status_code == 429


def test_attackers_cannot_lock_the_owner_out(client, cyd):
    owner, stranger = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}

    def login(password, **origin):
        body = {"email": cyd.email, "password": password}
        return client.post(LOGIN, body, "application/json", **origin).status_code

    assert login(PASSWORD, **owner) == 200

    guesses = [login(WRONG, **stranger) for _ in range(12)]

    assert guesses == [401] * 10 + [429] * 2
    assert login(PASSWORD, **owner) == 200
    assert login(PASSWORD, **stranger) == 429
    assert [login(WRONG, **owner) for _ in range(11)] == [401] * 10 + [429]


def test_an_attempt_refused_for_the_account_is_no_client_failure(client, cyd):
    for _ in range(105):
        guess(client, email="nobody@example.com")

    assert guess(client, password=PASSWORD).status_code == 200


def test_every_login_counts_as_a_request(client, cyd, settings):
    settings.THROTTLE_ANON = "3/min"

    assert [guess(client, password=PASSWORD).status_code for _ in range(4)] == [200] * 3 + [429]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.7:4711", "192.0.2.7:4712"),
        ("192.0.2.7", "::ffff:192.0.2.7"),
        ("[2001:db8::1]:4711", "2001:db8::2"),
        ("unknown", "_hidden"),
    ],
)
def test_spellings_of_a_client_address_are_one_client(rf, monkeypatch, one, other):
    from rest_framework.settings import api_settings

    monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)

    addresses = [client_address(rf.get("/", HTTP_X_FORWARDED_FOR=text)) for text in (one, other)]

    assert addresses[0] == addresses[1]


def test_other_accounts_are_not_affected(client, cyd, db):
    for _ in range(11):
        guess(client, email="nobody@example.com")

    assert guess(client, password=PASSWORD).status_code == 200


@pytest.mark.parametrize("first", [LOGIN, BROWSER, ADMIN])
@pytest.mark.parametrize("then", [LOGIN, BROWSER, ADMIN])
def test_all_authentication_paths_share_one_count(client, db, first, then):
    User.objects.create_superuser("cyd@example.com", PASSWORD)
    for _ in range(10):
        guess(client, first)

    response = guess(client, then, password=PASSWORD)

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert ("text/html" in response["Content-Type"]) == (then != LOGIN)


def test_a_forwarded_address_is_not_trusted(client, cyd):
    for n in range(100):
        guess(client, email=f"user{n}@example.com", x_forwarded_for=f"10.0.0.{n}")

    response = guess(client, email="another@example.com", x_forwarded_for="10.1.1.1")

    assert response.status_code == 429


def test_a_trusted_proxy_is_trusted_for_one_hop(client, cyd, monkeypatch):
    from rest_framework.settings import api_settings

    monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)
    for n in range(100):
        guess(client, email=f"user{n}@example.com", x_forwarded_for=f"10.0.0.{n}, 192.0.2.1")

    same = guess(client, email="another@example.com", x_forwarded_for="10.1.1.1, 192.0.2.1")
    other = guess(client, email="another@example.com", x_forwarded_for="192.0.2.1, 192.0.2.2")

    assert (same.status_code, other.status_code) == (429, 401)


def test_addresses_of_one_ipv6_network_are_one(client, cyd):
    for n in range(100):
        client.post(
            LOGIN,
            {"email": f"user{n}@example.com", "password": "wrong"},
            content_type="application/json",
            REMOTE_ADDR=f"2001:db8:1:2::{n:x}",
        )

    response = client.post(
        LOGIN,
        {"email": "another@example.com", "password": "wrong"},
        content_type="application/json",
        REMOTE_ADDR="2001:db8:1:2:ffff::1",
    )

    assert response.status_code == 429


def test_addresses_are_not_stored_in_plain_text(client, cyd):
    guess(client)

    stored = str(list(Attempts.objects.values()))
    # failures and hashes for account and address, calls of the view
    assert Attempts.objects.count() == 5
    assert "cyd" not in stored
    assert "127.0.0.1" not in stored


def test_an_empty_rate_sets_no_limit(client, cyd, settings):
    settings.THROTTLE_LOGIN = ""

    assert {guess(client).status_code for _ in range(12)} == {401}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("register", {"email": "x"}),
        ("refresh", {"refresh": "x"}),
        ("verify", {"token": "x"}),
        ("logout", {"refresh": "x"}),
        ("password/reset", {"email": "nobody@example.com"}),
        ("password/reset/confirm", {"uid": "MQ", "token": "x", "password": "x"}),
        ("email/verify", {"uid": "MQ", "token": "x"}),
    ],
)
def test_other_anonymous_endpoints_have_separate_counts(anonymous, db, settings, path, body):
    settings.THROTTLE_ANON = "3/hour"
    statuses = [anonymous.post(f"/api/auth/{path}", body).status_code for _ in range(4)]

    other = "verify" if path != "verify" else "logout"
    untouched = anonymous.post(f"/api/auth/{other}", {"token": "x", "refresh": "x"})

    assert 429 not in statuses[:3]
    assert statuses[3] == 429
    assert untouched.status_code == 401
