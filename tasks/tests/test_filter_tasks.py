from datetime import date, time

import pytest
from django.utils import timezone

from tasks.models import Task
from todo_project.api import filters

URL = "/api/tasks"
TODAY = date(2026, 6, 15)


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    """The time is 15 June, 12:00 UTC."""
    noon = timezone.datetime(2026, 6, 15, 12, 0, tzinfo=timezone.get_default_timezone())
    monkeypatch.setattr(timezone, "now", lambda: noon)


@pytest.fixture(autouse=True)
def tasks(alice):
    def make(title, **fields):
        return Task.objects.create(owner=alice, title=title, **fields)

    make("someday")
    make("done someday", completed=True)
    make("yesterday", due_date=date(2026, 6, 14), priority=1)
    make("done yesterday", due_date=date(2026, 6, 14), completed=True)
    make("today", due_date=TODAY, priority=2)
    make("this morning", due_date=TODAY, due_time=time(11, 59), priority=3)
    make("at noon", due_date=TODAY, due_time=time(12, 0))
    make("tomorrow", due_date=date(2026, 6, 16), priority=3)


def titles(client, query):
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 200, response.content
    return {task["title"] for task in response.json()}


TODAYS = {"today", "this morning", "at noon"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=completed", {"done someday", "done yesterday"}),
        ("status=pending", {"someday", "yesterday", "tomorrow"} | TODAYS),
        ("status=all&due=none", {"someday", "done someday"}),
        ("due=any", {"yesterday", "done yesterday", "tomorrow"} | TODAYS),
        ("due=today", TODAYS),
        ("due=overdue", {"yesterday", "this morning"}),
        ("due=upcoming", {"tomorrow"}),
        ("priority=high", {"this morning", "tomorrow"}),
        ("priority=low,medium", {"yesterday", "today"}),
        ("priority=low&priority=medium", {"yesterday", "today"}),
        ("priority=none&due=none", {"someday", "done someday"}),
        ("due_after=2026-06-16", {"tomorrow"}),
        ("due_before=2026-06-14", {"yesterday", "done yesterday"}),
        ("due_after=2026-06-15&due_before=2026-06-15", TODAYS),
        ("due_after=2026-06-16&due_before=2026-06-15", set()),
        ("due=overdue&status=completed", set()),
        ("completed_after=2026-06-15", {"done someday", "done yesterday"}),
        ("completed_after=2026-06-16", set()),
        ("completed_before=2026-06-14", set()),
        ("completed_before=2026-06-15&due=any", {"done yesterday"}),
        ("completed_before=2026-06-15&status=pending", set()),
        ("status=pending&due=any&priority=high&due_before=2026-06-15", {"this morning"}),
    ],
)
def test_filters_combine(alice_client, query, expected):
    assert titles(alice_client, query) == expected


@pytest.mark.parametrize(
    ("query", "parameter", "allowed"),
    [
        ("status=open", "status", "all, pending, completed"),
        ("status=", "status", "value"),
        ("status=Pending", "status", "all, pending, completed"),
        ("status=pending%00", "status", "all, pending, completed"),
        ("status=all&status=all", "status", "once"),
        ("sort=owner", "sort", "created, -created, updated"),
        ("sort=--title", "sort", "created, -created, updated"),
        ("sort=title,", "sort", "one comma"),
        ("sort=,", "sort", "one comma"),
        ("sort=title,-title", "sort", "once"),
        ("sort=", "sort", "value"),
        ("priority=4", "priority", "none, low, medium, high"),
        ("priority=low,,high", "priority", "one comma"),
        ("priority=low,low", "priority", "once"),
        ("priority=%D9%A1", "priority", "none, low, medium, high"),
        ("due=soon", "due", "none, any, today, overdue, upcoming"),
        ("due_after=tomorrow", "due_after", "YYYY-MM-DD"),
        ("due_after=2026-1-5", "due_after", "YYYY-MM-DD"),
        ("due_after=%20%202026-01-05%20", "due_after", "YYYY-MM-DD"),
        ("due_after=%D9%A2%D9%A0%D9%A2%D9%A6-01-01", "due_after", "YYYY-MM-DD"),
        ("due_after=20260105", "due_after", "YYYY-MM-DD"),
        ("due_after=2026-02-30", "due_after", "no such date"),
        ("priority=low&priority=low", "priority", "once"),
        ("priority=low&priority=", "priority", "value"),
        ("due_after=2026-06-15%00", "due_after", "YYYY-MM-DD"),
        ("due_before=0001-01-01", "due_before", "1970-01-01"),
        ("due_before=9999-12-31", "due_before", "9998-12-31"),
        ("due_before=99999999999999999999", "due_before", "YYYY-MM-DD"),
        ("completed_after=2026-1-5", "completed_after", "YYYY-MM-DD"),
        ("completed_after=2026-02-30", "completed_after", "no such date"),
        ("completed_after=1969-12-31", "completed_after", "1970-01-01"),
        ("completed_before=9999-01-01", "completed_before", "9998-12-31"),
        ("completed_before=2026-01-01&completed_before=2026-01-01", "completed_before", "once"),
        ("page_size=0", "page_size", "1 to 200"),
        ("page_size=201", "page_size", "1 to 200"),
        ("page_size=-1", "page_size", "1 to 200"),
        ("page_size=%D9%A1", "page_size", "1 to 200"),
        ("page_size=1e2", "page_size", "1 to 200"),
        (
            "page=2",
            "page",
            "status, priority, due, due_after, due_before, completed_after, completed_before, "
            "project, parent, tag, search, sort, page_size, cursor",
        ),
        ("format=json", "format", "status"),
        ("owner=1", "owner", "status"),
        ("%00=1", "\0", "status"),
    ],
)
def test_it_rejects_invalid_parameters_and_lists_the_valid_ones(
    alice_client, query, parameter, allowed
):
    response = alice_client.get(f"{URL}?{query}")

    assert response.status_code == 400
    error = response.json()["errors"][0]
    assert error["field"] == parameter
    assert allowed in error["detail"]


def test_short_values_are_validated_once(alice_client, monkeypatch):
    monkeypatch.setattr(filters, "CACHED_LENGTH", 5)
    filters.clean_once.cache_clear()

    for value in ("today", "today", "morning"):
        assert titles(alice_client, f"search={value}")

    assert filters.clean_once.cache_info()[:2] == (1, 1)  # hits and misses
