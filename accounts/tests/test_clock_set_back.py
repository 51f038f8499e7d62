"""A clock that was hours ahead and has been set back: nobody is kept out until it is then again."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.cache import caches
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Identity, SignIn, User
from accounts.tokens import SIGN_INS_OF_A_USER, RefreshToken
from todo_project.api.throttling import UserThrottle

from .conftest import PASSWORD

LOGIN, ME, REFRESH = "/api/auth/login", "/api/auth/me", "/api/auth/refresh"
AHEAD = -3 * 3600  # seconds ago


def log_in(client, password=PASSWORD):
    return client.post(LOGIN, {"email": "cyd@example.com", "password": password})


def test_failures_from_then_keep_nobody_out(anonymous, cyd, ago):
    ago(AHEAD)
    assert [log_in(anonymous, "wrong").status_code for _ in range(11)] == [401] * 10 + [429]

    ago(0)

    assert log_in(anonymous).status_code == 200


def test_calls_from_then_keep_nobody_out(anonymous, db, ago, settings):
    settings.THROTTLE_ANON = "2/hour"

    def calls():
        return [anonymous.post(REFRESH, {"refresh": "x"}).status_code for _ in range(3)]

    ago(AHEAD)
    assert calls() == [401, 401, 429]

    ago(0)

    assert calls() == [401, 401, 429]


def test_mails_from_then_are_no_reason_to_send_none(anonymous, cyd, mails_of, ago):
    def mails():
        call = {"email": cyd.email}
        return len(mails_of(lambda: anonymous.post("/api/auth/password/reset", call))[1])

    ago(AHEAD)
    assert [mails() for _ in range(6)] == [1] * 5 + [0]

    ago(0)

    assert mails() == 1


def test_sign_ins_from_then_do_not_end_new_ones(cyd, sign_in, with_token, ago):
    ago(AHEAD)
    SignIn.objects.bulk_create(
        SignIn(user=cyd, created_at=timezone.now(), expires_at=timezone.now() + timedelta(days=14))
        for _ in range(SIGN_INS_OF_A_USER)
    )

    ago(0)
    pairs = [sign_in(cyd) for _ in range(3)]

    assert [with_token(pair["access"]).get(ME).status_code for pair in pairs] == [200] * 3
    assert SignIn.objects.count() == SIGN_INS_OF_A_USER


def test_a_refresh_from_then_does_not_excuse_reuse(anonymous, cyd, sign_in):
    token = sign_in(cyd)["refresh"]
    successor = anonymous.post(REFRESH, {"refresh": token}).json()["refresh"]
    sign_in = SignIn.objects.get()
    sign_in.spent = {spent: at - AHEAD for spent, at in sign_in.spent.items()}
    sign_in.save()

    anonymous.post(REFRESH, {"refresh": token})

    assert anonymous.post(REFRESH, {"refresh": successor}).status_code == 401


def test_a_request_that_looked_at_the_clock_earlier_is_a_race(cyd, sign_in):
    token = sign_in(cyd)["refresh"]
    slower = RefreshToken(token)
    RefreshToken(token).rotate()

    assert SignIn.objects.get().lately_spent(slower["jti"], slower.current_time)


def test_a_link_from_then_is_good_once(anonymous, cyd, mails_of, monkeypatch):
    future = datetime.now() - timedelta(seconds=AHEAD)
    with monkeypatch.context() as clock:
        clock.setattr(PasswordResetTokenGenerator, "_now", lambda self: future)
        call = {"email": cyd.email}
        _, [mail] = mails_of(lambda: anonymous.post("/api/auth/password/reset", call))
    fragment = mail.body.split("#")[1].split()[0]
    link = dict(pair.split("=") for pair in fragment.split("&"))

    def confirm():
        body = {**link, "password": "another good one"}
        return anonymous.post("/api/auth/password/reset/confirm", body).status_code

    assert [confirm(), confirm()] == [204, 400]


def test_a_sign_out_from_then_lets_new_tokens_in_and_no_old_ones(db, better_auth, with_token):
    old = better_auth.token(iat=int(timezone.now().timestamp()) - 60)
    assert with_token(old).get(ME).status_code == 200
    Identity.objects.update(signed_out_at=timezone.now() - timedelta(seconds=AHEAD))

    assert with_token(old).get(ME).status_code == 401
    new = better_auth.token(iat=int(timezone.now().timestamp()) + 2)
    assert with_token(new).get(ME).status_code == 200
    assert with_token(old).get(ME).status_code == 401


@pytest.fixture
def two_calls_an_hour(monkeypatch):
    caches["default"].clear()
    monkeypatch.setattr(UserThrottle, "THROTTLE_RATES", {"user": "2/hour"})
    yield
    caches["default"].clear()


def test_calls_of_a_user_from_then_keep_nobody_out(two_calls_an_hour, db, monkeypatch):
    client, now = APIClient(), timezone.now().timestamp()
    client.force_authenticate(User.objects.create_user("alice@example.com"))

    def calls():
        return [client.get(ME).status_code for _ in range(3)]

    monkeypatch.setattr(UserThrottle, "timer", lambda self: now - AHEAD)
    assert calls() == [200, 200, 429]

    monkeypatch.setattr(UserThrottle, "timer", lambda self: now)

    assert calls() == [200, 200, 429]
