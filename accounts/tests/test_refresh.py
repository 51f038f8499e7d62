import pytest
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

URL = "/api/auth/refresh"


def test_it_gives_a_new_pair(anonymous, alice):
    response = anonymous.post(URL, {"refresh": str(RefreshToken.for_user(alice))})

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    me = anonymous.get(
        "/api/auth/me", headers={"authorization": f"Bearer {response.json()['access']}"}
    )
    assert me.json()["id"] == alice.pk
    assert anonymous.post(URL, {"refresh": response.json()["refresh"]}).status_code == 200


def test_a_deactivated_user_gets_none(anonymous, alice):
    token = RefreshToken.for_user(alice)
    alice.is_active = False
    alice.save()

    assert anonymous.post(URL, {"refresh": str(token)}).status_code == 401


def test_a_deleted_user_gets_none(anonymous, alice):
    token = RefreshToken.for_user(alice)
    alice.delete()

    assert anonymous.post(URL, {"refresh": str(token)}).status_code == 401


def test_an_access_token_is_no_refresh_token(anonymous, alice):
    response = anonymous.post(URL, {"refresh": str(AccessToken.for_user(alice))})

    assert response.status_code == 401
    assert response.json()["code"] == "token_not_valid"


@pytest.mark.parametrize("token", ["x", "e30.e30.e30", "ü"])
def test_what_is_no_token_is_refused(anonymous, db, token):
    assert anonymous.post(URL, {"refresh": token}).status_code == 401


@pytest.mark.parametrize("body", [{}, {"refresh": None}, {"refresh": []}, {"refresh": ""}])
def test_it_refuses_a_bad_body_and_names_the_member(anonymous, db, body):
    response = anonymous.post(URL, body)

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "refresh"
