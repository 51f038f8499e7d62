"""Tags in the admin."""

import pytest

from tasks.models import Task

LIST = "/admin/tasks/task/"


@pytest.fixture
def tagged(alice, bob):
    Task.objects.create(owner=alice, title="Buy milk", tags=["Home", "shop"])
    Task.objects.create(owner=alice, title="Sleep", tags=["home"])
    Task.objects.create(owner=bob, title="Run", tags=["home", "secret"])


def send(browser, task, **fields):
    page = browser.get(f"{LIST}{task.pk}/change/")
    shown = page.context["adminform"].form["tags"].value()
    form = {"title": task.title, "priority": "0", "etag": task.etag, "tags": shown, **fields}
    return browser.post(f"{LIST}{task.pk}/change/", form)


def test_the_list_shows_them(staff, tagged):
    assert "Home, shop" in staff.get(LIST).text


def test_the_filter_has_the_tags_of_the_chosen_owner(staff, alice, tagged):
    of_all = staff.get(LIST).text
    of_alice = staff.get(f"{LIST}?owner={alice.pk}").text

    assert "tag=" not in of_all
    assert f"?owner={alice.pk}&amp;tag=Home" in of_alice
    assert "tag=secret" not in of_alice


@pytest.mark.parametrize(("tag", "found"), [("HOME", {"Buy milk", "Sleep"}), ("secret", set())])
def test_it_filters(staff, alice, tagged, tag, found):
    page = staff.get(LIST, {"owner": alice.pk, "tag": tag})

    assert {task.title for task in page.context["cl"].result_list} == found


@pytest.mark.parametrize("owner", ["", "x", "0", "9" * 30])
def test_another_owner_is_no_error(staff, tagged, owner):
    assert staff.get(LIST, {"owner": owner, "tag": "home"}).status_code in (200, 302)


def test_the_form_changes_them(staff, alice, tagged):
    task = Task.objects.get(title="Buy milk")
    before = task.revision

    response = send(staff, task, tags=" shop, a\u0308hre ,, Shop")

    task.refresh_from_db()
    assert response.status_code == 302
    assert task.tags == ["shop", "ähre"]
    assert task.tag_keys == [f"{alice.pk}:shop", f"{alice.pk}:ähre"]
    assert task.revision > before


def test_the_form_without_a_change_writes_nothing(staff, tagged):
    task = Task.objects.get(title="Buy milk")

    assert send(staff, task).status_code == 302
    assert Task.objects.get(pk=task.pk).revision == task.revision


@pytest.mark.parametrize("tags", ["a\tb,c", "x" * 51, ",".join(map(str, range(21)))])
def test_the_form_refuses_other_tags(staff, tagged, tags):
    task = Task.objects.get(title="Buy milk")

    response = send(staff, task, tags=tags)

    assert response.status_code == 200
    assert "tags" in response.context["adminform"].form.errors
    assert Task.objects.get(pk=task.pk).tags == ["Home", "shop"]


def test_the_browsable_api_takes_a_comma_list(alice, client):
    client.force_login(alice)

    page = client.get("/api/tasks", headers={"accept": "text/html"}).text
    client.post(
        "/api/tasks", {"title": "Buy oats", "tags": "home, shop,"}, headers={"accept": "text/html"}
    )
    task = Task.objects.get()
    form = client.get(f"/api/tasks/{task.pk}", headers={"accept": "text/html"}).text

    assert 'name="tags"' in page
    assert task.tags == ["home", "shop"]
    assert 'value="home, shop"' in form
