"""The pages of the account section, as a browser with a session gets them."""

import re
from datetime import timedelta

import pyotp
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import PersonalToken, SecondFactor, SignIn

from .conftest import PASSWORD

PAGES = {
    "email": "E-mail address",
    "sign-ins": "Sign-ins",
    "tokens": "Personal access tokens",
    "totp": "Second factor",
    "totp/confirm": "Confirm a second factor",
}
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def browser(cyd):
    browser = Client(headers={"accept": "text/html"})
    browser.force_login(cyd)
    return browser


@pytest.fixture
def factor(cyd):
    """Cyd's second factor, confirmed, with one recovery code."""
    now, secret = timezone.now(), pyotp.random_base32()
    return SecondFactor.objects.create(
        user=cyd, secret=secret, confirmed_at=now, recovery_digests=["x"]
    )


def open_page(browser, name, form=None):
    """Opens a page, or sends its form."""
    path = f"/api/auth/{name}"
    return browser.get(path) if form is None else browser.post(path, form)


@pytest.mark.parametrize("name", PAGES)
def test_each_page_opens_and_the_profile_links_to_it(browser, name):
    response, profile = open_page(browser, name), open_page(browser, "me")

    assert response.status_code == 200
    assert f"<title>{PAGES[name]} – Todo API</title>" in response.content.decode()
    assert "Method Not Allowed" not in response.content.decode()
    assert name == "totp/confirm" or f'href="/api/auth/{name}"' in profile.content.decode()


@pytest.mark.parametrize("name", ["email", "totp", "totp/confirm", "password", "logout/all"])
def test_a_program_gets_no_page(cyd, client_for, name):
    response = client_for(cyd).get(f"/api/auth/{name}")

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("name", PAGES)
def test_an_anonymous_visitor_is_asked_to_log_in(db, name):
    response = open_page(Client(headers={"accept": "text/html"}), name)

    assert response.status_code == 401
    assert "/api-auth/login/?next=" in response.content.decode()


def test_a_token_is_shown_once(browser):
    form = {"name": "Backup", "scopes": ["tasks:read", "tasks:write"], "expires_at": ""}

    page = open_page(browser, "tokens", form).content.decode()

    (shown,) = re.findall('<pre class="secret">(todo_.{49})</pre>', page)
    assert PersonalToken.objects.get().scopes == "tasks:read tasks:write"
    assert "It is not shown again." in page
    assert shown not in open_page(browser, "tokens").content.decode()


def test_the_form_of_a_token_shows_errors_beside_their_fields(browser):
    page = open_page(browser, "tokens", {"name": "Backup", "expires_at": "2020-01-01T00:00"})

    errors = re.findall('<span class="help-block">(.*?)</span>', page.content.decode())
    assert page.status_code == 400
    assert "This selection may not be empty." in errors
    assert "Choose a time in the next two years." in errors
    assert not PersonalToken.objects.exists()


def test_the_tokens_are_listed_with_buttons(browser, cyd, bob):
    cyd.personal_tokens.create(name=HOSTILE, digest="x", scopes="tasks:read")
    bob.personal_tokens.create(name="Bob's", digest="y", scopes="tasks:read")
    pk = cyd.personal_tokens.get().pk

    page = open_page(browser, "tokens").content.decode()

    assert f'<form method="post" action="/api/auth/tokens/{pk}">' in page
    assert "does not expire" in page
    assert "never used" in page
    assert HOSTILE not in page
    assert "Bob" not in page


def test_a_deletion_leads_back_to_the_list(browser, cyd):
    pk = cyd.personal_tokens.create(name="Backup", digest="x", scopes="tasks:read").pk

    response = browser.delete(f"/api/auth/tokens/{pk}")

    assert 'Done. <a href="/api/auth/tokens">Back to the list</a>' in response.content.decode()
    assert not PersonalToken.objects.exists()


def test_the_sign_ins_are_listed_with_buttons(browser, cyd):
    expires_at = timezone.now() + timedelta(days=1)
    sign_in = SignIn.objects.create(user=cyd, user_agent=HOSTILE, expires_at=expires_at)

    page = open_page(browser, "sign-ins").content.decode()
    ended = browser.delete(f"/api/auth/sign-ins/{sign_in.pk}").content.decode()

    assert f'<form method="post" action="/api/auth/sign-ins/{sign_in.pk}">' in page
    assert HOSTILE not in page
    assert '<a href="/api/auth/sign-ins">Back to the list</a>' in ended
    assert not SignIn.objects.exists()


def test_a_second_factor_is_set_up_with_a_qr_code(browser):
    page = open_page(browser, "totp", {}).content.decode()
    (secret,) = re.findall('<pre class="secret">(.{32})</pre>', page)

    confirmed = open_page(browser, "totp/confirm", {"code": pyotp.TOTP(secret).now()})

    assert '<div role="img" aria-label="QR code of the key"><svg ' in page
    assert '<form method="post" action="/api/auth/totp/confirm">' in page
    (codes,) = re.findall('<pre class="secret">(.*?)</pre>', confirmed.content.decode(), re.DOTALL)
    assert len(codes.split()) == 10
    assert confirmed.context["response"].data["recovery_codes"] == codes.split()


def test_the_page_says_whether_there_is_a_second_factor(browser, factor):
    with_one = open_page(browser, "totp").content.decode()
    factor.delete()
    without = open_page(browser, "totp").content.decode()

    assert "with\n    1 unused recovery code." in with_one
    assert factor.secret not in with_one
    assert 'name="_method" value="DELETE"' in with_one
    assert 'id="post-object-form"' not in with_one
    assert "You have none." in without
    assert 'name="_method" value="DELETE"' not in without


def test_the_page_of_the_address_says_that_a_link_was_sent(browser):
    page = open_page(browser, "email").content.decode()
    sent = open_page(browser, "email", {"password": PASSWORD, "email": "new@example.com"})

    assert "<bdi>cyd@example.com</bdi>" in page
    assert sent.status_code == 202
    assert "We sent a link to the new address." in sent.content.decode()
