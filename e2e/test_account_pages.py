"""Journeys through sign-up, login and what ends a session, with and without script."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from conftest import NUMBERS, PASSWORD, watch

NEW, NEWER = "entirely different", "something else again"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
MOST_REQUESTS, MOST_BYTES = 15, 100_000
PAGES = [
    "/api-auth/register/",
    "/api-auth/login/",
    "/api-auth/forgotten-password/",
    "/api-auth/reset-password/?uid=x&token=y",
    "/api-auth/verify-email/?uid=x&token=y",
    "/nothing",
]
OWN_PAGES = [
    "/api-auth/password/",
    "/api-auth/logout/all/",
    "/api-auth/delete-account/",
    "/api/auth/me",
    "/api/auth/email",
    "/api/auth/sign-ins",
    "/api/auth/tokens",
    "/api/auth/totp",
    "/api/auth/totp/confirm",
    "/api/calendar",
    "/api/import",
]


@pytest.fixture
def browse(chromium, server):
    """Opens a page in a new browser with these options. Fails on trouble, see `watch()`."""
    contexts, trouble = [], []

    def browse(**options):
        context = chromium.new_context(base_url=server.url, locale="en-GB", **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        watch(page, server.url, trouble)
        return page

    yield browse
    for context in contexts:
        context.close()
    assert not trouble


def new_email():
    return f"visitor{next(NUMBERS)}@example.com"


def sign_up(page, email):
    page.goto("/api-auth/register/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/api/tasks")


def log_in(page, email, password):
    """In the login page, which is open."""
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def reset_link(server, email):
    """The path of the link in the last mail to this address, from the log of the server."""
    for _ in range(50):
        for mail in (server.folder / "log").read_text().split("Content-Type: multipart/"):
            link = re.search(r"http://localhost:\d+(/api-auth/reset-password/\S+)", mail)
            if f"To: {email}" in mail and link:
                return link[1]
        time.sleep(0.1)
    raise AssertionError("no mail")


def journey(page, server, email):
    """From a new account to its deletion: each step leads on to the next."""
    sign_up(page, email)
    change_password(page)
    reset_password(page, server, email)
    log_in(page, email, NEWER)
    leave(page, email)


def change_password(page):
    page.goto("/api/auth/me")
    page.get_by_role("link", name="Change the password").click()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill("12345678")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("This password is entirely numeric.")).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is changed")


def reset_password(page, server, email):
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("status")).to_contain_text("we have sent it a link")
    page.goto(reset_link(server, email))
    page.get_by_label("New password").fill(NEWER)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is changed")


def leave(page, email):
    page.goto("/api/auth/me")
    page.get_by_role("link", name="log out everywhere").click()
    page.get_by_role("button", name="Log out everywhere").click()
    expect(page.get_by_role("status")).to_contain_text("You are logged out everywhere.")
    log_in(page, email, NEWER)

    page.goto("/api/auth/me")
    page.get_by_role("link", name="delete the account").click()
    page.get_by_label("Password").fill(NEWER)
    page.get_by_role("button", name="Delete the account").click()
    expect(page.get_by_role("status")).to_contain_text("are deleted")
    assert email not in page.content()


def test_every_step_leads_on(browse, server):
    journey(browse(), server, new_email())


def test_every_step_works_without_script_on_a_phone(browse, server):
    viewport = {"width": 390, "height": 844}
    journey(browse(java_script_enabled=False, viewport=viewport), server, new_email())


def test_the_time_zone_of_the_browser_is_preselected(browse):
    zones = []
    for options in ({"timezone_id": "Europe/Berlin"}, {"java_script_enabled": False}):
        page = browse(**options)
        page.goto("/api-auth/register/")
        zones.append(page.get_by_label("Time zone").input_value())

    assert zones == ["Europe/Berlin", "UTC"]


def test_an_ended_session_leads_back_after_the_login(browse, server):
    page, other, email = browse(), browse(), new_email()
    sign_up(page, email)
    other.goto("/api-auth/login/")
    log_in(other, email, PASSWORD)
    other.goto("/api-auth/logout/all/")
    other.get_by_role("button", name="Log out everywhere").click()

    page.goto("/api/tasks?status=pending")
    expect(page.get_by_text("You are logged out.")).to_be_visible()
    page.get_by_role("link", name="Log in").last.click()
    log_in(page, email, PASSWORD)

    page.wait_for_url("**/api/tasks?status=pending")


def look_at(page, path):
    """What is wrong with a page: findings of axe-core, its width, and what it loads."""
    sizes = []

    def see(response):
        sizes.append(len(response.body()))

    page.on("response", see)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    found = Axe().run(page, options=RULES).response["violations"]
    trouble = [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        trouble.append("too wide")
    page.remove_listener("response", see)
    if len(sizes) > MOST_REQUESTS or sum(sizes) >= MOST_BYTES:
        trouble.append(f"{len(sizes)} requests, {sum(sizes)} bytes")
    return trouble


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_pages_are_accessible_and_small(browse, width, scheme):
    page = browse(viewport={"width": width, "height": 900}, color_scheme=scheme)
    trouble = {path: look_at(page, path) for path in PAGES}
    sign_up(page, new_email())
    trouble |= {path: look_at(page, path) for path in OWN_PAGES}

    assert not {path: found for path, found in trouble.items() if found}
