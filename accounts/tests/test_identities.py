"""Which account an identity of Better Auth has, and when its access ends."""

import time

import jwt
import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Identity, User
from tasks.models import Task

from .conftest import PASSWORD
from .provider import DROP
from .test_password_reset import secret

VERIFIED = {"email": "cyd@example.com", "emailVerified": True}
OF_OPENID_CONNECT = {"email_verified": True, "emailVerified": DROP}


@pytest.fixture
def me(better_auth, with_token):
    """The response to a profile request with a token of these claims."""
    return lambda **claims: with_token(better_auth.token(**claims)).get("/api/auth/me")


@pytest.fixture
def dee(db, better_auth, with_token):
    """A client of Dee, who has an account. Her token was issued a minute ago."""
    client = with_token(better_auth.token(iat=int(time.time()) - 60))
    client.get("/api/auth/me")
    return client


def code(response):
    return response.status_code, response.json().get("code")


def rows():
    return User.objects.count(), Identity.objects.count()


# The first request of an identity


def test_an_identity_keeps_its_account_when_claims_change(db, me):
    first = me(name=" Dee ", email="Dee@Example.com").json()

    again = me(name="Dora", email="dora@example.com").json()

    assert (first["email"], first["name"]) == ("dee@example.com", "Dee")
    assert again == first
    assert rows() == (1, 1)


def test_two_identities_have_two_accounts(db, me):
    dee, eve = me().json(), me(sub="u2", email="eve@example.com").json()

    assert dee["id"] != eve["id"]
    assert rows() == (2, 2)


@pytest.mark.parametrize("verified", [True, False])
def test_parallel_first_requests_create_one_account(transactional_db, me, at_once, verified):
    answers = at_once(8, lambda n: me(emailVerified=verified))

    assert [answer.status_code for answer in answers] == [200] * 8
    assert rows() == (1, 1)


def test_parallel_first_requests_with_one_address_create_one_account(transactional_db, me, at_once):
    answers = at_once(8, lambda n: me(sub=f"u{n % 2}"))

    assert {code(answer) for answer in answers} == {(200, None), (403, "email_in_use")}
    assert rows() == (1, 1)


def test_parallel_identities_with_a_confirmed_address_share_an_account(
    transactional_db, me, at_once
):
    answers = at_once(8, lambda n: me(sub=f"u{n % 2}", emailVerified=True))

    assert [answer.status_code for answer in answers] == [200] * 8
    assert rows() == (1, 2)


@pytest.mark.parametrize("claims", [{"emailVerified": True}, OF_OPENID_CONNECT])
def test_a_verified_claim_confirms_the_address(db, me, claims):
    me(**claims)

    assert User.objects.get().email_verified_at is not None


@pytest.mark.parametrize("value", [False, None, "true", 1, "", [True]])
def test_other_claims_do_not_confirm_the_address(db, me, value):
    me(emailVerified=value, email_verified=value)
    me(emailVerified=True, email_verified=value, sub="u2", email="eve@example.com")
    me(emailVerified=value, email_verified=True, sub="u3", email="fay@example.com")

    assert User.objects.filter(email_verified_at=None).count() == 3


@pytest.mark.parametrize(
    "email",
    [
        *(None, "", 7, [], "dee", "dee@", "d\u212aee@example.com", "dee\0@example.com"),
        *("\ud800@example.com", f"{'d' * 250}@example.com", "dee@example.com\nbcc: x@example.com"),
    ],
    ids=ascii,
)
def test_a_new_identity_needs_an_address(db, me, email):
    assert code(me(email=email)) == (403, "email_required")
    assert rows() == (0, 0)


@pytest.mark.parametrize("name", [None, 7.5, ["Dee"], "De\0e", "De\u0085e", "\ud800", "D" * 151])
def test_a_name_that_cannot_be_stored_is_left_out(db, me, name):
    assert me(name=name).status_code == 200
    assert User.objects.get().name == ""


# An existing account


def test_a_confirmed_address_is_linked_to_its_account(cyd, me, anonymous, sign_in, with_token):
    Task.objects.create(owner=cyd, title="Buy milk")
    pair = sign_in(cyd)

    response = me(**VERIFIED)

    assert response.json()["id"] == cyd.pk
    assert with_token(pair["access"]).get("/api/auth/me").status_code == 200
    credentials = {"email": "cyd@example.com", "password": PASSWORD}
    assert anonymous.post("/api/auth/login", credentials).status_code == 200


