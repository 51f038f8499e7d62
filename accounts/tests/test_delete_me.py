import pytest

from accounts.models import SignIn, User
from tasks.models import Task

from .conftest import PASSWORD

URL = "/api/auth/me"


def test_it_deletes_the_account_with_its_objects(cyd, bob, sign_in, with_token, anonymous):
    pair = sign_in(cyd)
    Task.objects.create(owner=cyd, title="Buy milk")
    kept = Task.objects.create(owner=bob, title="Feed the cat")

    response = with_token(pair["access"]).delete(URL, {"password": PASSWORD})

    assert (response.status_code, response.content) == (204, b"")
    assert User.objects.get() == bob
    assert Task.objects.get() == kept
    assert not SignIn.objects.exists()
    assert with_token(pair["access"]).get(URL).status_code == 401
    refresh = {"refresh": pair["refresh"]}
    assert anonymous.post("/api/auth/refresh", refresh).status_code == 401


def test_it_refuses_an_anonymous_caller(anonymous, cyd):
    assert anonymous.delete(URL, {"password": PASSWORD}).status_code == 401
    assert User.objects.exists()


def test_an_account_without_a_password_cannot_be_deleted_with_our_token(alice, sign_in, with_token):
    client = with_token(sign_in(alice)["access"])

    for body in ({}, {"password": ""}, {"password": alice.password}):
        assert client.delete(URL, body).status_code == 400
    assert User.objects.exists()


@pytest.mark.parametrize("body", [{}, *({"password": word} for word in ["wrong", None, "", 1])])
def test_it_requires_the_password(cyd, sign_in, with_token, body):
    response = with_token(sign_in(cyd)["access"]).delete(URL, body)

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "password"
    assert User.objects.exists()
