import pytest
from django.core import mail

from accounts import mails
from accounts.models import User

from .conftest import PASSWORD
from .test_password_reset import secret

URL, VERIFY, ME = "/api/auth/email", "/api/auth/email/verify", "/api/auth/me"
OLD, NEW = "cyd@example.com", "new@example.com"
BODY = {"password": PASSWORD, "email": NEW}


@pytest.fixture
def client(cyd, sign_in, with_token):
    return with_token(sign_in(cyd)["access"])


@pytest.fixture
def ask(client, mails_of):
    """Asks for an address and gives the mails by address."""

    def call(email=NEW):
        response, sent = mails_of(lambda: client.post(URL, {**BODY, "email": email}))
        assert (response.status_code, response.json()) == (202, {})
        return {message.to[0]: message for message in sent}

    return call


def link_of(user, new_email=NEW):
    """The link of a request, without the mail."""
    User.objects.filter(pk=user.pk).update(new_email=new_email)
    user.refresh_from_db()
    url = mails.link("verify-email", user, mails.change_tokens)
    return secret(mail.EmailMessage(body=url))


def test_it_sends_a_link_to_the_new_address_and_a_notice_to_the_old(ask, cyd):
    sent = ask(" NEW@example.com")

    assert set(sent) == {OLD, NEW}
    assert sent[NEW].subject == "Confirm your new e-mail address"
    assert "http://localhost:3000/verify-email#" in sent[NEW].body
    assert sent[OLD].subject == "Your e-mail address is about to change"
    assert secret(sent[NEW])["token"] not in sent[OLD].body
    cyd.refresh_from_db()
    assert cyd.email == OLD


def test_the_link_changes_the_address_and_sign_ins_stay(ask, client, anonymous):
    link = secret(ask()[NEW])

    response = anonymous.post(VERIFY, link)

    assert (response.status_code, response.content) == (204, b"")
    assert client.get(ME).json()["email"] == NEW
    for email, status in [(OLD, 401), (NEW, 200)]:
        body = {"email": email, "password": PASSWORD}
        assert anonymous.post("/api/auth/login", body).status_code == status


def test_browser_sessions_and_personal_tokens_stay(cyd, anonymous, with_token):
    anonymous.force_login(cyd)
    cyd.personal_tokens.create(name="x", digest="x", scopes="tasks:read")
    User.objects.filter(pk=cyd.pk).update(email_verified_at=None)

    assert anonymous.post(VERIFY, link_of(cyd)).status_code == 204
    assert anonymous.get(ME).json()["email"] == NEW
    assert cyd.personal_tokens.exists()


def test_the_new_address_is_confirmed(cyd, anonymous, settings):
    User.objects.filter(pk=cyd.pk).update(email_verified_at=None)

    anonymous.post(VERIFY, link_of(cyd))

    cyd.refresh_from_db()
    assert (cyd.email, cyd.new_email) == (NEW, "")
    assert cyd.email_verified_at is not None
    assert cyd.check_password(PASSWORD)


def test_the_link_works_once(ask, anonymous):
    link = secret(ask()[NEW])

    assert [anonymous.post(VERIFY, link).status_code for _ in range(2)] == [204, 400]


def test_only_the_link_of_the_last_request_works(ask, anonymous, cyd):
    first = secret(ask()[NEW])
    second = secret(ask("newer@example.com")["newer@example.com"])

    assert [anonymous.post(VERIFY, link).status_code for link in (first, second)] == [400, 204]
    cyd.refresh_from_db()
    assert cyd.email == "newer@example.com"


def test_older_links_are_invalid_after_the_change(ask, anonymous):
    sent = ask()
    anonymous.post(VERIFY, secret(sent[NEW]))

    reset = {**secret(sent[OLD]), "password": "entirely different"}
    assert anonymous.post("/api/auth/password/reset/confirm", reset).status_code == 400


def test_a_reset_by_the_notice_stops_the_change(ask, anonymous, cyd):
    sent = ask()
    reset = {**secret(sent[OLD]), "password": "entirely different"}
    assert anonymous.post("/api/auth/password/reset/confirm", reset).status_code == 204

    assert anonymous.post(VERIFY, secret(sent[NEW])).status_code == 400
    cyd.refresh_from_db()
    assert cyd.email == OLD


def test_a_link_of_another_kind_changes_nothing(cyd, anonymous):
    User.objects.filter(pk=cyd.pk).update(new_email=NEW)
    link = {**link_of(cyd), "token": mails.reset_tokens.make_token(cyd)}

    assert anonymous.post(VERIFY, link).status_code == 400


def test_without_a_request_no_link_works(cyd, anonymous):
    assert anonymous.post(VERIFY, link_of(cyd, new_email="")).status_code == 400
    cyd.refresh_from_db()
    assert cyd.email == OLD


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"password": "wrong"}, "password", "wrong_password"),
        ({"email": "nonsense"}, "email", "invalid"),
        ({"email": "CYD@example.com"}, "email", "unchanged"),
        ({"email": "bob@example.com"}, "email", "unique"),
    ],
)
def test_it_refuses_bad_input(client, bob, cyd, mails_of, change, field, code):
    response, sent = mails_of(lambda: client.post(URL, {**BODY, **change}))

    assert response.status_code == 400
    assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [(field, code)]
    assert sent == []
    cyd.refresh_from_db()
    assert cyd.new_email == ""


def test_an_anonymous_caller_is_refused(anonymous, db):
    assert anonymous.post(URL, BODY).status_code == 401


def test_it_does_not_reveal_accounts_where_addresses_are_confirmed(ask, bob, settings):
    settings.EMAIL_VERIFICATION = "required"

    sent = ask(bob.email)

    assert sent[bob.email].subject == "You already have an account"
    assert set(sent) == {OLD, bob.email}


def test_wrong_passwords_count_as_failed_logins(client, settings):
    settings.THROTTLE_LOGIN = "2/min"

    statuses = [client.post(URL, {**BODY, "password": "wrong"}).status_code for _ in range(3)]

    assert statuses == [400, 400, 429]


def test_an_address_that_was_registered_since_is_a_conflict(cyd, anonymous):
    link = link_of(cyd)
    User.objects.create_user(NEW)

    assert anonymous.post(VERIFY, link).status_code == 409
    cyd.refresh_from_db()
    assert cyd.email == OLD


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(5))
def test_of_parallel_changes_and_a_registration_one_gets_the_address(
    alice, bob, anonymous, at_once, _
):
    links = [link_of(alice), link_of(bob)]
    register = {"email": NEW, "password": "correct horse battery"}
    calls = [(VERIFY, links[0]), (VERIFY, links[1]), ("/api/auth/register", register)]

    statuses = at_once(3, lambda n: anonymous.post(*calls[n]).status_code)

    assert User.objects.filter(email=NEW).count() == 1
    assert len([status for status in statuses if status in (201, 204)]) == 1
    assert {*statuses} <= {201, 204, 400, 409}
