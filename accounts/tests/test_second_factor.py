from datetime import timedelta
from itertools import count

import pyotp
import pytest
from django.utils import timezone

from accounts.models import SecondFactor, SignIn, User
from accounts.second_factor import clean, digest
from todo_project.models import LogEntry

from .conftest import PASSWORD

URL, CONFIRM, LOGIN = "/api/auth/totp", "/api/auth/totp/confirm", "/api/auth/login"
BODY = {"email": "cyd@example.com", "password": PASSWORD}
RECOVERY = "ABCDEF-GHIJKL-MNOPQR-STUVWX"


@pytest.fixture
def cyd_client(cyd, sign_in, with_token):
    return with_token(sign_in(cyd)["access"])


@pytest.fixture
def factor(cyd):
    """Cyd's second factor, confirmed, with one recovery code."""
    return SecondFactor.objects.create(
        user=cyd,
        secret=pyotp.random_base32(),
        confirmed_at=timezone.now(),
        recovery_digests=[digest(clean(RECOVERY))],
    )


def code_of(secret, steps=0):
    """The code that an app shows, or showed so many steps ago."""
    return pyotp.TOTP(secret).at(timezone.now() - timedelta(seconds=30 * steps))


def log_in(client, code=None, **change):
    body = {**BODY, **change} if code is None else {**BODY, "code": code, **change}
    response = client.post(LOGIN, body)
    return response.status_code, response.json().get("code")


@pytest.fixture(autouse=True)
def slow_clock(monkeypatch):
    """A clock that stays within one step, so that no test depends on the time."""
    start, calls = timezone.now().replace(second=10, microsecond=0), count()
    monkeypatch.setattr(timezone, "now", lambda: start + timedelta(milliseconds=next(calls)))


def test_it_is_set_up_and_confirmed(cyd_client, cyd, anonymous):
    begun = cyd_client.post(URL)
    secret = begun.json()["secret"]
    before = log_in(anonymous)
    code = code_of(secret)

    confirmed = cyd_client.post(CONFIRM, {"code": f"{code[:3]} {code[3:]}"})

    assert begun.status_code == confirmed.status_code == 200
    uri = f"otpauth://totp/Todo%20API:cyd%40example.com?secret={secret}&issuer=Todo%20API"
    assert begun.json() == {"secret": secret, "uri": uri}
    assert len(secret) == 32
    codes = confirmed.json()["recovery_codes"]
    assert len({*codes}) == 10
    stored = str(SecondFactor.objects.values().get())
    assert not any(one in stored or one.replace("-", "") in stored for one in codes)
    assert before[0] == 200
    assert log_in(anonymous) == (401, "code_required")
    assert log_in(anonymous, codes[0])[0] == 200


def test_the_code_that_confirms_is_used_up(cyd_client, anonymous):
    code = code_of(cyd_client.post(URL).json()["secret"])
    cyd_client.post(CONFIRM, {"code": code})

    assert log_in(anonymous, code) == (401, "invalid_code")


def test_a_wrong_code_confirms_nothing(cyd_client, anonymous):
    secret = cyd_client.post(URL).json()["secret"]

    for code in [code_of(secret, 2), code_of(secret, -2), "000", "", RECOVERY]:
        response = cyd_client.post(CONFIRM, {"code": code})
        assert response.status_code == 400
        assert response.json()["errors"][0]["field"] == "code"
    assert log_in(anonymous)[0] == 200


def test_another_beginning_replaces_the_first(cyd_client):
    first, second = (cyd_client.post(URL).json()["secret"] for _ in range(2))

    statuses = [
        cyd_client.post(CONFIRM, {"code": code_of(one)}).status_code for one in (first, second)
    ]

    assert first != second
    assert statuses == [400, 200]


def test_a_confirmed_one_is_not_replaced(cyd_client, factor):
    assert cyd_client.post(URL).status_code == 409
    assert cyd_client.post(CONFIRM, {"code": code_of(factor.secret)}).status_code == 400
    assert SecondFactor.objects.get().secret == factor.secret


@pytest.mark.parametrize("path", [URL, CONFIRM])
def test_an_anonymous_caller_is_refused(anonymous, db, path):
    assert anonymous.post(path, {"code": "123456"}).status_code == 401


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
def test_a_code_may_be_one_step_early_or_late(anonymous, factor, steps, status):
    assert log_in(anonymous, code_of(factor.secret, steps))[0] == status


def test_a_code_and_those_before_it_are_good_once(anonymous, factor):
    now, before = code_of(factor.secret), code_of(factor.secret, 1)

    answers = [log_in(anonymous, code)[0] for code in (now, now, before)]

    assert answers == [200, 401, 401]


@pytest.mark.parametrize("code", ["12345", "1234567", "١٢٣٤٥٦", "abcdef", "-", " "])
def test_a_malformed_code_is_refused(anonymous, factor, code):
    assert log_in(anonymous, code)[0] in (400, 401)
    assert log_in(anonymous, code_of(factor.secret))[0] == 200


def test_a_recovery_code_is_good_once_however_it_is_typed(anonymous, factor):
    typed = RECOVERY.lower().replace("-", " ")

    assert log_in(anonymous, typed)[0] == 200
    assert log_in(anonymous, RECOVERY) == (401, "invalid_code")


