"""All writes of tasks and projects use `write()`: by the API, the admin and commands."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Tombstone, User
from projects.models import Project
from tasks.models import Task
from todo_project.tests.test_matrix import EXPECTED

SAFE = {"GET", "HEAD", "OPTIONS"}
API = [
    ("POST", "/api/tasks", {"title": "Buy tea"}),
    ("PUT", "/api/tasks/{id}", {"title": "Buy tea"}),
    ("PATCH", "/api/tasks/{id}", {"title": "Buy tea", "priority": "high"}),
    ("PATCH", "/api/tasks/{id}", {"title": "Buy milk"}),
    ("PATCH", "/api/tasks/{id}", {"title": ""}),
    ("DELETE", "/api/tasks/{id}", None),
    ("PATCH", "/api/tasks/{id}/complete", {}),
    ("PATCH", "/api/tasks/{id}/complete", {"completed": False}),
    ("PATCH", "/api/tasks/{id}", {"project": None}),
    ("PATCH", "/api/tasks/{id}/position", {"before": None}),
    ("PATCH", "/api/tasks/{id}/position", {"after": None}),
    ("PATCH", "/api/tasks/{repeating}", {"completed": True}),
    ("PATCH", "/api/tasks/{repeating}/complete", {"completed": True, "occurrence": 2}),
    ("PATCH", "/api/tasks/{repeating}/complete", {"completed": True, "occurrence": 1}),
    ("PATCH", "/api/tasks/{repeating}/complete", {"completed": False, "occurrence": 1}),
    ("POST", "/api/tasks/preview", {"due_date": "2026-12-01", "repeat": "FREQ=DAILY"}),
    ("POST", "/api/tasks/{id}/restore", None),
    ("POST", "/api/tasks/{trashed}/restore", None),
    ("POST", "/api/tasks/bulk", {"operations": [{"op": "complete", "id": "{id}"}]}),
    ("POST", "/api/tasks/bulk", {"operations": [{"op": "reopen", "id": "{id}"}]}),
    ("PATCH", "/api/tags/{tag}", {"name": "home"}),
    ("DELETE", "/api/tags/{tag}", None),
    ("DELETE", "/api/trash", None),
    ("DELETE", "/api/trash/{trashed}", None),
    ("POST", "/api/projects", {"name": "Work"}),
    ("PUT", "/api/projects/{project}", {"name": "Work"}),
    ("PATCH", "/api/projects/{project}", {"archived": True}),
    ("PATCH", "/api/projects/{project}", {"name": "Home"}),
    ("PATCH", "/api/projects/{project}/position", {"before": None}),
    ("DELETE", "/api/projects/{project}", None),
    ("DELETE", "/api/projects/{project}?tasks=trash", None),
]
PROJECTS = "/admin/projects/project/"
ADMIN = "/admin/tasks/task/"
STAFF = [
    (f"{ADMIN}add/", {"owner": "{owner}", "title": "x", "priority": 0, "etag": '"None-0"'}),
    (f"{ADMIN}{{id}}/change/", {"title": "Buy tea", "priority": 0, "etag": "{etag}"}),
    (f"{ADMIN}{{id}}/change/", {"title": "Buy milk", "priority": 0, "etag": "{etag}"}),
    (f"{ADMIN}{{id}}/delete/", {"post": "yes"}),
    *[
        (ADMIN, {"action": action, "_selected_action": "{id}", "post": "yes"})
        for action in ["complete", "reopen", "discard", "restore", "delete_selected"]
    ],
    (ADMIN, {"action": "complete", "_selected_action": "{repeating}", "post": "yes"}),
    (f"{ADMIN}?trash=yes", {"action": "restore", "_selected_action": "{trashed}"}),
    (f"{PROJECTS}add/", {"owner": "{owner}", "name": "Work"}),
    (f"{PROJECTS}{{project}}/change/", {"name": "Work"}),
    (f"{PROJECTS}{{project}}/change/", {"name": "Home"}),
    (f"{PROJECTS}{{project}}/delete/", {"post": "yes"}),
    (PROJECTS, {"action": "delete_selected", "_selected_action": "{project}", "post": "yes"}),
]


@pytest.fixture
def trashed(alice):
    task = Task.objects.create(owner=alice, title="Buy rye")
    task.change({"deleted_at": timezone.now()})
    return task


@pytest.fixture
def fill(alice, milk, trashed, home):
    """Inserts the ids of tasks and projects into a path or body."""
    milk.change({"tags": ["shop"], "project": home})
    rent = Task.objects.create(
        owner=alice, title="Rent", due_date="2026-12-01", repeat="FREQ=MONTHLY;BYMONTHDAY=1"
    )
    rent.refresh_from_db()
    rent.change({"completed": True})
    Task.objects.create(owner=alice, title="Find the bottles", project=home, parent=milk)
    Task.objects.create(owner=alice, title="Pay", parent=rent)
    known = {"id": milk.pk, "trashed": trashed.pk, "owner": alice.pk, "etag": milk.etag}
    known |= {"tag": "shop", "project": home.pk, "repeating": rent.pk}

    def fill(value):
        if isinstance(value, dict):
            return {name: fill(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [fill(inner) for inner in value]
        if isinstance(value, str) and value.strip("{}") in known and value.startswith("{"):
            return known[value.strip("{}")]
        return value.format(**known) if isinstance(value, str) and "/" in value else value

    return fill


@pytest.fixture
def numbered(alice):
    """Checks that a call takes one number and that all rows it changes have this number."""

    def check(call):
        before, counter = rows(), counter_of(alice)
        statements = []

        def note(execute, sql, *rest):
            statements.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            call()
        after = rows()
        changed = [row for pk, row in after.items() if before.get(pk) != row]
        gone = before.keys() - after.keys()
        assert counter_of(alice) == counter + bool(changed or gone)
        assert {row["revision"] for row in changed} <= {counter + 1}
        assert {*Tombstone.objects.values_list("kind", "object_id", "revision")} == {
            (*key, counter + 1) for key in gone
        }
        assert_locked_first(statements)

    return check


def rows():
    """The rows of tasks and projects by model and id."""
    return {
        (model._meta.model_name, row["id"]): row
        for model in (Task, Project)
        for row in model.objects.values()
    }


def counter_of(user):
    return User.objects.get(pk=user.pk).revision


def assert_locked_first(statements):
    """Checks that no statement writes tasks or projects before a number is taken."""
    locked = False
    for sql in statements:
        locked |= sql.startswith('UPDATE "accounts_user" SET revision = revision + 1')
        named = '"tasks_task"' in sql or '"projects_project"' in sql
        writes = named and sql.startswith(("INSERT", "UPDATE", "DELETE"))
        assert locked or not writes, sql


@pytest.mark.parametrize(("method", "path", "body"), API)
def test_an_api_call_is_one_write(alice_client, fill, numbered, method, path, body):
    path, body = fill(path), fill(body)

    numbered(lambda: getattr(alice_client, method.lower())(path, body))


def test_every_unsafe_api_call_is_tested():
    unsafe = {
        (method, route)
        for route, methods in EXPECTED.items()
        if route.startswith(("/api/t", "/api/projects"))
        for method in methods.keys() - SAFE
    }

    tested = {(method, path.partition("?")[0]) for method, path, _ in API}

    assert {
        (method, re.sub("{trashed}|{project}|{repeating}", "{id}", path)) for method, path in tested
    } == (unsafe)


@pytest.mark.parametrize(("path", "form"), STAFF)
def test_an_admin_call_is_one_write(staff, fill, numbered, path, form):
    path, form = fill(path), {"index": "0", **fill(form)}

    numbered(lambda: staff.post(path, form))


def test_the_daily_command_is_one_write(trashed, numbered):
    trashed.change({"deleted_at": timezone.now().replace(year=2020)})

    numbered(lambda: call_command("clear_expired"))


def test_seeded_tasks_have_a_number(db):
    call_command("seed", "--users", "2", "--tasks", "3", "--no-password", verbosity=0)

    assert {*User.objects.values_list("revision", flat=True)} == {1}
    assert {*Task.objects.values_list("revision", flat=True)} == {1}


WRITES = {
    *["save", "delete", "update", "create", "bulk_create", "bulk_update", "get_or_create"],
    *["update_or_create", "_raw_delete", "save_base", "raw"],
}


def writes_of(path):
    """The source text of the calls in a module that may write tasks or projects."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            text = ast.unparse(node.func)
            by_path = text.startswith(("writing.", "self.writing.", "w."))
            named = "ask" in text or "roject" in text
            if node.func.attr in WRITES and named and not by_path:
                yield f"{path.name}: {text}"


def test_all_code_writes_tasks_through_write():
    names = ("accounts", "projects", "tasks", "todo_project")
    folders = [settings.BASE_DIR / name for name in names]
    modules = [path for folder in folders for path in Path(folder).rglob("*.py")]

    found = [
        call
        for path in modules
        if not {"tests", "migrations"} & {*path.parts}
        for call in writes_of(path)
    ]

    assert found == []
