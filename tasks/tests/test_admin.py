import re

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks.models import Task
from todo_project.models import LogEntry

URL = "/admin/tasks/task/"


def change(client, task, etag="", **fields):
    """Send the form as a browser does."""
    form = {
        "title": task.title,
        "description": re.sub("\r\n|\r|\n", "\r\n", task.description),
        "priority": str(task.priority),
        "completed": "on" if task.completed else "",
        "repeat_from": task.repeat_from,
        "etag": etag or task.etag,
        **fields,
    }
    return client.post(f"{URL}{task.pk}/change/", form, follow=True)


def test_it_adds_a_task(staff, alice):
    etag = staff.get(f"{URL}add/").context["adminform"].form["etag"].value()
    form = {"owner": alice.pk, "title": "Buy milk", "description": "", "priority": "1"}

    staff.post(f"{URL}add/", {**form, "etag": etag, "completed": "on"})

    task = alice.tasks.get()
    assert (task.title, task.title_key) == ("Buy milk", "buy milk")
    assert (task.priority, task.revision) == (1, 1)
    assert task.completed


@pytest.mark.parametrize("owner", [None, "", "x", "9" * 6, "9" * 30])
def test_a_missing_owner_is_an_error_of_the_form(staff, milk, owner):
    form = {"title": "x", "priority": "0", "etag": '"None-0"', "parent": milk.pk}
    if owner is not None:
        form["owner"] = owner

    response = staff.post(f"{URL}add/", form)

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["owner"]
    assert Task.objects.count() == 1


def test_it_writes_only_the_changed_fields(staff, milk):
    with CaptureQueriesContext(connection) as queries:
        change(staff, milk, title="Buy OATS", completed="on")

    after = Task.objects.get()
    assert (after.title, after.title_key, after.revision) == ("Buy OATS", "buy oats", 2)
    assert after.completed
    assert after.updated_at > milk.updated_at
    update = next(one["sql"] for one in queries if one["sql"].startswith('UPDATE "tasks_task"'))
    assert '"description"' not in update
    assert LogEntry.objects.get().get_change_message() == "Changed Title and completed."


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"completed": True},
        *({"description": text} for text in ["two\nlines ", "two\r\nlines", "a\rb\nc\r\n"]),
    ],
)
def test_saving_an_unchanged_form_changes_nothing(staff, milk, fields):
    milk.change(fields)
    before = Task.objects.values().get()

    change(staff, milk)

    assert Task.objects.values().get() == before


def test_an_unchanged_text_keeps_its_line_ends(staff, milk):
    milk.change({"description": "two\r\nlines"})

    change(staff, milk, title="Buy oats")

    after = Task.objects.get()
    assert (after.title, after.description) == ("Buy oats", "two\r\nlines")


def test_a_changed_text_is_stored_with_line_feeds(staff, milk):
    milk.change({"description": "two\r\nlines"})

    change(staff, milk, description="three\r\nlines")

    assert Task.objects.get().description == "three\nlines"


def test_it_rejects_a_stale_form(staff, milk):
    etag = milk.etag
    milk.change({"title": "Buy oats"})

    page = change(staff, milk, etag, title="Buy rye").content.decode()

    assert "The task has changed since you loaded the page. Reload the page and retry." in page
    assert Task.objects.get().title == "Buy oats"


def test_the_owner_cannot_be_changed(staff, alice, bob, milk):
    change(staff, milk, owner=bob.pk, title="Buy oats")

    assert alice.tasks.get().title == "Buy oats"


def test_it_shows_the_errors_of_a_form(staff, alice):
    form = {"owner": alice.pk, "title": "Buy milk", "priority": "1", "due_time": "10:00"}

    response = staff.post(f"{URL}add/", {**form, "etag": Task().etag})

    assert "A due time needs a due date." in response.content.decode()
    assert not Task.objects.exists()


def test_the_owner_field_has_autocompletion(staff, alice, bob):
    response = staff.get(
        "/admin/autocomplete/?term=ali&app_label=tasks&model_name=task&field_name=owner"
    )

    assert [found["text"] for found in response.json()["results"]] == ["alice@example.com"]


def test_staff_need_permissions(client, alice, milk):
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    assert client.get(URL).status_code == 403

    alice.user_permissions.add(Permission.objects.get(codename="view_task"))

    assert client.get(URL).status_code == 200
    assert client.post(f"{URL}{milk.pk}/delete/", {"post": "yes"}).status_code == 403


def test_other_users_are_redirected_to_the_login(client, alice):
    client.force_login(alice)

    assert client.get(URL)["Location"].startswith("/admin/login/")


HOSTILE = "<script>alert(1)</script> javascript:alert(1) {{ 7 }} \u202eltr\u2066"


def test_a_hostile_title_is_escaped_on_all_pages(staff, alice):
    task = Task.objects.create(owner=alice, title=HOSTILE, description=HOSTILE)
    change(staff, task, title=f"{HOSTILE}!")  # the list shows the success message
    run = {"action": "delete_selected", "index": "0", "_selected_action": [task.pk]}

    pages = [staff.get(path) for path in ("/admin/", URL, f"{URL}{task.pk}/change/")]
    pages += [staff.get(f"{URL}{task.pk}/{view}/") for view in ("history", "delete")]
    pages += [staff.post(URL, run), staff.get(f"{URL}?q=%3Cscript%3Ealert(1)")]

    for page in pages:
        text = page.content.decode()
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text
        assert 'href="javascript:' not in text


def test_control_characters_of_a_title_are_not_shown(staff, alice):
    task = Task.objects.create(owner=alice, title=HOSTILE)

    page = staff.get(f"{URL}{task.pk}/delete/").content.decode()

    assert "ltr" in page
    assert not set("\u202e\u2066") & set(page)
