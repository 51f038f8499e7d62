from datetime import date, timedelta

import pytest

from tasks.models import Task

URL = "/api/tasks"


@pytest.fixture(autouse=True)
def tasks(alice):
    """Tasks created in the order b, a, É, c, d and changed in reverse order."""
    rows = [
        ("b", date(2026, 6, 2), 0),
        ("A", None, 3),
        ("É", date(2026, 6, 1), 1),
        ("c", date(2026, 6, 2), 3),
        ("B", None, 2),
    ]
    start = alice.date_joined
    Task.objects.bulk_create(
        Task(
            owner=alice,
            title=title,
            due_date=due,
            priority=priority,
            created_at=start + timedelta(seconds=n),
            updated_at=start + timedelta(minutes=9 - n),
        )
        for n, (title, due, priority) in enumerate(rows)
    )


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("created", "bAÉcB"),
        ("-created", "BcÉAb"),
        ("updated", "BcÉAb"),
        ("-updated", "bAÉcB"),
        ("title", "AbBcÉ"),  # by code point of the case-folded title; ties by id
        ("-title", "ÉcBbA"),
        ("due_date", "ÉbcAB"),  # without a date: last
        ("-due_date", "cbÉBA"),  # also last here
        ("priority", "bÉBAc"),
        ("-priority", "cABÉb"),
        ("-priority,due_date", "cABÉb"),
        ("-priority,-due_date", "cABÉb"),
        ("due_date,-title", "ÉcbBA"),
        ("-due_date,title", "bcÉAB"),
        ("priority,updated", "bÉBcA"),
    ],
)
def test_it_sorts_tasks(alice_client, sort, expected):
    response = alice_client.get(f"{URL}?sort={sort}")

    assert "".join(task["title"] for task in response.json()) == expected
