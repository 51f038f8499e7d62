"""Files of any size need the memory of one batch of rows."""

import gc
import tracemalloc
from datetime import date

import pytest

from exchange.calendars import write_calendar
from exchange.documents import write_document
from tasks.models import Task


def peak_of(parts):
    """The most memory that was in use while the parts were made, in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        for _ in parts:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def make_tasks(owner, first, last):
    tasks = (
        Task(
            owner=owner,
            title=f"Task {n}",
            due_date=date(2026, 12, 1),
            position=f"b{n:05d}1",
            revision=n,
            updated_at=owner.date_joined,
        )
        for n in range(first, last)
    )
    Task.objects.bulk_create(tasks, batch_size=500)  # PostgreSQL has a limit on parameters


@pytest.mark.parametrize("write", [write_document, lambda user: write_calendar(user, "event")])
def test_three_times_the_tasks_need_no_more_memory(alice, monkeypatch, write):
    monkeypatch.setattr("exchange.batches.ROWS", 50)
    make_tasks(alice, 0, 1500)
    list(write(alice))  # fills caches
    before = peak_of(write(alice))

    make_tasks(alice, 1500, 4500)

    assert peak_of(write(alice)) < 1.5 * before
