"""The pages of the browsable API."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tasks.models import Task

HTML = {"Accept": "text/html"}


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def test_a_file_can_be_chosen(browser):
    page = browser.get("/api/import", headers=HTML)

    assert page.status_code == 200
    assert 'type="file"' in page.content.decode()


def test_an_uploaded_file_is_imported_and_its_warnings_are_shown(browser):
    text = "TYPE,CONTENT,DATE\ntask,Buy milk,every <b>day</b>\n"

    upload = SimpleUploadedFile("todoist.csv", text.encode())
    page = browser.post("/api/import", {"file": upload}, headers=HTML)

    content = page.content.decode()
    assert page.status_code == 201
    assert "1 created, 0 skipped." in content
    assert "line 2: <bdi>The date &#x27;every &lt;b&gt;day&lt;/b&gt;&#x27; is left out" in content
    assert Task.objects.get().title == "Buy milk"


@pytest.mark.parametrize("name", ["todoist.xlsx", "todoist", "csv"])
def test_a_file_of_another_kind_is_refused(browser, name):
    page = browser.post("/api/import", {"file": SimpleUploadedFile(name, b"x")}, headers=HTML)

    assert page.status_code == 400
    assert "The name must end with one of: .json, .csv, .ics." in page.content.decode()


def test_an_address_is_shown_once(browser):
    none = browser.get("/api/calendar", headers=HTML).content.decode()
    made = browser.post("/api/calendar", headers=HTML).content.decode()
    later = browser.get("/api/calendar", headers=HTML).content.decode()

    assert "You have no address." in none
    assert 'name="_method" value="DELETE"' not in none
    assert "http://testserver/calendar/" in made
    assert "You have an address since" in later
    assert 'name="_method" value="DELETE"' in later
    assert "http://testserver/calendar/" not in later


def test_programs_still_get_a_405(alice_client):
    for path in ("/api/calendar", "/api/import"):
        assert alice_client.get(path).status_code == 405


def test_the_account_page_leads_to_them(browser):
    page = browser.get("/api/auth/me", headers=HTML).content.decode()

    for path in ("/api/calendar", "/api/import", "/api/export"):
        assert f'href="{path}"' in page
