import csv
from itertools import count
from urllib.error import HTTPError

import pytest
from playwright.sync_api import expect

from conftest import PASSWORD

HOSTILE = "<script>alert(1)</script> {{ 7*7 }} \u202ejavascript:alert(1) " + "w" * 140
NUMBERS = count(1)
# Django causes all violations that axe-core finds in the admin: an image as a label, and labels on
# spans.
DJANGOS = {"exclude": [["#searchbar"], [".selector .help-tooltip"]]}


@pytest.fixture(scope="module")
def staff(server):
    """The e-mail address of a superuser."""
    email = "root@example.com"
    command = ["createsuperuser", "--noinput", "--email", email]
    assert server.manage(*command, DJANGO_SUPERUSER_PASSWORD=PASSWORD).wait(60) == 0
    return email


@pytest.fixture
def admin(page, staff):
    """The index of the admin, with a superuser logged in."""
    page.goto("/admin/")
    page.get_by_label("E-mail address").fill(staff)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Administration")).to_be_visible()
    return page


@pytest.fixture
def ann(server):
    """A new account for this test: its address and its token."""
    email = f"ann{next(NUMBERS)}@example.com"
    server.call("POST", "/api/auth/register", {"email": email, "password": PASSWORD})
    tokens = server.call("POST", "/api/auth/login", {"email": email, "password": PASSWORD})
    return email, tokens["access"]


@pytest.fixture
def add(server, ann):
    """Adds a task of Ann and gives its id."""

    def add(title, **members):
        return server.call("POST", "/api/tasks", {"title": title, **members}, ann[1])["id"]

    return add


def search(page, term):
    page.get_by_role("link", name="Tasks", exact=True).last.click()
    page.get_by_role("textbox", name="Search").fill(term)
    page.get_by_role("button", name="Search").click()


def act(page, action):
    page.get_by_label("Select all objects").check()
    page.get_by_label("Action:").select_option(action)
    page.get_by_role("button", name="Go").click()


def titles(page):
    return page.locator("#result_list .field-listed_title")


def test_staff_can_find_and_complete_tasks(admin, ann, add):
    for title in ("Buy milk", "Buy oats", "Feed the cat"):
        add(title, completed=title == "Buy oats")
    expect(admin.get_by_text("Completed tasks:")).to_be_visible()

    search(admin, ann[0])
    expect(titles(admin)).to_have_text(["Feed the cat", "Buy oats", "Buy milk"])
    admin.get_by_role("link", name="Pending").click()
    expect(titles(admin)).to_have_text(["Feed the cat", "Buy milk"])
    act(admin, "Complete selected tasks")

    expect(admin.get_by_text("2 tasks completed.")).to_be_visible()
    admin.get_by_role("link", name="Completed", exact=True).click()
    expect(titles(admin)).to_have_text(["Feed the cat", "Buy oats", "Buy milk"])
    admin.get_by_role("link", name="Feed the cat").click()
    admin.get_by_role("link", name="History").click()
    expect(admin.get_by_role("row", name="root@example.com Completed.")).to_be_visible()


def test_staff_can_select_a_day(admin, ann, add):
    add("Buy milk")
    search(admin, ann[0])

    for part in ("year", "month", "day"):
        admin.locator(".toplinks a:not(.date-back)").last.click()
        admin.wait_for_url(f"**created_at__{part}=*")

    expect(titles(admin)).to_have_text(["Buy milk"])


def test_staff_can_download_selected_tasks(admin, ann, add):
    add("=HYPERLINK(1)", description="ünï\ncode")
    search(admin, ann[0])

    with admin.expect_download() as download:
        act(admin, "Export selected tasks as CSV")

    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert download.value.suggested_filename == "tasks.csv"
    assert (row["owner"], row["title"], row["description"]) == (
        ann[0],
        "'=HYPERLINK(1)",
        "ünï\ncode",
    )


def test_staff_can_change_a_task_with_the_date_shortcuts(admin, ann, add):
    add("Buy milk")
    search(admin, ann[0])
    admin.get_by_role("link", name="Buy milk").click()

    admin.get_by_label("Title").fill("Buy oats")
    admin.get_by_role("link", name="Today").first.click()
    admin.get_by_label("Completed").check()
    admin.get_by_role("button", name="Save", exact=True).click()

    expect(admin.get_by_text("was changed successfully")).to_be_visible()
    search(admin, ann[0])
    expect(titles(admin)).to_have_text(["Buy oats"])


@pytest.mark.parametrize(
    "text", ["two\nlines", "two\r\nlines ", "\n\r\r\n\u2028\x0b\x0c\x01\x85 \n"]
)
def test_saving_without_changes_writes_nothing(admin, add, text):
    task = add("Buy  milk", description=text, due_date="2026-12-01", due_time="10:30:07")
    admin.goto(f"/admin/tasks/task/{task}/change/")
    etag = admin.locator('input[name="etag"]')
    before = etag.get_attribute("value")
    admin.get_by_role("button", name="Save and continue editing").click()
    expect(admin.get_by_text("was changed successfully")).to_be_visible()

    assert etag.get_attribute("value") == before


def test_staff_can_sign_a_user_out(admin, server, ann, add):
    add("Buy milk")
    admin.get_by_role("link", name="Users", exact=True).last.click()
    admin.get_by_role("link", name=ann[0]).click()
    admin.get_by_role("link", name="1 pending").click()
    expect(titles(admin)).to_have_text(["Buy milk"])
    admin.go_back()

    admin.get_by_role("button", name="Sign out everywhere").click()
    expect(admin.get_by_role("heading", name="Sign out everywhere?")).to_be_visible()
    assert server.call("POST", "/api/tasks", {"title": "Buy bread"}, ann[1])
    admin.get_by_role("button", name="Yes, sign out").click()

    expect(admin.get_by_text("1 signed out everywhere.")).to_be_visible()
    with pytest.raises(HTTPError, match="401"):
        server.call("POST", "/api/tasks", {"title": "Buy oats"}, ann[1])


def test_staff_can_log_out(admin):
    admin.get_by_role("button", name="Log out").click()

    admin.goto("/admin/")
    expect(admin.get_by_role("button", name="Log in")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
def test_pages_are_usable_with_hostile_titles(admin, ann, add, violations, width, scheme):
    task = f"/admin/tasks/task/{add(HOSTILE, description=HOSTILE)}"
    admin.set_viewport_size({"width": width, "height": 900})
    admin.emulate_media(color_scheme=scheme)
    admin.goto(f"/admin/accounts/user/?q={ann[0]}")
    user = admin.get_by_role("link", name=ann[0]).get_attribute("href")
    year = "/admin/tasks/task/?created_at__year=2026"
    paths = ["/admin/", "/admin/tasks/task/", year, "/admin/accounts/user/", user]
    paths += [f"{task}/{view}/" for view in ("change", "history", "delete")]

    trouble = {}
    for path in paths:
        admin.goto(path)
        wider = admin.evaluate("document.documentElement.scrollWidth - innerWidth")
        trouble[path] = [*violations(admin, DJANGOS), *["too wide"] * (wider > 0)]

    assert not {path: found for path, found in trouble.items() if found}
