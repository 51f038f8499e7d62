"""The button of the documentation that gets a token for the user of a browser's session."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import SignIn

URL = "/api-auth/docs-token/"


@pytest.fixture
def browser(cyd):
    browser = Client(headers={"user-agent": "Firefox"})
    browser.force_login(cyd)
    return browser


def test_it_gives_a_token_of_a_sign_in_that_ends_with_it(browser, cyd, with_token):
    response = browser.post(URL)

    sign_in = SignIn.objects.get()
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert set(response.json()) == {"access", "minutes"}
    assert (sign_in.user, sign_in.user_agent) == (cyd, "Swagger UI, Firefox")
    assert sign_in.expires_at - timezone.now() < timedelta(minutes=15)
    program = with_token(response.json()["access"])
    (listed,) = program.get("/api/auth/sign-ins").json()
    assert listed["current"]
    assert program.delete(f"/api/auth/sign-ins/{listed['id']}").status_code == 204
    assert program.get("/api/auth/me").status_code == 401


def test_a_second_click_ends_the_sign_in_of_the_first(browser, cyd, sign_in, with_token):
    kept, first = sign_in(cyd)["access"], browser.post(URL).json()["access"]

    second = browser.post(URL).json()["access"]

    statuses = [with_token(one).get("/api/auth/me").status_code for one in (kept, first, second)]
    assert statuses == [200, 401, 200]


def test_it_needs_a_session_and_the_csrf_token(db, cyd, sign_in, with_token):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cyd)
    clients = [Client(), browser, with_token(sign_in(cyd)["access"])]

    assert [one.post(URL).status_code for one in clients] == [403, 403, 403]
    assert SignIn.objects.count() == 1


def test_it_answers_no_get_and_no_other_origin(browser):
    response = browser.post(URL, headers={"origin": "http://localhost:3000"})

    assert browser.get(URL).status_code == 405
    assert "Access-Control-Allow-Origin" not in response


def test_the_page_has_the_button_for_a_session_only(browser, db):
    with_session, without = (one.get("/docs").content.decode() for one in (browser, Client()))

    assert "Authorize as cyd@example.com" in with_session
    assert 'name="csrfmiddlewaretoken"' in with_session
    assert "token-form" not in without
    assert "/api-auth/login/?next=/docs" in without


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_page_leads_home_and_to_the_other_pages(db, path):
    page = Client().get(path).content.decode()

    for link in ("/", "/docs", "/redoc", "/redoc#section/First-steps"):
        assert f'href="{link}"' in page
