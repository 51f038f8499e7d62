import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from accounts import mails
from accounts.models import User

from .conftest import PASSWORD

URL, CONFIRM = "/api/auth/password/reset", "/api/auth/password/reset/confirm"
NEW = "entirely different"


def secret(message):
    """The `uid` and `token` of the link in a mail."""
    (link,) = re.findall(r"http://localhost:3000/\S+", message.body)
    return {name: value for name, (value,) in parse_qs(urlsplit(link).fragment).items()}


@pytest.fixture
def reset(anonymous, cyd, mails_of):
    _, (message,) = mails_of(lambda: anonymous.post(URL, {"email": cyd.email}))
    return secret(message)


def test_it_sends_a_link_to_the_front_end(anonymous, cyd, mails_of):
    response, (message,) = mails_of(lambda: anonymous.post(URL, {"email": " CYD@example.com"}))

    link = urlsplit(re.search(r"http\S+", message.body)[0])
    assert (response.status_code, response.json()) == (202, {})
    assert message.to == ["cyd@example.com"]
    assert message.subject == "Reset your password"
    assert (link.scheme, link.netloc, link.path) == ("http", "localhost:3000", "/reset-password")
    assert link.query == ""  # the secret is in the fragment, which servers do not see
    assert set(parse_qs(link.fragment)) == {"uid", "token"}
    html = message.alternatives[0].content
    assert link.geturl().replace("&", "&amp;") in html


@pytest.mark.parametrize("email", ["nobody@example.com", "off@example.com", "none@example.com"])
def test_an_address_that_cannot_be_reset_gets_the_same_answer(anonymous, cyd, mails_of, email):
    User.objects.create_user("off@example.com", PASSWORD, is_active=False)
    User.objects.create_user("none@example.com")

    response, sent = mails_of(lambda: anonymous.post(URL, {"email": email}))

    assert (response.status_code, response.json()) == (202, {})
    assert sent == []


@pytest.mark.parametrize(
    "email",
    [
        "cyd@example.com\nBcc: all@example.com",
        "cyd@example.com, all@example.com",
        "c\u0443d@example.com",  # a Cyrillic letter
        "\u212ayd@example.com",  # the Kelvin sign, a k in lower case
        "cyd@ex\u0430mple.com",
        "cyd",
        None,
        "",
    ],
)
def test_a_look_alike_address_or_a_header_gets_no_mail(anonymous, mails_of, email, db):
    User.objects.create_user("kyd@example.com", PASSWORD)
    User.objects.create_user("cyd@example.com", PASSWORD)

    response, sent = mails_of(lambda: anonymous.post(URL, {"email": email}))

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "email"
    assert sent == []


def test_mails_to_one_address_are_limited(anonymous, cyd, mails_of):
    counts = [len(mails_of(lambda: anonymous.post(URL, {"email": cyd.email}))[1]) for _ in range(7)]

    assert counts == [1] * 5 + [0] * 2


def test_a_mail_server_that_is_down_fails_no_request(anonymous, cyd, mails_of, monkeypatch, caplog):
    def refuse(self):
        raise ConnectionRefusedError("smtp.internal")

    monkeypatch.setattr(mails.EmailMultiAlternatives, "send", refuse)

    response, _ = mails_of(lambda: anonymous.post(URL, {"email": cyd.email}))

    assert response.status_code == 202
    assert f"Mail to user {cyd.pk} not sent" in caplog.text


def test_the_link_sets_a_new_password_and_ends_every_sign_in(
    anonymous, cyd, reset, sign_in, with_token
):
    pair = sign_in(cyd)

    response = anonymous.post(CONFIRM, {**reset, "password": NEW})

    cyd.refresh_from_db()
    assert (response.status_code, response.content) == (204, b"")
    assert cyd.check_password(NEW)
    assert with_token(pair["access"]).get("/api/auth/me").status_code == 401


def test_the_link_works_once(anonymous, cyd, reset):
    anonymous.post(CONFIRM, {**reset, "password": NEW})

    response = anonymous.post(CONFIRM, {**reset, "password": NEW})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "token"


def test_the_link_works_after_a_refused_password(anonymous, cyd, reset):
    refused = anonymous.post(CONFIRM, {**reset, "password": "short"})
    accepted = anonymous.post(CONFIRM, {**reset, "password": NEW})

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "password"
    assert accepted.status_code == 204


def test_the_link_expires(anonymous, cyd, reset, monkeypatch):
    now = PasswordResetTokenGenerator._now
    monkeypatch.setattr(
        PasswordResetTokenGenerator, "_now", lambda self: now(self) + timedelta(seconds=3602)
    )

    assert anonymous.post(CONFIRM, {**reset, "password": NEW}).status_code == 400


def test_a_password_change_invalidates_the_link(anonymous, cyd, reset):
    cyd.set_password("changed again")
    cyd.save()

    assert anonymous.post(CONFIRM, {**reset, "password": NEW}).status_code == 400


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"token": "x"}, "token"),
        ({"token": "\x00"}, "token"),
        ({"token": None}, "token"),
        ({"uid": "x"}, "token"),
        ({"uid": "LTE"}, "token"),
        ({"uid": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ"}, "token"),
        ({"uid": "é"}, "token"),
        ({"uid": None}, "uid"),
        ({"uid": ["MQ"]}, "uid"),
        ({"password": None}, "password"),
    ],
)
def test_it_refuses_a_bad_value_and_changes_nothing(anonymous, cyd, reset, changes, field):
    stored = cyd.password

    response = anonymous.post(CONFIRM, {**reset, "password": NEW, **changes})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field
    cyd.refresh_from_db()
    assert cyd.password == stored


def test_a_reset_clears_the_count_of_failures(anonymous, cyd, reset):
    credentials = {"email": cyd.email, "password": "wrong"}
    for _ in range(11):
        response = anonymous.post("/api/auth/login", credentials)

    anonymous.post(CONFIRM, {**reset, "password": NEW})

    assert response.status_code == 429
    assert anonymous.post("/api/auth/login", {**credentials, "password": NEW}).status_code == 200


def test_a_reset_also_clears_the_count_of_a_known_client(anonymous, cyd, reset):
    login = "/api/auth/login"
    credentials = {"email": cyd.email, "password": PASSWORD}
    assert anonymous.post(login, credentials).status_code == 200
    stranger = {"REMOTE_ADDR": "192.0.2.2"}
    for _ in range(11):
        response = anonymous.post(login, {**credentials, "password": "wrong"}, **stranger)
    assert response.status_code == 429

    anonymous.post(CONFIRM, {**reset, "password": NEW})
    for _ in range(10):
        anonymous.post(login, {**credentials, "password": "wrong"}, **stranger)

    assert anonymous.post(login, {**credentials, "password": NEW}).status_code == 200


def test_a_deactivated_user_cannot_use_it(anonymous, cyd, reset):
    User.objects.update(is_active=False)

    assert anonymous.post(CONFIRM, {**reset, "password": NEW}).status_code == 400
