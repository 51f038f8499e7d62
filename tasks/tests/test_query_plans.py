"""On PostgreSQL, at 100,000 tasks of one owner, the orders that have an index are read from it."""

import pytest
from django.db import connection

from accounts.models import User
from tasks.models import Task
from todo_project.pagination import beyond

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="the plans are PostgreSQL's"
)

SORTS = ["created", "-created", "due_date", "-due_date", "title", "-title"]


@pytest.fixture(scope="module")
def crowd(django_db_setup, django_db_blocker):
    """An owner of 100,000 tasks, beside another of 10,000; undone afterwards."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        owner, other = (User.objects.create_user(f"crowd{n}@example.com") for n in range(2))
        cursor.execute(
            """
            INSERT INTO tasks_task (owner_id, title, title_key, description, priority, due_date,
                                    completed_at, created_at, updated_at)
            SELECT CASE WHEN n < 100000 THEN %s ELSE %s END,
                   'T' || n %% 1000, 't' || n %% 1000, '', n %% 4,
                   CASE WHEN n %% 2 = 0 THEN date '2026-01-01' + n %% 300 END,
                   CASE WHEN n %% 3 = 0 THEN now() END,
                   now() - n * interval '1 second', now()
            FROM generate_series(0, 109999) n
            """,
            [owner.pk, other.pk],
        )
        cursor.execute("ANALYZE tasks_task")
        yield owner
        cursor.execute("DELETE FROM tasks_task; DELETE FROM accounts_user; ANALYZE tasks_task")


@pytest.mark.parametrize("status", ["all", "pending", "completed"])
@pytest.mark.parametrize("sort", SORTS)
def test_an_index_gives_the_order(db, crowd, sort, status):
    tasks = Task.objects.filter(owner=crowd).sorted_by(sort)
    tasks = {"all": tasks, "pending": tasks.pending(), "completed": tasks.completed()}[status]

    plan = tasks[:101].explain()

    assert "Index Scan" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("sort", SORTS)
def test_a_page_far_in_begins_in_the_index(db, crowd, sort):
    tasks = Task.objects.filter(owner=crowd).sorted_by(sort)
    order = tasks.query.order_by
    row = tasks[90_000]
    position = [getattr(row, name.removeprefix("-")) for name in order]

    plan = tasks.filter(beyond(order, position))[:101].explain()

    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "ROW(" in condition
    assert "Filter" not in plan
    assert "Sort" not in plan