@pytest.mark.parametrize("email", ["cyd@example.com", " CYD@example.com"])
def test_an_unconfirmed_address_is_not_linked(cyd, me, email):
    response = me(email=email)

    assert code(response) == (403, "email_in_use")
    assert rows() == (1, 0)
    assert code(me(email=email)) == (403, "email_in_use")


def test_linking_an_unconfirmed_account_revokes_other_access(
    cyd, me, anonymous, sign_in, with_token, client
):
    """The account's address was never confirmed here, and Cyd's token proves that it is hers."""
    User.objects.update(email_verified_at=None)
    me(sub="thief", email="thief@example.com")
    Identity.objects.update(user=cyd)
    client.post("/api-auth/login/", {"username": "cyd@example.com", "password": PASSWORD})
    pair = sign_in(cyd)
    assert [me(sub="thief").json()["id"], client.get("/api/auth/me").status_code] == [cyd.pk, 200]

    response = me(**VERIFIED)

    cyd.refresh_from_db()
    assert response.json()["id"] == cyd.pk
    assert cyd.email_verified_at is not None
    credentials = {"email": "cyd@example.com", "password": PASSWORD}
    assert anonymous.post("/api/auth/login", credentials).status_code == 401
    assert with_token(pair["access"]).get("/api/auth/me").status_code == 401
    body = {"refresh": pair["refresh"]}
    assert anonymous.post("/api/auth/refresh", body).status_code == 401
    assert client.get("/api/auth/me").status_code == 401
    assert code(me(sub="thief", email="cyd@example.com")) == (403, "email_in_use")


def test_confirming_by_mail_revokes_other_access(db, me, anonymous, mails_of, settings):
    me(sub="thief", email="cyd@example.com")
    settings.EMAIL_VERIFICATION = "required"
    body = {"email": "cyd@example.com", "password": PASSWORD}
    _, (message,) = mails_of(lambda: anonymous.post("/api/auth/register", body))

    confirm = {**secret(message), "password": PASSWORD}
    response = anonymous.post("/api/auth/password/reset/confirm", confirm)

    assert response.status_code == 204
    settings.EMAIL_VERIFICATION = "none"
    later = int(time.time()) + 2
    assert code(me(sub="thief", email="cyd@example.com", iat=later)) == (403, "email_in_use")


def test_a_linked_user_can_set_a_password_by_mail(cyd, me, anonymous, mails_of):
    User.objects.update(email_verified_at=None)
    me(**VERIFIED)
    email, login = {"email": "cyd@example.com"}, "/api/auth/login"
    assert anonymous.post(login, {**email, "password": PASSWORD}).status_code == 401

    _, (message,) = mails_of(lambda: anonymous.post("/api/auth/password/reset", email))
    confirm = {**secret(message), "password": PASSWORD}
    anonymous.post("/api/auth/password/reset/confirm", confirm)

    assert anonymous.post(login, {**email, "password": PASSWORD}).status_code == 200
    assert me(**VERIFIED, iat=int(time.time()) + 2).json()["id"] == cyd.pk


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_an_unconfirmed_staff_account_is_not_linked(cyd, me, right):
    User.objects.update(email_verified_at=None, **{right: True})

    refused = code(me(**VERIFIED))
    kept = User.objects.get().check_password(PASSWORD)
    User.objects.update(email_verified_at=timezone.now())

    assert (refused, kept) == ((403, "email_in_use"), True)
    assert me(**VERIFIED).json()["id"] == cyd.pk


def test_an_unlinked_identity_can_be_linked_again(db, me):
    opened = me(email="cyd@example.com").json()
    assert me(sub="u2", **VERIFIED).json() == opened
    assert code(me(email="cyd@example.com")) == (403, "email_in_use")

    assert me(**VERIFIED).json() == opened
    assert rows() == (1, 2)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks the whole database")
def test_linking_locks_the_account(cyd, me):
    with CaptureQueriesContext(connection) as queries:
        me(**VERIFIED)

    assert sum("FOR UPDATE" in query["sql"] for query in queries) == 1


def test_parallel_first_requests_for_one_account_link_once(transactional_db, me, at_once):
    User.objects.create_user("cyd@example.com", PASSWORD)

    answers = at_once(8, lambda n: me(**VERIFIED))

    assert [answer.status_code for answer in answers] == [200] * 8
    assert rows() == (1, 1)


