"""Writes the pictures of docs/pages.md. Only `make screenshots` runs it."""

from datetime import date, timedelta

import pytest

from conftest import PASSWORD, ROOT, log_in

FOLDER = ROOT / "docs" / "screenshots"
MOST_BYTES = 150_000
TODAY = date.today()
TASKS = [
    {"title": "Return the library books", "due_date": TODAY - timedelta(3), "tags": ["errands"]},
    {"title": "Call the dentist", "due_date": TODAY, "due_time": "09:30", "priority": "high"},
    {
        "title": "Put out the bins",
        "due_date": TODAY + timedelta(1),
        "repeat": "FREQ=WEEKLY",
        "tags": ["home"],
    },
    {"title": "Plan the trip to Kraków", "due_date": TODAY + timedelta(20), "priority": "medium"},
    {"title": "Fix the kitchen tap", "tags": ["home"], "completed": True},
]


@pytest.fixture(scope="module")
def people(server):
    """Mia, who has tasks, and a superuser."""
    for email in ("mia@example.com", "chief@example.com"):
        account = {"email": email, "password": PASSWORD}
        if email.startswith("chief"):
            command = ["createsuperuser", "--noinput", "--email", email]
            assert server.manage(*command, DJANGO_SUPERUSER_PASSWORD=PASSWORD).wait(60) == 0
            continue
        server.call("POST", "/api/auth/register", account)
        token = server.call("POST", "/api/auth/login", account)["access"]
        project = server.call("POST", "/api/projects", {"name": "Household"}, token)["id"]
        for task in TASKS[::-1]:
            due = str(task["due_date"]) if "due_date" in task else None
            body = {**task, "due_date": due, "project": project if "tags" in task else None}
            made = server.call("POST", "/api/tasks", body, token)
            if "trip" in task["title"]:
                for step, done in (("Compare trains", True), ("Book a room", False)):
                    body = {"title": step, "parent": made["id"], "completed": done}
                    server.call("POST", "/api/tasks", body, token)


def open_tasks(page):
    log_in(page, "mia@example.com")
    page.goto("/api/tasks?sort=due_date")


def open_task(page):
    open_tasks(page)
    page.get_by_role("link", name="Plan the trip").click()


def open_docs(page):
    page.goto("/docs")
    page.get_by_text("/api/tasks/{id}", exact=True).first.wait_for()


def open_admin(page):
    log_in(page, "chief@example.com", path="/admin/login/?next=/admin/tasks/task/")


@pytest.mark.parametrize(
    ("name", "open_page", "size", "scheme"),
    [
        ("list", open_tasks, (1100, 800), "light"),
        ("phone", open_tasks, (390, 844), "dark"),
        ("task", open_task, (1100, 1000), "light"),
        ("docs", open_docs, (1100, 800), "light"),
        ("admin", open_admin, (1100, 700), "light"),
    ],
)
@pytest.mark.usefixtures("people")
def test_it_writes_a_picture(chromium, server, name, open_page, size, scheme):
    context = chromium.new_context(
        base_url=server.url,
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        locale="en-GB",
    )
    page, path = context.new_page(), FOLDER / f"{name}.png"
    open_page(page)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path)
    context.close()

    assert path.stat().st_size < MOST_BYTES
