"""Journeys of a calendar address, an import and an export."""

import json
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from conftest import open_from_profile

CSV = "TYPE,CONTENT,PRIORITY,DATE\ntask,Buy milk @shop,1,2026-12-01\ntask,Call Ann,2,every day\n"


def test_a_user_imports_a_file_and_takes_everything_away(page, ann, violations):
    open_from_profile(page, "import")
    upload = {"name": "todoist.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    page.get_by_label("File").set_input_files(upload)
    page.get_by_role("button", name="Import").click()

    expect(page.get_by_role("status")).to_contain_text("2 created, 0 skipped.")
    expect(page.get_by_text("line 3: The date 'every day' is left out")).to_be_visible()
    assert violations(page, "main") == []

    page.goto("/api/auth/me")
    with page.expect_download() as download:
        page.get_by_role("link", name="export", exact=True).click()
    document = json.loads(download.value.path().read_text())
    assert download.value.suggested_filename.startswith("todo-")
    assert {task["title"] for task in document["tasks"]} == {"Buy milk", "Call Ann"}


def test_a_user_makes_and_ends_a_calendar_address(page, ann, server):
    body = {"title": "Buy milk", "due_date": "2026-12-01"}
    page.goto("/api/tasks")
    made = page.evaluate(
        """async (body) => (await fetch("/api/tasks", {method: "POST", body: JSON.stringify(body),
            headers: {"Content-Type": "application/json", "X-CSRFToken":
                document.querySelector("[name=csrfmiddlewaretoken]").value}})).status""",
        body,
    )
    assert made == 201
    open_from_profile(page, "Calendar")
    page.get_by_role("button", name="Make an address").click()

    address = page.locator("pre.secret").inner_text().strip()
    assert address.startswith(f"{server.url}/calendar/")
    with urlopen(address, timeout=10) as answer:
        assert b"SUMMARY:Buy milk" in answer.read()

    open_from_profile(page, "Calendar")
    expect(page.get_by_text("You have an address since")).to_be_visible()
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Yes, delete it").click()
    page.get_by_text("Deleted.").wait_for()
    with pytest.raises(HTTPError) as ended:
        urlopen(address, timeout=10)
    with ended.value as answer:
        assert answer.code == 404