def test_a_deactivated_account_is_not_linked(cyd, me):
    User.objects.update(is_active=False, email_verified_at=None)

    assert code(me(**VERIFIED)) == (401, "token_not_valid")
    assert rows() == (1, 0)
    assert User.objects.get().has_usable_password()


def test_renaming_the_issuer_moves_identities_to_keys(
    db, better_auth, me, secret, with_token, settings
):
    times = {"iat": time.time(), "exp": time.time() + 900}
    claims = {"sub": "u1", "email": "dee@example.com", **times}
    before = with_token(jwt.encode(claims, secret, "HS256")).get("/api/auth/me").json()
    settings.BETTER_AUTH_URL = better_auth.url
    settings.BETTER_AUTH_ISSUER = settings.BETTER_AUTH_AUDIENCE = better_auth.url
    assert code(me()) == (403, "email_in_use")

    Identity.objects.filter(issuer="BETTER_AUTH_SECRET").update(issuer=better_auth.url)

    assert me().json() == before


# Required verification


def test_an_unconfirmed_address_is_refused_if_verification_is_required(db, me, settings):
    settings.EMAIL_VERIFICATION = "required"

    assert code(me()) == (403, "email_unverified")
    assert rows() == (0, 0)
    assert me(emailVerified=True).status_code == 200
    assert me().status_code == 200


def test_an_existing_identity_can_confirm_its_address_later(dee, me, settings):
    settings.EMAIL_VERIFICATION = "required"

    statuses = [
        code(me()),
        code(me(emailVerified=True, email="other@example.com")),
        code(me(emailVerified=True)),
        code(dee.get("/api/auth/me")),
    ]

    assert statuses == [
        (403, "email_unverified"),
        (401, "token_not_valid"),
        (200, None),
        (200, None),
    ]


def test_a_deactivated_unconfirmed_account_is_a_401(dee, me, settings):
    settings.EMAIL_VERIFICATION = "required"
    User.objects.update(is_active=False)

    assert code(me()) == (401, "token_not_valid")


# Refused requests


def taken(dee):
    Identity.objects.all().delete()


def removed(dee):
    Identity.objects.update(user=None)


def signed_out(dee):
    dee.post("/api/auth/logout/all")


def deactivated(dee):
    User.objects.update(is_active=False)


@pytest.mark.parametrize("end", [taken, removed, signed_out, deactivated])
def test_a_refused_request_takes_no_lock(dee, end):
    end(dee)

    with CaptureQueriesContext(connection) as queries:
        response = dee.get("/api/auth/me")

    assert response.status_code in (401, 403)
    assert not [query for query in queries if not query["sql"].startswith("SELECT")]
    assert not [query for query in queries if "FOR UPDATE" in query["sql"]]


# When access ends


def test_deactivation_ends_access_at_once(dee, me):
    user = User.objects.get()
    user.is_active = False
    user.save()

    assert code(dee.get("/api/auth/me")) == (401, "token_not_valid")
    assert code(me(emailVerified=True)) == (401, "token_not_valid")
    assert rows() == (1, 1)


def test_removing_the_identity_ends_access_for_all_its_tokens(dee, me):
    Identity.objects.update(user=None)

    assert code(dee.get("/api/auth/me")) == (403, "identity_removed")
    assert code(me(emailVerified=True)) == (403, "identity_removed")
    assert rows() == (1, 1)


@pytest.mark.parametrize("account", ["kept", "deleted"])
def test_a_deleted_identity_can_be_linked_again(dee, me, account):
    if account == "deleted":
        User.objects.all().delete()
    Identity.objects.all().delete()

    assert me(emailVerified=True).status_code == 200
    assert rows() == (1, 1)


def test_deleting_the_account_ends_access_and_creates_no_other(dee, me):
    dee.post("/api/tasks", {"title": "Buy milk"})

    response = dee.delete("/api/auth/me")

    assert response.status_code == 204
    assert code(dee.get("/api/tasks")) == (403, "identity_removed")
    assert code(me()) == (403, "identity_removed")
    assert rows() == (0, 1)
    assert not Task.objects.exists()


def test_deleting_a_linked_account_requires_its_password(cyd, better_auth, with_token):
    client = with_token(better_auth.token(**VERIFIED))

    statuses = [
        client.delete("/api/auth/me", body).status_code
        for body in ({}, {"password": "wrong"}, {"password": PASSWORD})
    ]

    assert statuses == [400, 400, 204]


