import pytest

from accounts.models import User

from .conftest import PASSWORD
from .test_password_reset import secret

REGISTER, VERIFY, LOGIN = "/api/auth/register", "/api/auth/email/verify", "/api/auth/login"
BODY = {"email": "dee@example.com", "password": PASSWORD, "name": "Dee <b>"}


@pytest.fixture(autouse=True)
def required(settings):
    settings.EMAIL_VERIFICATION = "required"


@pytest.fixture
def registered(anonymous, db, mails_of):
    """The `uid` and `token` of the link in the mail to a new account."""
    _, (message,) = mails_of(lambda: anonymous.post(REGISTER, BODY))
    return secret(message)


def test_registering_sends_a_link(anonymous, db, mails_of):
    response, (message,) = mails_of(lambda: anonymous.post(REGISTER, BODY))

    assert (response.status_code, response.json()) == (202, {})
    assert message.to == ["dee@example.com"]
    assert message.subject == "Confirm your e-mail address"
    assert "http://localhost:3000/verify-email#uid=" in message.body
    # A name in the mail would let anybody send texts to strangers.
    assert "Dee" not in message.body
    assert "Dee" not in message.alternatives[0].content


def test_a_known_address_gets_the_same_answer(anonymous, cyd, mails_of):
    body = {**BODY, "email": "CYD@example.com", "password": "another password"}

    response, (message,) = mails_of(lambda: anonymous.post(REGISTER, body))

    cyd.refresh_from_db()
    assert (response.status_code, response.json()) == (202, {})
    assert message.to == ["cyd@example.com"]
    assert message.subject == "You already have an account"
    assert "/reset-password#" in message.body
    assert cyd.check_password(PASSWORD)
    assert cyd.name == ""


def test_nobody_can_prepare_an_account_for_another_person(anonymous, registered, mails_of):
    """Dee registers too, and then follows the older link in her mailbox."""
    body = {**BODY, "password": "chosen by Dee herself"}
    _, (message,) = mails_of(lambda: anonymous.post(REGISTER, body))

    confirmed = anonymous.post(VERIFY, registered)

    assert message.subject == "You already have an account"
    assert confirmed.status_code == 400
    credentials = {"email": BODY["email"], "password": PASSWORD}
    assert anonymous.post(LOGIN, credentials).status_code == 401
    confirm = {**secret(message), "password": body["password"]}
    assert anonymous.post("/api/auth/password/reset/confirm", confirm).status_code == 204
    assert anonymous.post(LOGIN, {**credentials, "password": body["password"]}).status_code == 200


def test_requiring_verification_ends_existing_sign_ins(
    anonymous, alice, sign_in, with_token, settings
):
    settings.EMAIL_VERIFICATION = "none"
    pair = sign_in(alice)
    assert with_token(pair["access"]).get("/api/auth/me").status_code == 200

    settings.EMAIL_VERIFICATION = "required"

    assert with_token(pair["access"]).get("/api/auth/me").status_code == 401
    body = {"refresh": pair["refresh"]}
    assert anonymous.post("/api/auth/refresh", body).status_code == 401


def test_login_requires_a_confirmed_address(anonymous, registered, client):
    """The reader of the mail knows the registered password and keeps it."""
    credentials = {"email": BODY["email"], "password": PASSWORD}
    before = anonymous.post(LOGIN, credentials)
    client.post("/api-auth/login/", {"username": BODY["email"], "password": PASSWORD})
    in_browser = client.get("/api/auth/me")

    response = anonymous.post(VERIFY, {**registered, "password": PASSWORD})
    after = anonymous.post(LOGIN, credentials)

    assert (before.status_code, in_browser.status_code) == (401, 401)
    assert (response.status_code, response.content) == (204, b"")
    assert after.status_code == 200


def test_a_stranger_who_registered_the_address_loses_the_password(anonymous, registered, mails_of):
    confirmed = anonymous.post(VERIFY, registered)

    credentials = {"email": BODY["email"], "password": PASSWORD}
    assert confirmed.status_code == 204
    assert anonymous.post(LOGIN, credentials).status_code == 401
    _, (message,) = mails_of(lambda: anonymous.post("/api/auth/password/reset", credentials))
    confirm = {**secret(message), "password": "chosen by Dee herself"}
    assert anonymous.post("/api/auth/password/reset/confirm", confirm).status_code == 204
    assert anonymous.post(LOGIN, {**credentials, **confirm}).status_code == 200


def test_a_sign_in_of_the_stranger_ends(anonymous, registered, sign_in, with_token, settings):
    settings.EMAIL_VERIFICATION = "none"
    access = sign_in(User.objects.get())["access"]
    settings.EMAIL_VERIFICATION = "required"

    anonymous.post(VERIFY, registered)

    assert with_token(access).get("/api/auth/me").status_code == 401


def test_a_wrong_password_does_not_confirm_and_is_counted(anonymous, registered):
    body = {**registered, "password": "not this one"}
    responses = [anonymous.post(VERIFY, body) for _ in range(11)]

    assert [response.status_code for response in responses] == [400] * 10 + [429]
    (error,) = responses[0].json()["errors"]
    assert (error["field"], error["code"]) == ("password", "wrong_password")
    assert User.objects.get().email_verified_at is None


def test_the_link_works_once(anonymous, registered):
    anonymous.post(VERIFY, registered)

    assert anonymous.post(VERIFY, registered).status_code == 400


@pytest.mark.parametrize("changes", [{"token": "x"}, {"uid": "MA"}, {"uid": "x"}, {"token": ""}])
def test_an_invalid_link_does_not_confirm(anonymous, registered, changes):
    response = anonymous.post(VERIFY, {**registered, **changes})

    assert response.status_code == 400
    assert User.objects.get().email_verified_at is None


def test_a_verification_link_does_not_reset_the_password(anonymous, registered):
    confirm = {**registered, "password": "entirely different"}

    response = anonymous.post("/api/auth/password/reset/confirm", confirm)

    assert response.status_code == 400
    assert User.objects.get().check_password(PASSWORD)


def test_a_reset_confirms_the_address(anonymous, registered, mails_of):
    email = {"email": BODY["email"]}
    _, (message,) = mails_of(lambda: anonymous.post("/api/auth/password/reset", email))
    confirm = {**secret(message), "password": "entirely different"}

    anonymous.post("/api/auth/password/reset/confirm", confirm)

    assert User.objects.get().email_verified_at is not None


def test_the_address_of_a_new_superuser_is_confirmed(client, db):
    User.objects.create_superuser("root@example.com", PASSWORD)

    client.post("/admin/login/", {"username": "root@example.com", "password": PASSWORD})

    assert client.get("/admin/").status_code == 200
