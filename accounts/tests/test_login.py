import pytest

from accounts.models import User
from accounts.tokens import RefreshToken

URL = "/api/auth/login"
PASSWORD = " correct horse "


@pytest.fixture
def cyd(db):
    return User.objects.create_user("cyd@example.com", PASSWORD)


@pytest.mark.parametrize("email", ["cyd@example.com", "CYD@Example.com", " cyd@example.com "])
def test_it_returns_valid_tokens(anonymous, cyd, email):
    response = anonymous.post(URL, {"email": email, "password": PASSWORD})

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    me = anonymous.get(
        "/api/auth/me", headers={"authorization": f"Bearer {response.json()['access']}"}
    )
    assert me.json()["id"] == cyd.pk


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("cyd@example.com", "wrong horse"),
        ("cyd@example.com", PASSWORD.strip()),
        ("cyd@example.com", PASSWORD.upper()),
        ("nobody@example.com", PASSWORD),
    ],
)
def test_all_wrong_credentials_get_the_same_answer(anonymous, cyd, email, password):
    response = anonymous.post(URL, {"email": email, "password": password})

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response.json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "code": "no_active_account",
        "detail": "No active account with this e-mail address and password.",
    }


def test_it_refuses_a_deactivated_account(anonymous, cyd):
    User.objects.update(is_active=False)

    response = anonymous.post(URL, {"email": cyd.email, "password": PASSWORD})

    assert response.status_code == 401


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"email", "password"}),
        ({"email": "cyd@example.com"}, {"password"}),
        ({"email": None, "password": PASSWORD}, {"email"}),
        ({"email": ["cyd@example.com"], "password": {}}, {"email", "password"}),
        ({"email": "cyd@example.com", "password": "x" * 129}, {"password"}),
        ({"email": "cyd\x00@example.com", "password": PASSWORD}, {"email"}),
    ],
)
def test_it_refuses_a_bad_body_and_names_the_members(anonymous, cyd, body, fields):
    response = anonymous.post(URL, body)

    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == fields


@pytest.mark.parametrize("form", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_it_refuses_a_form(anonymous, cyd, form):
    """A page of another site can post a form without CORS."""
    response = anonymous.generic("POST", URL, b"email=cyd@example.com&password=x", form)

    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "token",
    ["", "x", "x y", "..", "e30.e30.e30", "\x00", "ü"],
)
def test_a_value_that_is_not_a_token_is_refused(anonymous, db, token):
    response = anonymous.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})

    assert response.status_code == 401


def test_a_token_of_a_deactivated_user_is_refused(anonymous, cyd):
    token = RefreshToken.for_user(cyd).access_token
    User.objects.update(is_active=False)

    response = anonymous.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})

    assert response.status_code == 401


def test_a_token_of_a_deleted_user_is_refused(anonymous, cyd):
    token = RefreshToken.for_user(cyd).access_token
    cyd.delete()

    response = anonymous.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})

    assert response.status_code == 401
