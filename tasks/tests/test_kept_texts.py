"""What was typed stays visible when a form is not saved."""

import re

import pytest
from django.test import Client

from tasks.models import Task

from .conftest import press_undo

OWN = {"sec-fetch-site": "same-origin"}
TYPED = {
    "title": "Buy oats",
    "description": "Two\nbags <b>",
    "next": "/api/tasks?sort=title&due=any",
}
KEPT = "<h2>Your text</h2>"


@pytest.fixture
def visitor(db):
    return Client(headers={"accept": "text/html"})


@pytest.mark.parametrize(
    "headers", [OWN, {"origin": "http://testserver"}, {**OWN, "origin": "null"}]
)
def test_a_page_for_the_login_shows_the_text(visitor, headers):
    response = visitor.post("/api/tasks", TYPED, headers=headers)

    assert response.status_code == 401
    assert "You are logged out. Log in to save." in response.text
    assert "You need an account" not in response.text
    assert KEPT in response.text
    assert "Buy oats" in response.text
    assert "Two\nbags &lt;b&gt;" in response.text
    assert "?next=%2Fapi%2Ftasks%3Fsort%3Dtitle%26due%3Dany" in response.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "http://evil.example"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
    ],
)
def test_a_form_of_another_site_is_not_repeated(visitor, headers):
    response = visitor.post("/api/tasks", TYPED, headers=headers)

    assert response.status_code == 401
    assert "Buy oats" not in response.text
    assert KEPT not in response.text


def test_a_login_leads_only_to_our_own_site(visitor):
    page = visitor.post("/api/tasks", {**TYPED, "next": "//evil.example"}, headers=OWN).text

    assert "evil" not in page


def test_a_password_is_not_repeated(visitor):
    form = {"email": "a@example.com", "password": "horse", "title": "Buy oats"}

    page = visitor.post("/api/auth/login", form, headers=OWN).text

    assert "horse" not in page
    assert KEPT not in page


@pytest.mark.parametrize("body", ["x" * 300_000, "--x\r\nbroken", ""])
def test_a_form_that_cannot_be_read_is_a_401(visitor, body):
    for content_type in ("multipart/form-data; boundary=x", "multipart/form-data", "text/plain"):
        response = visitor.post("/api/tasks", body, content_type=content_type, headers=OWN)

        assert response.status_code == 401
        assert KEPT not in response.text


def test_an_expired_form_shows_the_text_and_leads_back(browser, send):
    response = browser.post("/api/tasks", {**TYPED, "csrfmiddlewaretoken": "x"}, headers=OWN)

    assert response.status_code == 403
    assert "This form has expired" in response.text
    assert '<a href="/api/tasks?sort=title&amp;due=any">' in response.text
    assert KEPT in response.text
    assert not Task.objects.exists()


def test_an_edit_of_a_deleted_task_shows_the_text(browser, send, milk):
    path = f"/api/tasks/{milk.pk}"
    browser.defaults["HTTP_SEC_FETCH_SITE"] = "same-origin"
    send(path, _method="DELETE", next="/api/tasks")

    response = send(path, **{**TYPED, "_method": "PUT", "next": path})

    assert response.status_code == 404
    assert KEPT in response.text
    assert "Buy oats" in response.text
    assert '<a href="/api/tasks">' in response.text
    press_undo(browser, response.text)


def test_an_outdated_edit_of_a_project_keeps_the_text(send, browser, alice_client, home):
    path = f"/api/projects/{home.pk}"
    etag = re.search(r'name="etag" value="([^"]+)"', browser.get(path).text)[1]
    alice_client.patch(path, {"color": "#3366cc"})
    form = {"name": "House", "color": "", "archived": "false"}
    form |= {"_method": "PUT", "next": "/api/projects"}

    refused = send(path, etag=etag.replace("&quot;", '"'), **form)

    assert refused.status_code == 412
    assert 'value="House"' in refused.text
    etag = re.search(r'name="etag" value="([^"]+)"', refused.text)[1].replace("&quot;", '"')
    assert send(path, etag=etag, **form).status_code == 303
    home.refresh_from_db()
    assert (home.name, home.color) == ("House", None)
