"""On PostgreSQL, at 100,000 tasks of one owner, the orders that have an index are read from it."""

from datetime import date, timedelta

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
        now = owner.date_joined
        Task.objects.bulk_create(
            (
                Task(
                    owner=owner if n < 100_000 else other,
                    title=f"Task {n % 1000}",
                    due_date=date(2026, 1, 1) + timedelta(days=n % 300) if n % 2 else None,
                    completed_at=now if n % 3 else None,
                    created_at=now - timedelta(seconds=n),
                    updated_at=now,
                )
                for n in range(110_000)
            ),
            batch_size=5000,
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
