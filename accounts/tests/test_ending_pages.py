"""Pages after which one is logged out: a new password, log out everywhere, delete the account."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from tasks.models import Task

from .conftest import PASSWORD

NEW = "entirely different"
CHANGE, END, DELETE = (
    f"/api-auth/{name}/" for name in ("password", "logout/all", "delete-account")
)
LOGIN, SIGN_UP = "/api-auth/login/", "/api-auth/register/"
FORMS = {
    CHANGE: {"current_password": PASSWORD, "new_password": NEW},
    END: {},
    DELETE: {"password": PASSWORD},
}


@pytest.fixture
def browser(cyd):
    browser = Client(headers={"accept": "text/html"})
    browser.force_login(cyd)
    return browser


@pytest.fixture
def access(cyd, sign_in, with_token):
    """A program in which Cyd is signed in with a token."""
    return with_token(sign_in(cyd)["access"])


@pytest.mark.parametrize("path", FORMS)
def test_the_profile_leads_to_a_page_that_says_what_will_happen(browser, path):
    page = browser.get(path).content.decode()

    assert f'href="{path}"' in browser.get("/api/auth/me").content.decode()
    assert 'href="/api/auth/me"' in page
    assert "also here" in page or "also this one" in page or "Nobody can bring them back" in page


@pytest.mark.parametrize(
    ("path", "to", "text"),
    [
        (CHANGE, LOGIN, "Your password is changed"),
        (END, LOGIN, "You are logged out everywhere."),
        (DELETE, SIGN_UP, "Your account and everything in it are deleted."),
    ],
)
def test_it_ends_every_sign_in_and_the_next_page_says_so(browser, access, cyd, path, to, text):
    other = Client()
    other.force_login(cyd)

    response = browser.post(path, FORMS[path])

    page = browser.get(response["Location"]).content.decode()
    assert (response.status_code, response["Location"]) == (302, to)
    assert text in page
    assert "cyd@example.com" not in page
    statuses = [one.get("/api/auth/me").status_code for one in (browser, other, access)]
    assert statuses == [401, 401, 401]


def test_the_new_password_is_stored(browser, cyd):
    browser.post(CHANGE, FORMS[CHANGE])

    cyd.refresh_from_db()
    assert cyd.check_password(NEW)


def test_the_account_is_deleted_with_its_tasks(browser, cyd):
    Task.objects.create(owner=cyd, title="Buy milk")

    browser.post(DELETE, FORMS[DELETE])

    assert not User.objects.exists()
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("path", "form", "errors"),
    [
        (
            CHANGE,
            {"current_password": "wrong", "new_password": NEW},
            {"current_password": ["This is not your password."]},
        ),
        (
            CHANGE,
            {"current_password": PASSWORD, "new_password": "12345678"},
            {
                "new_password": [
                    "This password is too common.",
                    "This password is entirely numeric.",
                ]
            },
        ),
        (DELETE, {"password": "wrong"}, {"password": ["This is not your password."]}),
        (DELETE, {}, {"password": ["This field is required."]}),
    ],
)
def test_a_refused_form_changes_nothing(browser, cyd, path, form, errors):
    response = browser.post(path, form)

    assert response.context["form"].errors == errors
    cyd.refresh_from_db()
    assert cyd.check_password(PASSWORD)
    assert browser.get("/api/auth/me").status_code == 200


def test_wrong_passwords_are_limited(browser, settings):
    settings.THROTTLE_LOGIN = "2/min"
    form = {"password": "wrong"}

    statuses = [browser.post(DELETE, form).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]


@pytest.mark.parametrize("path", FORMS)
def test_it_needs_a_session_and_the_csrf_token(db, cyd, path):
    anonymous, browser = Client(), Client(enforce_csrf_checks=True)
    browser.force_login(cyd)

    responses = [anonymous.get(path), anonymous.post(path, FORMS[path])]

    assert [one["Location"] for one in responses] == [f"{LOGIN}?next={path}"] * 2
    assert browser.post(path, FORMS[path]).status_code == 403
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("path", [CHANGE, DELETE])
def test_an_account_that_another_request_has_changed_must_log_in(browser, monkeypatch, path):
    monkeypatch.setattr(User.objects.__class__, "lock", lambda manager, user: None)

    response = browser.post(path, FORMS[path])

    assert response["Location"] == f"{LOGIN}?next={path}"
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(("call", "path"), [("password", CHANGE), ("logout/all", END)])
def test_the_address_of_a_call_leads_a_browser_to_the_page(browser, cyd, call, path):
    program = APIClient()
    program.force_authenticate(cyd)

    response = browser.get(f"/api/auth/{call}")

    assert (response.status_code, response["Location"]) == (302, path)
    assert program.get(f"/api/auth/{call}").status_code == 405


def test_a_page_of_an_ended_session_leads_back_after_the_login(browser, cyd):
    cyd.sign_out_everywhere()

    page = browser.get("/api/tasks?status=pending&sort=title")

    assert page.status_code == 401
    assert "You are logged out. Log in to go on where you were." in page.content.decode()
    back = "/api/tasks%3Fstatus%3Dpending%26sort%3Dtitle".replace("/", "%2F")
    assert f'href="{LOGIN}?next={back}"' in page.content.decode()
    form = {"username": cyd.email, "password": PASSWORD, "next": "/api/tasks?status=pending"}
    assert browser.post(LOGIN, form)["Location"] == "/api/tasks?status=pending"


def test_a_new_visitor_is_asked_to_sign_up(db):
    page = Client(headers={"accept": "text/html"}).get("/api/tasks").content.decode()

    assert "You need an account" in page
    assert "You are logged out" not in page
