import pytest
from django.conf import settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts.models import SignIn, User
from accounts.tokens import RefreshToken

URL = "/api/auth/refresh"
ME = "/api/auth/me"


def test_it_returns_a_new_pair(anonymous, alice, sign_in, with_token):
    response = anonymous.post(URL, {"refresh": sign_in(alice)["refresh"]})

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    assert with_token(response.json()["access"]).get(ME).json()["id"] == alice.pk
    assert anonymous.post(URL, {"refresh": response.json()["refresh"]}).status_code == 200


def test_a_token_works_once(anonymous, alice, sign_in):
    token = sign_in(alice)["refresh"]

    first = anonymous.post(URL, {"refresh": token})
    second = anonymous.post(URL, {"refresh": token})

    assert (first.status_code, second.status_code) == (200, 401)
    assert second["WWW-Authenticate"].startswith("Bearer")
    assert second.json()["code"] == "token_not_valid"


def test_parallel_refreshes_do_not_end_the_sign_in(anonymous, alice, sign_in, with_token, ago):
    ago(9)
    token = sign_in(alice)["refresh"]
    pair = anonymous.post(URL, {"refresh": token}).json()
    pair = anonymous.post(URL, {"refresh": pair["refresh"]}).json()

    ago(0)

    assert anonymous.post(URL, {"refresh": token}).status_code == 401
    assert with_token(pair["access"]).get(ME).status_code == 200
    assert anonymous.post(URL, {"refresh": pair["refresh"]}).status_code == 200


def test_reuse_ends_only_this_sign_in(anonymous, alice, sign_in, with_token, ago, caplog):
    other = sign_in(alice)
    ago(11)
    token = sign_in(alice)["refresh"]
    pair = anonymous.post(URL, {"refresh": token}).json()

    ago(0)

    assert anonymous.post(URL, {"refresh": token}).status_code == 401
    assert with_token(pair["access"]).get(ME).status_code == 401
    assert anonymous.post(URL, {"refresh": pair["refresh"]}).status_code == 401
    assert anonymous.post(URL, {"refresh": other["refresh"]}).status_code == 200
    assert "reused" in caplog.text
    assert token not in caplog.text


def test_an_old_token_ends_the_sign_in_after_a_recent_refresh(anonymous, alice, sign_in, ago):
    ago(21)
    old = sign_in(alice)["refresh"]
    pair = anonymous.post(URL, {"refresh": old}).json()
    ago(1)
    pair = anonymous.post(URL, {"refresh": pair["refresh"]}).json()
    ago(0)
    assert anonymous.post("/api/auth/verify", {"token": pair["refresh"]}).status_code == 200

    anonymous.post(URL, {"refresh": old})

    assert anonymous.post(URL, {"refresh": pair["refresh"]}).status_code == 401


def test_refreshing_does_not_extend_a_sign_in(alice, sign_in):
    token = RefreshToken(sign_in(alice)["refresh"])
    SignIn.objects.update(created_at=token.current_time - settings.SIGN_IN_LIFETIME * 0.999)

    successor = token.rotate()

    end = SignIn.objects.get().created_at + settings.SIGN_IN_LIFETIME
    assert abs((successor.expires_at - end).total_seconds()) <= 1
    assert token.expires_at > successor.expires_at


def test_used_tokens_are_forgotten_after_the_grace_period(alice, sign_in, ago):
    ago(60)
    token = RefreshToken(sign_in(alice)["refresh"])
    for seconds in range(54, 0, -6):
        ago(seconds)
        token = RefreshToken(str(token)).rotate()

    assert len(SignIn.objects.get().spent) == 2


def test_the_oldest_sign_in_ends_above_the_limit(cyd, sign_in, with_token):
    tokens = [sign_in(cyd) for _ in range(51)]

    assert SignIn.objects.count() == 50
    assert with_token(tokens[0]["access"]).get(ME).status_code == 401
    assert with_token(tokens[1]["access"]).get(ME).status_code == 200


def test_a_deactivated_user_gets_no_tokens(anonymous, alice, sign_in):
    token = sign_in(alice)["refresh"]
    User.objects.update(is_active=False)

    assert anonymous.post(URL, {"refresh": token}).status_code == 401


def test_a_deleted_user_gets_no_tokens(anonymous, alice, sign_in):
    token = sign_in(alice)["refresh"]
    alice.delete()

    assert anonymous.post(URL, {"refresh": token}).status_code == 401


def test_an_access_token_is_refused(anonymous, alice, sign_in):
    response = anonymous.post(URL, {"refresh": sign_in(alice)["access"]})

    assert response.status_code == 401
    assert response.json()["code"] == "token_not_valid"


@pytest.mark.parametrize("token", ["x", "e30.e30.e30", "ü"])
def test_a_value_that_is_not_a_token_is_refused(anonymous, db, token):
    assert anonymous.post(URL, {"refresh": token}).status_code == 401


@pytest.mark.parametrize("body", [{}, {"refresh": None}, {"refresh": []}, {"refresh": ""}])
def test_it_refuses_a_bad_body_and_names_the_member(anonymous, db, body):
    response = anonymous.post(URL, body)

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "refresh"


@pytest.mark.django_db(transaction=True)
def test_of_parallel_refreshes_one_succeeds(alice, at_once):
    """A short version of `make races`."""
    token = RefreshToken.for_user(alice)
    for _ in range(20):
        successors = at_once(8, lambda _, token=token: token.rotate())
        (token,) = [one for one in successors if isinstance(one, RefreshToken)]
        assert sum(isinstance(one, InvalidToken) for one in successors) == 7
    assert SignIn.objects.count() == 1


def test_an_unknown_query_parameter_is_refused(anonymous, alice, sign_in):
    token = sign_in(alice)["refresh"]

    response = anonymous.post(f"{URL}?remember=1", {"refresh": token})

    assert response.status_code == 400
    assert anonymous.post(URL, {"refresh": token}).status_code == 200


def test_a_page_of_another_site_cannot_post_a_form(alice, sign_in):
    response = APIClient().post(URL, {"refresh": sign_in(alice)["refresh"]}, format="multipart")

    assert response.status_code == 415
