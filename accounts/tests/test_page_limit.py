"""Every page that is open to all has the limit of those who are not signed in."""

import pytest
from django.test import Client

from accounts.models import User

PAGES = [
    "/",
    "/docs",
    "/redoc",
    "/openapi.json",
    "/favicon.ico",
    "/admin/login/",
    "/admin/tasks/task/",
    "/api-auth/login/",
    "/api-auth/register/",
]


@pytest.fixture(autouse=True)
def three_calls_an_hour(settings):
    settings.THROTTLE_ANON = "3/hour"


def statuses(client, path, count, **origin):
    return [client.get(path, **origin).status_code for _ in range(count)]


@pytest.mark.parametrize("path", PAGES)
def test_the_fourth_call_from_an_address_is_refused(client, db, path):
    answers = statuses(client, path, 3)

    response = client.get(path)

    assert 429 not in answers
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 3600
    assert response["Content-Type"].startswith("text/html")


def test_other_addresses_and_other_pages_are_not_affected(client, db):
    statuses(client, "/docs", 4)

    assert statuses(client, "/docs", 1, REMOTE_ADDR="192.0.2.2") == [200]
    assert statuses(client, "/redoc", 1) == [200]


def test_a_form_that_is_sent_counts_as_a_call(client, db):
    statuses(client, "/api-auth/login/", 3)

    assert client.post("/api-auth/login/", {"username": "x"}).status_code == 429


def test_an_invalid_session_is_anonymous(db):
    client = Client()
    client.cookies["sessionid"] = "x" * 32

    assert statuses(client, "/docs", 4) == [200] * 3 + [429]


def test_calls_of_a_signed_in_browser_are_counted_by_user(client, db, monkeypatch):
    from todo_project.api.throttling import UserThrottle

    monkeypatch.setattr(UserThrottle, "THROTTLE_RATES", {"user": "5/day"})
    client.force_login(User.objects.create_user("ann@example.com"))

    assert statuses(client, "/docs", 6) == [200] * 5 + [429]


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_what_watches_the_server_is_not_limited(client, db, path):
    assert statuses(client, path, 5) == [200] * 5


def test_an_empty_rate_sets_no_limit(client, db, settings):
    settings.THROTTLE_ANON = ""

    assert statuses(client, "/docs", 5) == [200] * 5


def test_a_page_does_not_depend_on_a_cookie_for_caches(client, db):
    assert "Cookie" not in client.get("/openapi.json").get("Vary", "")
