import csv
import io
import re

import pytest
from django.contrib.auth.models import Permission

from accounts.models import Tombstone, User
from tasks import admin, exports
from tasks.models import Task
from todo_project.admin import change_lists
from todo_project.models import LogEntry

URL = "/admin/tasks/task/"


def run(client, action, *tasks, query="", **fields):
    selected = [task.pk for task in tasks]
    form = {"action": action, "index": "0", "_selected_action": selected, **fields}
    return client.post(URL + query, form, follow=True)


def run_across(client, action, task, query=""):
    return run(client, action, task, query=query, select_across="1")


@pytest.fixture
def helper(client, alice):
    """Gives a browser of a staff user with only these permissions."""

    def sign_in(*codenames):
        user = User.objects.create_user("helper@example.com", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return client

    return sign_in


def test_it_completes_tasks(staff, milk):
    page = run(staff, "complete", milk).content.decode()

    after = Task.objects.get()
    assert after.completed
    assert (after.revision, after.updated_at) == (2, after.completed_at)
    assert after.updated_at > milk.updated_at
    assert "1 task completed." in page


def test_it_reopens_tasks(staff, milk):
    milk.change({"completed": True})

    page = run(staff, "reopen", milk).content.decode()

    after = Task.objects.get()
    assert (after.completed, after.revision) == (False, 3)
    assert after.updated_at > milk.updated_at
    assert "1 task reopened." in page


@pytest.mark.parametrize(("action", "done"), [("complete", "completed"), ("reopen", "reopened")])
def test_it_does_not_change_tasks_that_are_already_so(staff, milk, action, done):
    milk.change({"completed": action == "complete"})
    before = Task.objects.values().get()

    page = run(staff, action, milk).content.decode()

    assert Task.objects.values().get() == before
    assert not LogEntry.objects.exists()
    assert f"0 tasks {done}." in page


def test_the_history_names_the_user(staff, alice, milk):
    oats = Task.objects.create(owner=alice, title="Buy oats")
    run(staff, "complete", milk, oats)
    run(staff, "reopen", milk)

    page = staff.get(f"{URL}{milk.pk}/history/").content.decode()

    entries = LogEntry.objects.order_by("pk")
    assert [(entry.object_repr, entry.change_message) for entry in entries] == [
        ("Buy milk", "Completed."),
        ("Buy oats", "Completed."),
        ("Buy milk", "Reopened."),
    ]
    assert page.index("Completed.") < page.index("Reopened.")
    assert "root@example.com" in page


def test_it_completes_all_tasks_of_a_filtered_list(staff, alice, bob):
    for n in range(60):
        Task.objects.create(owner=bob, title=f"Task {n}")
    first = Task.objects.create(owner=alice, title="Buy milk")

    run_across(staff, "complete", first, f"?owner={bob.pk}")

    assert set(bob.tasks.values_list("revision", flat=True)) == {61}
    assert bob.tasks.completed().count() == LogEntry.objects.count() == 60
    assert not alice.tasks.completed().exists()


@pytest.mark.parametrize("action", ["complete", "delete_selected"])
def test_it_rejects_too_many_selected_tasks(staff, alice, milk, monkeypatch, action):
    monkeypatch.setattr(admin, "MOST", 1)
    monkeypatch.setattr(change_lists, "MAX_SELECTED", 1)
    Task.objects.create(owner=alice, title="Buy oats")

    page = run_across(staff, action, milk).content.decode()

    assert "Select at most 1. Nothing was changed." in page
    assert Task.objects.pending().count() == 2
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("count", [2, 40])
def test_it_costs_a_fixed_number_of_queries(staff, alice, django_assert_num_queries, count):
    tasks = [Task.objects.create(owner=alice, title=f"Task {n}") for n in range(count)]
    form = {"action": "complete", "index": "0", "_selected_action": [task.pk for task in tasks]}
    for action in ("complete", "reopen"):  # Django caches the content type
        staff.post(URL, {**form, "action": action})

    # The session, the user, the keys of the list, the number of selected rows; a savepoint and its
    # release, between them the owners, the counter of the owner, the locked rows, their subtasks,
    # the update and the history. The message is stored in a cookie.
    with django_assert_num_queries(12):
        staff.post(URL, form)

    assert not Task.objects.pending().exists()


def test_it_deletes_tasks_and_records_it(staff, milk):
    asked = run(staff, "delete_selected", milk).content.decode()
    kept = Task.objects.count()

    run(staff, "delete_selected", milk, post="yes")

    assert "Are you sure" in asked
    assert (kept, Task.objects.count()) == (1, 0)
    assert LogEntry.objects.get().object_repr == f"Task {milk.pk}"


def test_it_moves_tasks_to_the_trash_and_restores_them(staff, alice, milk):
    page = run(staff, "discard", milk).content.decode()
    trashed = Task.objects.get()
    run(staff, "restore", milk, query="?trash=yes")

    restored = Task.objects.get()
    assert "1 task put in the trash." in page
    assert (trashed.deleted_at is None, restored.deleted_at) == (False, None)
    assert (trashed.revision, restored.revision) == (2, 3)
    assert restored.updated_at == milk.updated_at
    messages = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(messages) == ["Put in the trash.", "Restored."]


def test_it_restores_subtrees_whatever_was_made_first(staff, alice, milk):
    oats = Task.objects.create(owner=alice, title="Buy oats")
    shop = Task.objects.create(owner=alice, title="Go to the shop")
    oats.change({"parent": shop})
    milk.change({"parent": oats})
    run(staff, "discard", milk)
    run(staff, "discard", shop)

    run(staff, "restore", milk, oats, shop, query="?trash=yes")

    tasks = Task.objects.live().order_by("depth")
    assert [(task.title, task.parent_id) for task in tasks] == [
        ("Go to the shop", None),
        ("Buy oats", shop.pk),
        ("Buy milk", oats.pk),
    ]


def test_a_deleted_task_leaves_a_tombstone(staff, alice, bob, milk):
    oats = Task.objects.create(owner=bob, title="Buy oats")

    run(staff, "delete_selected", milk, oats, post="yes")
    rye = Task.objects.create(owner=alice, title="Buy rye")
    staff.post(f"{URL}{rye.pk}/delete/", {"post": "yes"})

    found = Tombstone.objects.order_by("pk").values_list("owner", "object_id", "revision")
    assert list(found) == [(alice.pk, milk.pk, 2), (bob.pk, oats.pk, 2), (alice.pk, rye.pk, 4)]


@pytest.mark.parametrize(("query", "titles"), [("", ["Buy milk"]), ("?trash=yes", ["Buy rye"])])
def test_the_trash_is_a_filter(staff, alice, milk, query, titles):
    Task.objects.create(owner=alice, title="Buy rye").change({"deleted_at": milk.created_at})

    found = staff.get(f"{URL}{query}").context["cl"].result_list

    assert [task.title for task in found] == titles


def exported(response):
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="tasks.csv"'
    text = b"".join(response.streaming_content).decode()
    assert text[0] == "\ufeff"  # so that Excel reads the file as UTF-8
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def test_it_exports_tasks(staff, alice):
    task = Task.objects.create(
        owner=alice,
        title='Buy "Müsli", milk',
        description="two\nlines",
        priority=3,
        due_date="2026-12-01",
        due_time="10:30",
        tags=["home", "5 min"],
    )

    header, row = exported(run(staff, "export_as_csv", task))

    assert dict(zip(header, row, strict=True)) == {
        "id": str(task.pk),
        "owner": "alice@example.com",
        "title": 'Buy "Müsli", milk',
        "description": "two\nlines",
        "priority": "High",
        "due_date": "2026-12-01",
        "due_time": "10:30:00",
        "repeat_from": "due",
        "occurrence": "1",
        "tags": "home, 5 min",
        **dict.fromkeys(["repeat", "project", "parent", "completed_at"], ""),
        "created_at": str(task.created_at),
        "updated_at": str(task.updated_at),
    }


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_it_escapes_formulas_in_an_export(staff, alice, begin):
    text = f"{begin}HYPERLINK(1)"
    task = Task.objects.create(owner=alice, title=f"x{text}", description=text)

    _, row = exported(run(staff, "export_as_csv", task))

    assert row[2:4] == [f"x{text}", f"'{text}"]


@pytest.mark.parametrize(
    "text",
    [
        "Buy milk{}=1+1",
        "Buy milk{} =1+1",
        'Buy milk{}"=1+1"',
        "Buy milk{}\u00a0'\"@SUM(1)",
        "a{0}b{0}{0}-1{0}＋1",
        '"{}=1+1',
        "'{}+1",
        " =1{}1",
        '"=1{}1',
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "|", "\t", "\n", "\r\n"])
def test_separators_in_a_text_make_no_formula(staff, alice, text, separator):
    text = text.format(separator)
    task = Task.objects.create(owner=alice, title=f"x{text}", description=text)

    response = run(staff, "export_as_csv", task)

    content = b"".join(response.streaming_content).decode()
    cells = re.split(f"[{separator}\r\n]", content)
    assert not [cell for cell in cells if re.match('[\\s"]*[=+@＝＋－＠-]', cell)]


@pytest.mark.parametrize("text", ["2 + 2 = 4", "a-b; c", "ann@example.com, bob@example.com"])
def test_other_texts_are_exported_unchanged(staff, alice, text):
    task = Task.objects.create(owner=alice, title="x", description=text)

    _, row = exported(run(staff, "export_as_csv", task))

    assert row[3] == text


def test_it_exports_all_pages_in_batches(staff, alice, bob, milk, monkeypatch):
    monkeypatch.setattr(exports, "BATCH", 20)
    for n in range(60):
        Task.objects.create(owner=bob, title=f"Task {n}")

    response = run_across(staff, "export_as_csv", milk, "?q=bob@")

    assert response.streaming
    _, *rows = exported(response)
    assert [row[2] for row in rows] == [f"Task {n}" for n in range(60)]


def test_users_with_view_permission_can_only_export(helper, milk):
    viewer = helper("view_task")
    choices = viewer.get(URL).context["action_form"].fields["action"].choices

    run(viewer, "complete", milk)
    run(viewer, "delete_selected", milk, post="yes")
    forged = viewer.post(f"{URL}{milk.pk}/change/", {"title": "Buy oats"})

    assert [name for name, _ in choices] == ["", "export_as_csv"]
    assert forged.status_code == 403
    assert Task.objects.get().revision == 1
    assert len(exported(run(viewer, "export_as_csv", milk))) == 2


def test_users_without_view_permission_cannot_export(helper, milk):
    assert run(helper("add_task", "delete_task"), "export_as_csv", milk).status_code == 403


def test_users_with_change_permission_can_complete_but_not_delete(helper, milk):
    editor = helper("change_task")

    run(editor, "complete", milk)
    run(editor, "delete_selected", milk, post="yes")

    assert Task.objects.get().completed


@pytest.mark.parametrize("key", ["abc", "\x00", "9" * 23])
@pytest.mark.parametrize("action", ["complete", "export_as_csv"])
def test_an_invalid_key_is_rejected(staff, milk, key, action):
    page = staff.post(URL, {"action": action, "_selected_action": [milk.pk, key]}, follow=True)

    assert "The selection is invalid." in page.content.decode()
    assert not Task.objects.get().completed
