"""Journeys through the pages of the account section, and through the admin's login."""

import re
import time
from urllib.error import HTTPError

import pyotp
import pytest
from playwright.sync_api import expect

from conftest import NUMBERS, PASSWORD, log_in, open_from_profile

PHONE = {"width": 375, "height": 812}


@pytest.fixture
def root(server):
    """The address of a new superuser."""
    email = f"chief{next(NUMBERS)}@example.com"
    command = ["createsuperuser", "--noinput", "--email", email]
    assert server.manage(*command, DJANGO_SUPERUSER_PASSWORD=PASSWORD).wait(60) == 0
    return email


def set_up_second_factor(page):
    """Gives the key and the recovery codes."""
    page.goto("/api/auth/totp")
    page.get_by_role("button", name="Send").click()
    secret = page.locator(".secret").inner_text().strip()
    page.get_by_label("Enter the code that the app shows.").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Confirm").click()
    return secret, page.locator(".secret").inner_text().split()


def next_code(secret):
    """The code of the next 30 seconds, as that of now has been used."""
    return pyotp.TOTP(secret).at(time.time() + 30)


def status(server, method, path, token):
    try:
        server.call(method, path, {"title": "Buy milk"}, token)
    except HTTPError as error:
        return error.code
    return 200


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def assert_usable(page, violations):
    assert violations(page) == []
    size = page.viewport_size
    page.set_viewport_size(PHONE)
    assert fits(page)
    assert violations(page) == []
    page.set_viewport_size(size)


def test_a_user_makes_and_deletes_a_token(page, ann, server, violations):
    open_from_profile(page, "personal access tokens")
    page.get_by_label("Name").fill("Backup " + "w" * 140)
    page.get_by_label("tasks:read").check()
    page.get_by_role("button", name="Send").click()
    token = page.locator(".secret").inner_text().strip()
    assert_usable(page, violations)
    before = [status(server, method, "/api/tasks", token) for method in ("GET", "POST")]
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator(".rows li")).to_contain_text("last used")
    page.locator(".rows").get_by_text("Delete", exact=True).click()
    assert_usable(page, violations)
    page.get_by_role("button", name="Yes, delete it").click()
    page.get_by_text("Deleted.").wait_for()

    expect(page.get_by_text("No tokens yet.")).to_be_visible()
    assert before == [200, 403]
    assert status(server, "GET", "/api/tasks", token) == 401


def test_a_user_ends_a_sign_in(page, ann, server, violations):
    account = {"email": ann, "password": PASSWORD}
    lost, kept = (server.call("POST", "/api/auth/login", account)["access"] for _ in range(2))
    open_from_profile(page, "sign-ins")
    expect(page.locator(".rows li")).to_have_count(2)
    assert_usable(page, violations)

    page.locator(".rows li").last.get_by_role("button", name="End").click()
    page.get_by_text("Deleted.").wait_for()

    expect(page.locator(".rows li")).to_have_count(1)
    assert [status(server, "GET", "/api/tasks", token) for token in (lost, kept)] == [401, 200]


def test_a_user_sets_up_a_second_factor_and_logs_in_with_it(page, ann, violations):
    open_from_profile(page, "second factor")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("img", name="QR code of the key")).to_be_visible()
    assert_usable(page, violations)
    page.get_by_label("Enter the code that the app shows.").fill("000 000")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("The code is wrong")
    secret, codes = set_up_second_factor(page)
    assert_usable(page, violations)

    page.get_by_role("button", name="Log out").click()
    log_in(page, ann)
    expect(page.get_by_role("alert")).to_contain_text("Send the code of your second factor too.")
    code = next_code(secret)
    log_in(page, ann, f"{code[:3]} {code[3:]}")
    expect(page.get_by_role("link", name=ann)).to_be_visible()

    page.get_by_role("button", name="Log out").click()
    log_in(page, ann, code)
    expect(page.get_by_role("alert")).to_contain_text("The code is wrong or was used before.")
    log_in(page, ann, codes[0].lower())
    expect(page.get_by_role("link", name=ann)).to_be_visible()


def test_a_user_removes_the_second_factor(page, ann):
    set_up_second_factor(page)
    page.goto("/api/auth/totp")
    expect(page.get_by_text("with 10 unused recovery codes")).to_be_visible()

    page.get_by_text("Delete", exact=True).click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Yes, delete it").click()
    page.get_by_text("Deleted.").wait_for()
    page.get_by_role("button", name="Log out").click()
    log_in(page, ann)

    expect(page.get_by_role("link", name=ann)).to_be_visible()


def test_staff_log_in_to_the_admin_with_a_second_factor(page, root):
    log_in(page, root, path="/admin/login/?next=/admin/")
    expect(page.get_by_role("heading", name="Administration")).to_be_visible()
    secret, _ = set_up_second_factor(page)
    page.goto("/admin/")
    page.get_by_role("button", name="Log out").click()

    log_in(page, root, path="/admin/login/?next=/admin/")
    expect(page.get_by_text("Send the code of your second factor too.")).to_be_visible()
    log_in(page, root, next_code(secret), path="/admin/login/?next=/admin/")

    expect(page.get_by_role("heading", name="Administration")).to_be_visible()


def test_staff_remove_a_lost_second_factor_and_a_token(page, ann, root):
    secret, _ = set_up_second_factor(page)
    page.goto("/api/auth/tokens")
    page.get_by_label("Name").fill("Backup")
    page.get_by_label("tasks:read").check()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Log out").click()
    log_in(page, root, path="/admin/login/?next=/admin/accounts/user/")
    page.get_by_role("link", name=ann).click()

    for activity in ("Second factor", "Personal access tokens"):
        page.locator(".form-row", has_text=activity).get_by_role("link").click()
        if activity == "Personal access tokens":
            page.get_by_role("link", name=ann).first.click()
        assert secret not in page.content()
        page.get_by_role("link", name="Delete").click()
        page.get_by_role("button", name="Yes, I’m sure").click()
        page.get_by_text("was deleted successfully").wait_for()
        page.goto("/admin/accounts/user/")
        page.get_by_role("link", name=ann).click()

    page.goto("/admin/")
    latest = page.locator(".actionlist .deletelink")
    expect(latest.filter(has_text="Second factor")).to_have_count(1)
    page.get_by_role("button", name="Log out").click()
    log_in(page, ann)
    expect(page.get_by_role("link", name=ann)).to_be_visible()


def test_a_user_changes_the_address(page, ann, server):
    new = f"new-{ann}"
    open_from_profile(page, "Change the e-mail address")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Email").fill(new)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("We sent a link to the new address.")
    page.goto(link_to(server, new))
    page.get_by_text(f"Your address becomes {new}.").wait_for()
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("Your e-mail address is changed.").wait_for()

    page.goto("/api/auth/email")
    expect(page.get_by_text(f"Your address is {new}.")).to_be_visible()


def link_to(server, email):
    """The path of the link in the mail to this address, from the log of the server."""
    for _ in range(50):
        for mail in (server.folder / "log").read_text().split("Content-Type: multipart/"):
            link = re.search(r"http://localhost:\d+(/api-auth/verify-email/\S+)", mail)
            if f"To: {email}" in mail and link:
                return link[1]
        time.sleep(0.1)
    raise AssertionError("no mail")
