"""Links in mails that were asked for on a page, and the pages that they lead to."""

import re

import pytest
from django.test import Client

from accounts import mails
from accounts.models import User

from .conftest import PASSWORD

FORGOTTEN, RESET, VERIFY = (
    f"/api-auth/{name}/" for name in ("forgotten-password", "reset-password", "verify-email")
)
LOGIN = "/api-auth/login/"
NEW = "entirely different"
WRONG = "The link was used, has expired or is wrong."
SENT = "If the address has an account, we have sent it a link."


@pytest.fixture(autouse=True)
def no_front_end(settings):
    settings.FRONTEND_URL = ""
    settings.OWN_URL = "https://todo.example"


@pytest.fixture
def browser(db):
    return Client(enforce_csrf_checks=True)


def send(browser, path, form):
    """Sends a form and gives the response."""
    if "csrftoken" not in browser.cookies:
        browser.get(LOGIN)
    form = {**form, "csrfmiddlewaretoken": browser.cookies["csrftoken"].value}
    return browser.post(path, form)


def path_in(message, page):
    (path,) = re.findall(rf"https://todo\.example({page}\?uid=\w+&token=[\w-]+)\n", message.body)
    return path


@pytest.fixture
def reset(browser, cyd, mails_of):
    """The path of the link in a mail to Cyd."""
    _, (message,) = mails_of(lambda: send(browser, FORGOTTEN, {"email": cyd.email}))
    return path_in(message, RESET)


def test_the_login_page_leads_to_the_page_for_a_forgotten_password(browser):
    assert f'href="{FORGOTTEN}"' in browser.get(LOGIN).content.decode()


@pytest.mark.parametrize(("email", "count"), [("CYD@example.com ", 1), ("nobody@example.com", 0)])
def test_it_says_the_same_whether_an_address_has_an_account(browser, cyd, mails_of, email, count):
    response, sent = mails_of(lambda: send(browser, FORGOTTEN, {"email": email}))

    assert (response.status_code, response["Location"], len(sent)) == (302, LOGIN, count)
    assert SENT in browser.get(LOGIN).content.decode()
    assert SENT not in browser.get(LOGIN).content.decode()


@pytest.fixture
def session(cyd):
    """A browser in which Cyd has logged in, before asking for a link: a login ends older links."""
    session = Client()
    session.force_login(cyd)
    return session


def test_a_reset_needs_no_script_and_no_front_end(browser, cyd, session, reset):
    response = send(browser, reset, {"password": NEW})

    assert (response.status_code, response["Location"]) == (302, LOGIN)
    assert "Your password is changed" in browser.get(LOGIN).content.decode()
    cyd.refresh_from_db()
    assert cyd.check_password(NEW)
    assert session.get("/api/auth/me").status_code == 401


def test_the_link_works_once(browser, cyd, reset):
    send(browser, reset, {"password": NEW})

    page, again = browser.get(reset), send(browser, reset, {"password": "something else"})

    assert WRONG in page.content.decode()
    assert f'href="{FORGOTTEN}"' in page.content.decode()
    assert WRONG in again.content.decode()
    cyd.refresh_from_db()
    assert cyd.check_password(NEW)


def test_opening_the_link_changes_nothing(browser, cyd, reset):
    for _ in range(2):  # scanners of mails open links
        assert 'type="password"' in browser.get(reset).content.decode()

    assert send(browser, reset, {"password": NEW}).status_code == 302


@pytest.mark.parametrize("password", ["12345678", "", "x" * 129])
def test_a_password_that_is_refused_can_be_corrected(browser, cyd, reset, password):
    page = send(browser, reset, {"password": password})

    assert page.status_code == 200
    assert page.context["form"].errors["password"]
    assert send(browser, reset, {"password": NEW}).status_code == 302


@pytest.mark.parametrize("path", [RESET, VERIFY])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "?uid=MQ&token=x",
        "?uid=%00&token=%00",
        f"?uid={'9' * 900}&token=-",
        "?uid=OTk5&token=%E9",
    ],
)
def test_a_wrong_link_is_no_error(browser, path, query):
    page, sent = browser.get(path + query), send(browser, path + query, {"password": NEW})

    assert (page.status_code, sent.status_code) == (200, 200)
    assert WRONG in page.content.decode()
    assert WRONG in sent.content.decode()