def test_a_wrong_password_is_refused_as_ever(anonymous, factor):
    for code in [None, "123456", code_of(factor.secret)]:
        assert log_in(anonymous, code, password="wrong") == (401, "no_active_account")
    assert log_in(anonymous, code_of(factor.secret))[0] == 200  # its code was not used up


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(3))
def test_of_parallel_logins_with_a_code_one_succeeds(factor, anonymous, at_once, settings, _):
    settings.THROTTLE_LOGIN = ""  # some failures come after the success that clears their count
    factor.user.set_password(PASSWORD)
    factor.user.save()
    for code in [code_of(factor.secret), RECOVERY]:
        statuses = at_once(8, lambda _, code=code: log_in(anonymous, code)[0])

        assert sorted(statuses) == [200] + [401] * 7


def test_wrong_codes_count_as_wrong_passwords(anonymous, factor, settings):
    settings.THROTTLE_LOGIN = "3/min"

    answers = [log_in(anonymous, "123456"), log_in(anonymous, password="wrong")]
    answers += [log_in(anonymous, "123456"), log_in(anonymous, code_of(factor.secret))]

    assert [status for status, _ in answers] == [401, 401, 401, 429]


def test_a_missing_code_neither_counts_nor_clears_failures(anonymous, factor, settings):
    settings.THROTTLE_LOGIN = "3/min"
    codes = ["1", None, "2", None, "3", None]

    assert [log_in(anonymous, code)[0] for code in codes] == [401] * 5 + [429]


@pytest.mark.parametrize("path", ["/api-auth/login/", "/admin/login/"])
def test_the_pages_ask_for_the_code(anonymous, factor, path):
    User.objects.filter(pk=factor.user_id).update(is_staff=True)
    form = {"username": BODY["email"], "password": PASSWORD}

    without = anonymous.post(path, form, format="multipart")
    wrong = anonymous.post(path, {**form, "code": "123456"}, format="multipart")
    good = {**form, "code": code_of(factor.secret)}
    right = anonymous.post(path, {**good, "next": "/"}, format="multipart")

    assert "Send the code of your second factor too." in without.content.decode()
    assert "The code is wrong" in wrong.content.decode()
    assert without.content.decode().count('name="code"') == 1
    assert right.status_code == 302
    assert anonymous.get("/api/auth/me").status_code == 200


@pytest.mark.parametrize("path", ["/api-auth/login/", "/admin/login/"])
def test_the_pages_share_the_count(anonymous, factor, settings, path):
    settings.THROTTLE_LOGIN = "2/min"
    form = {"username": BODY["email"], "password": PASSWORD, "code": "123456"}
    log_in(anonymous, "123456")

    statuses = [anonymous.post(path, form, format="multipart").status_code for _ in range(2)]

    assert statuses == [200, 429]


def test_it_is_removed_with_the_password_alone(cyd_client, factor, anonymous):
    refused = cyd_client.delete(URL, {"password": "wrong"})
    response = cyd_client.delete(URL, {"password": PASSWORD})

    assert (refused.status_code, response.status_code) == (400, 204)
    assert log_in(anonymous)[0] == 200
    assert cyd_client.delete(URL, {"password": PASSWORD}).status_code == 404


def test_a_password_that_is_asked_for_again_needs_no_code(cyd_client, factor):
    passwords = {"current_password": PASSWORD, "new_password": "a longer horse"}

    assert cyd_client.post("/api/auth/password", passwords).status_code == 204
    assert SecondFactor.objects.get() == factor


def test_confirming_the_address_removes_one_that_somebody_else_may_have_made(cyd, factor):
    cyd.email_verified_at = None

    cyd.confirm_email()

    assert not SecondFactor.objects.exists()


def test_staff_remove_one_and_never_see_the_key(staff, factor):
    admin, user = "/admin/accounts/secondfactor/", f"/admin/accounts/user/{factor.user_id}/"
    details = f"{admin}{factor.pk}/change/"
    pages = [staff.get(path) for path in (admin, details, f"{admin}{factor.pk}/delete/")]
    users = staff.get(f"{user}change/").content.decode()

    response = staff.post(f"{admin}{factor.pk}/delete/", {"post": "yes"})

    for page in pages:
        assert page.status_code == 200
        assert factor.secret not in page.content.decode()
        assert factor.recovery_digests[0] not in page.content.decode()
    assert f'href="{details}"' in users
    assert factor.secret not in users
    assert response.status_code == 302
    assert not SecondFactor.objects.exists()
    entry = LogEntry.objects.get()
    assert (entry.user.email, entry.object_repr) == (
        "root@example.com",
        f"Second factor {factor.pk}",
    )
    assert staff.get(f"{user}change/").status_code == 200


def test_staff_without_one_stay_out_of_the_admin_if_it_is_required(staff, settings):
    settings.STAFF_SECOND_FACTOR = True
    page = staff.get("/admin/", follow=True).content.decode()
    setting_up = staff.get(URL, headers={"accept": "text/html"})
    root = User.objects.get(email="root@example.com")

    factor = SecondFactor.objects.create(user=root, secret=pyotp.random_base32())
    unconfirmed = staff.get("/admin/").status_code
    factor.confirmed_at = timezone.now()
    factor.save()

    assert f'<a href="{URL}">Set up a second factor</a>' in page
    assert "Press POST to begin." in setting_up.content.decode()
    assert unconfirmed == 302
    assert staff.get("/admin/").status_code == 200


def test_sign_ins_stay_when_it_is_confirmed(cyd_client, factor):
    assert cyd_client.get("/api/auth/me").status_code == 200
    assert SignIn.objects.exists()
