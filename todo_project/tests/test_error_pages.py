"""The pages that people get in a browser instead of a problem document."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/nothing", "/api/nothing", "/api/", "/calendar/x.ics"])
def test_an_unknown_address_has_a_page_with_a_way_home(client, db, path):
    response = client.get(path, headers={"accept": BROWSER})

    assert response.status_code == 404
    page = response.content.decode()
    assert "<title>Page not found – Todo API</title>" in page
    assert 'href="/"' in page
    assert "script-src 'self'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json,text/html;q=0.9"])
@pytest.mark.parametrize("path", ["/api/nothing", "/api"])
def test_a_program_gets_a_problem(client, db, path, accept):
    response = client.get(path, headers={"accept": accept})

    assert response["Content-Type"] == "application/problem+json"
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("accept", ["", ",", "text/html;q=x", "*", ";;;q=0", "a/b;q=0,*/*;q=nan"])
def test_any_accept_header_is_answered(client, db, accept):
    assert client.get("/api/nothing", headers={"accept": accept}).status_code == 404


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (PermissionDenied, 403, "Your account may not use this page."),
        (OperationalError, 503, "The database is not available. Wait 2 seconds"),
        (RuntimeError("secret"), 500, "The error was logged."),
    ],
)
@pytest.mark.parametrize("path", ["/", "/api-auth/register/"])
def test_an_error_outside_views_has_a_page(client, db, monkeypatch, path, error, status, text):
    def fail(*args):
        raise error

    monkeypatch.setattr("accounts.page_limit.PageLimitMiddleware.process_view", fail)
    client.raise_request_exception = False

    response = client.get(path, headers={"accept": BROWSER})

    page = response.content.decode()
    assert (response.status_code, "secret" in page) == (status, False)
    assert text in page
    assert "Todo API</title>" in page
    assert response.get("Retry-After") == ("2" if status == 503 else None)


def test_an_unknown_host_has_a_page(client, db):
    response = client.get("/", headers={"host": "evil.example", "accept": BROWSER})

    assert response.status_code == 400
    assert "<h1>Bad request</h1>" in response.content.decode()
