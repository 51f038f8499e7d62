"""Tests in which every request needs its own transaction."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tasks.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("options", "", 200),
        ("get", "", 200),
        ("put", "", 200),
        ("patch", "", 200),
        ("patch", "/complete", 200),
        ("delete", "", 204),
    ],
)
def test_every_call_opens_its_own_transaction(alice_client, milk, method, path, status):
    body = {"title": "Buy oats"} if method in ("put", "patch") else None

    response = getattr(alice_client, method)(f"/api/tasks/{milk.pk}{path}", body)

    assert response.status_code == status


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks the whole database")
@pytest.mark.parametrize(
    ("method", "path"), [("put", ""), ("patch", ""), ("patch", "/complete"), ("delete", "")]
)
def test_a_writer_locks_the_row(alice_client, milk, method, path):
    """At once or, as here, after the counter was found to have changed."""
    with CaptureQueriesContext(connection) as queries:
        getattr(alice_client, method)(f"/api/tasks/{milk.pk}{path}", {"title": "Buy oats"})

    statements = [query["sql"] for query in queries]
    start = statements.index("BEGIN")
    assert statements[start + 1].startswith('UPDATE "accounts_user" SET revision')
    assert statements[start + 2].endswith('FOR UPDATE OF "tasks_task"')
    assert statements[-1] == "COMMIT"
    assert sum("FOR UPDATE" in statement for statement in statements) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks the whole database")
def test_the_admin_locks_the_row(client, milk):
    client.force_login(User.objects.create_superuser("root@example.com"))
    form = {"title": "Buy oats", "priority": "0", "etag": milk.etag}

    with CaptureQueriesContext(connection) as queries:
        client.post(f"/admin/tasks/task/{milk.pk}/change/", form)

    locks = [query["sql"] for query in queries if "FOR UPDATE" in query["sql"]]
    assert [lock.split('FROM "')[1].split('"')[0] for lock in locks] == [
        "accounts_user",  # the owner first, as in all writes
        "tasks_task",
    ]
    milk.refresh_from_db()
    assert (milk.title, milk.revision) == ("Buy oats", 2)


def test_many_writers_wait_for_each_other(alice, alice_client, at_once):
    """With WAL but no other setting, SQLite would fail with "database is locked"."""
    tasks = [Task.objects.create(owner=alice, title=f"Task {n}") for n in range(8)]

    def write(n):
        url = f"/api/tasks/{tasks[n].pk}"
        return {alice_client.patch(url, {"title": f"Title {k}"}).status_code for k in range(20)}

    assert at_once(8, write) == [{200}] * 8


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks the whole database")
def test_an_action_locks_rows_in_the_order_of_their_ids(client, alice, milk):
    client.force_login(User.objects.create_superuser("root@example.com"))
    form = {"action": "complete", "index": "0", "_selected_action": [milk.pk]}

    with CaptureQueriesContext(connection) as queries:
        client.post("/admin/tasks/task/?q=alice@", form)

    statements = [query["sql"] for query in queries]
    (lock,) = [statement for statement in statements if "FOR UPDATE" in statement]
    assert lock.endswith('ORDER BY "tasks_task"."id" ASC FOR UPDATE OF "tasks_task"')
    within = statements[statements.index("BEGIN") : statements.index("COMMIT")]
    assert [lock] == [statement for statement in within if "FOR UPDATE" in statement]
    counter, update = [statement for statement in within if statement.startswith("UPDATE")]
    assert counter.startswith('UPDATE "accounts_user" SET revision')
    assert within.index(counter) < within.index(lock) < within.index(update)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks the whole database")
def test_a_deletion_is_stored_together_with_its_history(client, milk):
    client.force_login(User.objects.create_superuser("root@example.com"))
    form = {"action": "delete_selected", "index": "0", "_selected_action": [milk.pk], "post": "yes"}

    with CaptureQueriesContext(connection) as queries:
        client.post("/admin/tasks/task/", form)

    statements = [query["sql"] for query in queries]
    within = statements[statements.index("BEGIN") : statements.index("COMMIT")]
    for write in ('INSERT INTO "todo_project_logentry"', 'DELETE FROM "tasks_task"'):
        assert sum(statement.startswith(write) for statement in within) == 1
