"""What only shows when every request has a transaction of its own."""

import pytest
from django.db import connection

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
def test_every_call_works_outside_a_transaction_of_the_test(
    alice_client, milk, method, path, status
):
    body = {"title": "Buy oats"} if method in ("put", "patch") else None

    response = getattr(alice_client, method)(f"/api/tasks/{milk.pk}{path}", body)

    assert response.status_code == status


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks the whole database")
def test_a_writer_locks_the_row(alice_client, milk, django_assert_num_queries):
    with django_assert_num_queries(4) as queries:  # begin, task under lock, update, commit
        alice_client.patch(f"/api/tasks/{milk.pk}", {"title": "Buy oats"})

    assert sum("FOR UPDATE" in query["sql"] for query in queries) == 1


def test_many_writers_wait_for_each_other(alice, alice_client, at_once):
    """With WAL alone SQLite would tell some of them that the database is locked."""
    tasks = [Task.objects.create(owner=alice, title=f"Task {n}") for n in range(8)]

    def write(n):
        url = f"/api/tasks/{tasks[n].pk}"
        return {alice_client.patch(url, {"title": f"Title {k}"}).status_code for k in range(20)}

    assert at_once(8, write) == [{200}] * 8