@pytest.mark.parametrize("path", [RESET, VERIFY])
def test_a_page_with_a_secret_in_its_address_is_not_stored_and_not_passed_on(browser, path):
    response = browser.get(f"{path}?uid=MQ&token=x")

    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "strict-origin"


@pytest.mark.parametrize("path", [FORGOTTEN, RESET, VERIFY])
def test_a_form_needs_the_csrf_token(db, path):
    assert Client(enforce_csrf_checks=True).post(path, {}).status_code == 403


@pytest.mark.parametrize(
    ("path", "call"),
    [
        (FORGOTTEN, "password/reset"),
        (RESET, "password/reset/confirm"),
        (VERIFY, "email/verify"),
    ],
)
def test_a_page_shares_the_limit_of_its_call(anonymous, browser, settings, path, call):
    settings.THROTTLE_ANON = "2/min"

    anonymous.post(f"/api/auth/{call}", {})
    first, second = (send(browser, path, {}) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 429)


@pytest.fixture
def registered(anonymous, db, mails_of, settings):
    """The path of the link in the mail to Dee, who has just signed up."""
    settings.EMAIL_VERIFICATION = "required"
    body = {"email": "dee@example.com", "password": PASSWORD}
    _, (message,) = mails_of(lambda: anonymous.post("/api/auth/register", body))
    return path_in(message, VERIFY)


def test_an_address_is_confirmed_with_its_password(browser, registered):
    wrong = send(browser, registered, {"password": "not this one"})

    response = send(browser, registered, {"password": PASSWORD})

    assert wrong.context["form"].errors == {"password": ["This is not your password."]}
    assert response["Location"] == LOGIN
    assert "You can log in now." in browser.get(LOGIN).content.decode()
    assert User.objects.get().email_verified_at
    credentials = {"username": "dee@example.com", "password": PASSWORD}
    assert send(browser, LOGIN, credentials).status_code == 302


def test_without_the_password_it_is_removed(browser, registered):
    response = send(browser, registered, {"password": ""})

    user = User.objects.get()
    assert response["Location"] == FORGOTTEN
    assert "Ask for a link to choose a password." in browser.get(FORGOTTEN).content.decode()
    assert (bool(user.email_verified_at), user.check_password(PASSWORD)) == (True, False)


def change_of(user, new_email):
    User.objects.filter(pk=user.pk).update(new_email=new_email)
    user.refresh_from_db()
    return mails.link("verify-email", user, mails.change_tokens).removeprefix(
        "https://todo.example"
    )


def test_a_new_address_is_confirmed_by_a_button(browser, cyd):
    path = change_of(cyd, "new@example.com")

    page, response = browser.get(path), send(browser, path, {})

    assert "<bdi>new@example.com</bdi>" in page.content.decode()
    assert "Use the new one" in browser.get(response["Location"]).content.decode()
    cyd.refresh_from_db()
    assert cyd.email == "new@example.com"
    assert WRONG in browser.get(path).content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_address_that_somebody_else_has_by_now_is_refused(browser, cyd):
    path = change_of(cyd, "new@example.com")
    User.objects.create_user("new@example.com")

    page = send(browser, path, {})

    assert "An account with this e-mail address exists." in page.content.decode()
    cyd.refresh_from_db()
    assert cyd.email == "cyd@example.com"


def test_a_mail_that_a_program_asks_for_leads_to_the_front_end(
    anonymous, browser, cyd, mails_of, settings
):
    settings.FRONTEND_URL = "https://app.example"
    body = {"email": cyd.email}

    _, (by_program,) = mails_of(lambda: anonymous.post("/api/auth/password/reset", body))
    _, (by_page,) = mails_of(lambda: send(browser, FORGOTTEN, body))

    assert "https://app.example/reset-password#uid=" in by_program.body
    assert "https://todo.example/api-auth/reset-password/?uid=" in by_page.body
