import pytest
from django.contrib.auth.hashers import make_password
from rest_framework.test import APIClient

from accounts.models import SignIn, User
from accounts.tokens import RefreshToken

from .conftest import PASSWORD

URL = "/api/auth/password"
NEW = "entirely different"


def test_it_changes_the_password_and_ends_every_sign_in(
    cyd, sign_in, with_token, anonymous, client
):
    pair, other = sign_in(cyd), sign_in(cyd)
    client.force_login(cyd)
    body = {"current_password": PASSWORD, "new_password": NEW}

    response = with_token(pair["access"]).post(URL, body)

    cyd.refresh_from_db()
    assert (response.status_code, response.content) == (204, b"")
    assert cyd.check_password(NEW)
    for old in (pair, other):
        assert with_token(old["access"]).get("/api/auth/me").status_code == 401
        body = {"refresh": old["refresh"]}
        assert anonymous.post("/api/auth/refresh", body).status_code == 401
    assert client.get("/api/auth/me").status_code == 401  # the browser session ended too


def test_it_refuses_an_anonymous_caller(anonymous, cyd):
    body = {"current_password": PASSWORD, "new_password": NEW}

    assert anonymous.post(URL, body).status_code == 401


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"current_password": "wrong"}, "current_password"),
        ({"current_password": PASSWORD.strip()}, "current_password"),
        ({"current_password": None}, "current_password"),
        ({"new_password": ""}, "new_password"),
        ({"new_password": "short"}, "new_password"),
        ({"new_password": "12345678901"}, "new_password"),
        ({"new_password": "cyd@example.com"}, "new_password"),
        ({"new_password": "todo-list"}, "new_password"),
        ({"new_password": "x" * 129}, "new_password"),
    ],
)
def test_it_refuses_a_bad_value_and_names_the_member(cyd, sign_in, with_token, changes, field):
    client = with_token(sign_in(cyd)["access"])
    body = {"current_password": PASSWORD, "new_password": NEW, **changes}

    response = client.post(URL, body)

    cyd.refresh_from_db()
    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == {field}
    assert cyd.check_password(PASSWORD)
    assert client.get("/api/auth/me").status_code == 200


def test_guesses_of_the_current_password_are_limited(cyd, sign_in, with_token):
    client = with_token(sign_in(cyd)["access"])
    body = {"current_password": "wrong", "new_password": NEW}

    statuses = [client.post(URL, body).status_code for _ in range(11)]

    assert statuses == [400] * 10 + [429]


def test_a_hash_upgrade_ends_no_sign_in(cyd, sign_in, with_token, anonymous):
    pair = sign_in(cyd)
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))

    anonymous.post("/api/auth/login", {"email": cyd.email, "password": PASSWORD})

    cyd.refresh_from_db()
    assert cyd.password.startswith("argon2")
    assert with_token(pair["access"]).get("/api/auth/me").status_code == 200


def test_a_login_during_a_password_change_gets_no_tokens(cyd):
    stale = User.objects.get()
    cyd.set_password(NEW)
    cyd.save()

    with pytest.raises(Exception, match="credentials") as caught:
        RefreshToken.for_user(stale)

    assert caught.value.status_code == 401
    assert not SignIn.objects.exists()


def test_a_password_change_during_another_is_refused(cyd, sign_in, with_token):
    """The old password was right when it was checked, but then the owner set another."""
    stale, client = User.objects.get(), APIClient()
    client.force_authenticate(stale)
    cyd.set_password(NEW)
    cyd.save()

    body = {"current_password": NEW, "new_password": "of the thief's own"}
    response = client.post(URL, body)

    cyd.refresh_from_db()
    assert response.status_code == 401
    assert cyd.check_password(NEW)
    assert client.delete("/api/auth/me", {"password": NEW}).status_code == 401
    assert User.objects.exists()


@pytest.mark.parametrize("end", ["set_unusable_password", "deactivate", "set_no_password"])
def test_every_password_change_ends_the_sign_ins(cyd, sign_in, with_token, end):
    pair = sign_in(cyd)
    if end == "deactivate":
        cyd.is_active = False
        cyd.save()
        cyd.is_active = True
    elif end == "set_no_password":
        cyd.set_password(None)
    else:
        cyd.set_unusable_password()
    cyd.save()

    assert with_token(pair["access"]).get("/api/auth/me").status_code == 401


def test_the_admin_can_remove_a_password(client, cyd, sign_in, with_token):
    pair = sign_in(cyd)
    client.force_login(User.objects.create_superuser("root@example.com"))
    form = {"usable_password": "false", "unset-password": "1"}

    client.post(f"/admin/accounts/user/{cyd.pk}/password/", form)

    cyd.refresh_from_db()
    assert not cyd.has_usable_password()
    assert with_token(pair["access"]).get("/api/auth/me").status_code == 401


def test_guesses_in_the_admins_password_page_are_limited(client, db):
    root = User.objects.create_superuser("root@example.com", PASSWORD)
    client.force_login(root)
    form = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    statuses = [client.post("/admin/password_change/", form).status_code for _ in range(11)]

    assert statuses == [200] * 10 + [429]


def test_staff_change_their_password_in_the_admin(client, db):
    root = User.objects.create_superuser("root@example.com", PASSWORD)
    client.force_login(root)
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}

    response = client.post("/admin/password_change/", form)

    root.refresh_from_db()
    assert response.status_code == 302
    assert root.check_password(NEW)


def test_the_admins_password_form_ends_the_sign_ins(client, cyd, sign_in, with_token):
    pair = sign_in(cyd)
    client.force_login(User.objects.create_superuser("root@example.com"))
    form = {"password1": NEW, "password2": NEW, "usable_password": "true"}

    response = client.post(f"/admin/accounts/user/{cyd.pk}/password/", form)

    cyd.refresh_from_db()
    assert response.status_code == 302
    assert cyd.check_password(NEW)
    assert with_token(pair["access"]).get("/api/auth/me").status_code == 401
