import pytest

from accounts.models import SignIn

ME, REFRESH = "/api/auth/me", "/api/auth/refresh"


def test_it_ends_only_this_sign_in(anonymous, alice, sign_in, with_token):
    one, other = sign_in(alice), sign_in(alice)

    response = anonymous.post("/api/auth/logout", {"refresh": one["refresh"]})

    assert (response.status_code, response.content) == (204, b"")
    assert anonymous.post(REFRESH, {"refresh": one["refresh"]}).status_code == 401
    assert with_token(one["access"]).get(ME).status_code == 401
    assert with_token(other["access"]).get(ME).status_code == 200


def test_a_second_logout_is_refused(anonymous, alice, sign_in):
    token = sign_in(alice)["refresh"]
    anonymous.post("/api/auth/logout", {"refresh": token})

    assert anonymous.post("/api/auth/logout", {"refresh": token}).status_code == 401


@pytest.mark.parametrize("body", [{}, {"refresh": None}, {"refresh": 7.5e300}])
def test_it_refuses_a_bad_body(anonymous, db, body):
    response = anonymous.post("/api/auth/logout", body)

    assert response.status_code in (400, 401)


def test_all_ends_every_sign_in_of_the_caller(anonymous, alice, bob, sign_in, with_token, client):
    one, other, bobs = sign_in(alice), sign_in(alice), sign_in(bob)
    client.force_login(alice)

    response = with_token(one["access"]).post("/api/auth/logout/all")

    assert (response.status_code, response.content) == (204, b"")
    for pair in (one, other):
        assert with_token(pair["access"]).get(ME).status_code == 401
        assert anonymous.post(REFRESH, {"refresh": pair["refresh"]}).status_code == 401
    assert client.get(ME).status_code == 401  # the browser session ended too
    assert with_token(bobs["access"]).get(ME).status_code == 200


def test_all_refuses_an_anonymous_caller(anonymous, alice, sign_in):
    sign_in(alice)

    assert anonymous.post("/api/auth/logout/all").status_code == 401
    assert SignIn.objects.exists()


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_verify_refuses_tokens_of_an_ended_sign_in(anonymous, alice, sign_in, kind):
    pair = sign_in(alice)
    good = anonymous.post("/api/auth/verify", {"token": pair[kind]})
    anonymous.post("/api/auth/logout", {"refresh": pair["refresh"]})

    bad = anonymous.post("/api/auth/verify", {"token": pair[kind]})

    assert (good.status_code, good.json()) == (200, {})
    assert bad.status_code == 401


def test_verify_refuses_a_used_refresh_token(anonymous, alice, sign_in):
    token = sign_in(alice)["refresh"]
    anonymous.post(REFRESH, {"refresh": token})

    assert anonymous.post("/api/auth/verify", {"token": token}).status_code == 401


@pytest.mark.parametrize("body", [{}, {"token": None}, {"token": ""}])
def test_verify_refuses_a_bad_body_and_names_the_member(anonymous, db, body):
    response = anonymous.post("/api/auth/verify", body)

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "token"
