"""What the admin records of the actions of staff, and for how long."""

import pytest
from django.contrib.admin.models import LogEntry as DjangoLogEntry
from django.contrib.auth.models import Group

from accounts.models import User
from tasks.models import Task
from todo_project.models import LogEntry

TASKS = "/admin/tasks/task/"
USERS = "/admin/accounts/user/"


def change(client, task, **fields):
    form = {"title": task.title, "priority": "0", "etag": task.etag, "repeat_from": "due"}
    return client.post(f"{TASKS}{task.pk}/change/", {**form, **fields}, follow=True)


def delete(client, url, found):
    return client.post(f"{url}{found.pk}/delete/", {"post": "yes"})


@pytest.fixture
def root(staff):
    return User.objects.get(email="root@example.com")


def test_an_entry_stays_when_its_user_is_deleted(staff, root, milk):
    change(staff, milk, title="Buy oats")

    root.delete()

    entry = LogEntry.objects.get()
    assert entry.user is None
    assert entry.get_change_message() == "Changed Title."


def test_the_history_of_a_task_still_shows_it(staff, root, client, milk):
    change(staff, milk, title="Buy oats")
    client.force_login(User.objects.create_superuser("cyd@example.com"))
    root.delete()

    page = client.get(f"{TASKS}{milk.pk}/history/").content.decode()

    assert "Changed Title." in page
    assert "1 entry" in page


def test_an_entry_contains_no_address_and_no_title(staff, alice, milk):
    form = {"owner": alice.pk, "title": "Buy rye", "priority": "0", "etag": Task().etag}
    staff.post(f"{TASKS}add/", form)
    change(staff, milk, title="Buy oats")
    delete(staff, TASKS, milk)
    staff.post(f"{USERS}{alice.pk}/change/", {"email": "al@example.com", "timezone": "UTC"})
    delete(staff, USERS, alice)

    entries = LogEntry.objects.values()
    assert len(entries) == 5
    assert not any(word in str(entries) for word in ["alice", "al@", "milk", "oats", "rye"])


def test_every_action_of_the_admin_has_an_entry(staff):
    group = Group.objects.create(name="Helpers")

    staff.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Viewers"})
    delete(staff, "/admin/auth/group/", group)

    kinds = LogEntry.objects.values_list("content_type__model", "action_flag")
    assert sorted(kinds) == [("group", 2), ("group", 3)]
    assert not DjangoLogEntry.objects.exists()


def test_the_index_shows_current_names(staff, alice, milk):
    change(staff, milk, title="Buy oats")
    oats = Task.objects.get()
    change(staff, oats, title="Buy rye")
    gone = Task.objects.create(owner=alice, title="Feed the cat")
    delete(staff, TASKS, gone)
    staff.get("/admin/")  # shows the message about the deletion

    page = staff.get("/admin/").content.decode()

    assert page.count(f'<a href="{TASKS}{milk.pk}/change/">Buy rye</a>') == 2
    assert f"Task {gone.pk}" in page
    assert "Buy oats" not in page
    assert "Feed the cat" not in page


@pytest.mark.parametrize("count", [2, 10])
def test_the_index_costs_a_fixed_number_of_queries(
    staff, root, alice, count, django_assert_num_queries
):
    tasks = [Task.objects.create(owner=alice, title=f"Task {n}") for n in range(count)]
    LogEntry.record(root, [*tasks, alice], 2, "Changed.")
    staff.get("/admin/")  # Django caches the content types

    # The session, the user, the totals; the latest actions with their tasks and users.
    with django_assert_num_queries(6):
        staff.get("/admin/")


def test_a_long_history_has_pages(staff, root, milk):
    LogEntry.record(root, [milk] * 101, 2, "Changed.")

    first = staff.get(f"{TASKS}{milk.pk}/history/").content.decode()
    second = staff.get(f"{TASKS}{milk.pk}/history/?p=2").content.decode()

    assert (first.count("Changed."), second.count("Changed.")) == (100, 1)
    assert 'href="?p=2"' in first


@pytest.mark.parametrize("text", ["", "two\r\nlines"])
def test_saving_without_changes_adds_no_entry(staff, milk, text):
    milk.change({"description": text})

    change(staff, milk, description=text)

    assert not LogEntry.objects.exists()
