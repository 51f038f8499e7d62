"""Calls with a token use no session."""

import pytest
from django.test import Client

from accounts.tokens import RefreshToken


@pytest.fixture
def browser(alice):
    client = Client()
    client.force_login(alice)
    return client


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_call_with_a_token_does_not_read_the_session(
    browser, alice, django_assert_num_queries, scheme
):
    token = RefreshToken.for_user(alice).access_token

    with django_assert_num_queries(2):  # the user of the token, the tasks
        response = browser.get("/api/tasks", headers={"authorization": f"{scheme} {token}"})

    assert response.status_code == 200
    assert not response.cookies
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("header", ["", "Bearerx", "Basic YTpi", "Token Bearer x"])
def test_a_call_with_any_other_header_uses_the_session(browser, alice, header):
    response = browser.get("/api/auth/me", headers={"authorization": header})

    assert response.json()["id"] == alice.pk


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer x", "Bearer a b"])
def test_a_bad_token_is_not_replaced_by_the_session(browser, header):
    assert browser.get("/api/auth/me", headers={"authorization": header}).status_code == 401


def test_pages_outside_the_api_use_the_session_despite_a_token(browser, alice):
    token = RefreshToken.for_user(alice).access_token

    response = browser.get("/admin/", headers={"authorization": f"Bearer {token}"})

    assert response["Location"].startswith("/admin/login/")  # an account without staff rights
    assert response.wsgi_request.user == alice


def test_a_page_of_the_api_shows_the_user_of_the_token(alice):
    token = RefreshToken.for_user(alice).access_token
    headers = {"authorization": f"Bearer {token}", "accept": "text/html"}

    response = Client().get("/api/auth/me", headers=headers)

    assert response.status_code == 200
    assert alice.email in response.content.decode()