def test_an_account_without_a_password_cannot_change_it(dee):
    body = {"current_password": "", "new_password": "entirely different"}
    for body["current_password"] in ("!", "x", User.objects.get().password):
        assert dee.post("/api/auth/password", body).status_code == 400


def change_password(client):
    body = {"current_password": PASSWORD, "new_password": "entirely different"}
    return client.post("/api/auth/password", body)


@pytest.mark.parametrize(
    "end", [change_password, lambda client: client.post("/api/auth/logout/all")]
)
def test_ending_all_sign_ins_ends_older_tokens(cyd, me, with_token, better_auth, end):
    old = with_token(better_auth.token(**VERIFIED, iat=int(time.time()) - 1))
    assert old.get("/api/auth/me").status_code == 200

    response = end(old)

    assert response.status_code == 204
    assert code(old.get("/api/auth/me")) == (401, "token_not_valid")
    # A token of the same second would count as old, and clocks may differ by 5 seconds.
    assert me(**VERIFIED, iat=int(time.time()) + 2).json()["id"] == cyd.pk


# The admin


@pytest.fixture
def staff_client(client, db):
    client.force_login(User.objects.create_superuser("root@example.com", PASSWORD))
    return client


def act(client, action, identity):
    body = {"action": action, "_selected_action": identity.pk, "post": "yes"}
    return client.post("/admin/accounts/identity/", body, follow=True)


def test_staff_can_remove_an_identity_from_its_account(dee, staff_client):
    response = act(staff_client, "remove", Identity.objects.get())

    assert "1 removed." in response.content.decode()
    assert code(dee.get("/api/auth/me")) == (403, "identity_removed")


@pytest.mark.parametrize("verified", [True, False])
def test_a_password_set_by_staff_ends_unconfirmed_identities(db, me, staff_client, verified):
    me(**{**VERIFIED, "emailVerified": verified})
    user = User.objects.get(email="cyd@example.com")
    form = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}

    response = staff_client.post(f"/admin/accounts/user/{user.pk}/password/", form)

    assert response.status_code == 302
    assert Identity.objects.exists() is verified


def test_staff_can_delete_only_removed_identities(dee, staff_client):
    identity = Identity.objects.get()
    page = f"/admin/accounts/identity/{identity.pk}/delete/"
    assert staff_client.post(page, {"post": "yes"}).status_code == 403
    act(staff_client, "delete_selected", identity)
    assert Identity.objects.exists()

    act(staff_client, "remove", identity)
    act(staff_client, "delete_selected", identity)

    assert not Identity.objects.exists()


def test_deleting_an_account_in_the_admin_removes_its_identity(dee, me, staff_client):
    user = User.objects.get(email="dee@example.com")

    staff_client.post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"})

    assert code(me()) == (403, "identity_removed")
    assert not User.objects.filter(email="dee@example.com").exists()


def test_a_removed_identity_is_found_but_does_not_show_its_subject(dee, staff_client):
    identity = Identity.objects.get()
    act(staff_client, "remove", identity)

    page = staff_client.get(f"/admin/accounts/identity/?q={identity.subject}")

    assert [one.pk for one in page.context["cl"].result_list] == [identity.pk]
    assert not Identity.objects.filter(subject=identity.subject).exists()
    assert not staff_client.get("/admin/accounts/identity/?q=other").context["cl"].result_list


def test_all_identities_are_listed_without_a_search(dee, me, staff_client):
    act(staff_client, "remove", Identity.objects.get())
    me(sub="u2", email="eve@example.com")

    page = staff_client.get("/admin/accounts/identity/")

    assert len(page.context["cl"].result_list) == 2


def test_a_removed_identity_stays_removed_with_a_new_secret_key(dee, staff_client, settings):
    act(staff_client, "remove", Identity.objects.get())
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-0123456789-0123456789-0123456789-0123456789"

    assert code(dee.get("/api/auth/me")) == (403, "identity_removed")


def test_staff_cannot_change_identities_of_superusers(dee, client):
    User.objects.update(is_superuser=True)
    staff = User.objects.create_user("staff@example.com", PASSWORD, is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(content_type__model="identity"))
    client.force_login(staff)

    response = act(client, "remove", Identity.objects.get())

    assert "0 removed." in response.content.decode()
    assert dee.get("/api/auth/me").status_code == 200
