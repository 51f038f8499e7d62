"""Two owners in distant time zones at the same instant."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from tasks.models import Task

# It is Tuesday the 16th, 00:30, in Kiritimati and Monday the 15th, 03:30, in Los Angeles.
NOW = datetime(2026, 6, 15, 10, 30, tzinfo=UTC)
SUNDAY, MONDAY, TUESDAY = date(2026, 6, 14), date(2026, 6, 15), date(2026, 6, 16)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture(params=["Pacific/Kiritimati", "America/Los_Angeles"])
def zone(request, alice):
    alice.timezone = request.param
    for title, day, at in [
        ("sunday", SUNDAY, None),
        ("monday", MONDAY, None),
        ("monday 03:29", MONDAY, time(3, 29)),
        ("monday 03:31", MONDAY, time(3, 31)),
        ("tuesday", TUESDAY, None),
        ("tuesday 00:29", TUESDAY, time(0, 29)),
        ("tuesday 00:31", TUESDAY, time(0, 31)),
    ]:
        Task.objects.create(owner=alice, title=title, due_date=day, due_time=at)
    return request.param


MONDAYS = {"monday", "monday 03:29", "monday 03:31"}
TUESDAYS = {"tuesday", "tuesday 00:29", "tuesday 00:31"}
EXPECTED = {
    "Pacific/Kiritimati": {
        "overdue": {"sunday", "tuesday 00:29"} | MONDAYS,
        "today": TUESDAYS,
        "upcoming": set(),
    },
    "America/Los_Angeles": {
        "overdue": {"sunday", "monday 03:29"},
        "today": MONDAYS,
        "upcoming": TUESDAYS,
    },
}


@pytest.mark.parametrize("due", ["overdue", "today", "upcoming"])
def test_due_filters_use_the_owners_day(alice_client, zone, due):
    response = alice_client.get(f"/api/tasks?due={due}")

    assert {task["title"] for task in response.json()} == EXPECTED[zone][due]


def test_the_summary_uses_the_owners_day(alice_client, zone):
    summary = alice_client.get("/api/tasks/summary").json()

    assert summary["overdue"] == len(EXPECTED[zone]["overdue"])
    assert summary["due_today"] == len(EXPECTED[zone]["today"])


def completed_on(client, query):
    response = client.get(f"/api/tasks?{query}&sort=created")
    assert response.status_code == 200
    assert client.get(f"/api/tasks/summary?{query}").json()["total"] == len(response.json())
    return [task["title"] for task in response.json()]


@pytest.mark.parametrize(
    ("zone", "day", "first", "last"),
    [
        ("UTC", "2026-06-15", "2026-06-15T00:00:00", "2026-06-15T23:59:59.999999"),
        ("Pacific/Kiritimati", "2026-06-15", "2026-06-14T10:00:00", "2026-06-15T09:59:59.999999"),
        ("America/Los_Angeles", "2026-06-15", "2026-06-15T07:00:00", "2026-06-16T06:59:59.999999"),
        # A day of 23 hours that begins at 01:00, and one of 25 hours.
        ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00", "2026-03-29T20:59:59.999999"),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00", "2026-10-25T22:59:59.999999"),
        ("Pacific/Kiritimati", "1970-01-01", "1970-01-01T10:40:00", "1970-01-02T10:39:59.999999"),
        ("Etc/GMT+12", "9998-12-31", "9998-12-31T12:00:00", "9999-01-01T11:59:59.999999"),
    ],
)
def test_completions_are_of_the_owners_day(alice, alice_client, zone, day, first, last):
    alice.timezone = zone
    begin, end = (datetime.fromisoformat(f"{text}Z") for text in (first, last))
    tick = timedelta(microseconds=1)
    for title, at in [
        ("before", begin - tick),
        ("first", begin),
        ("last", end),
        ("after", end + tick),
    ]:
        Task.objects.create(owner=alice, title=title, completed_at=at)
    Task.objects.create(owner=alice, title="open")

    assert completed_on(alice_client, f"completed_after={day}") == ["first", "last", "after"]
    assert completed_on(alice_client, f"completed_before={day}") == ["before", "first", "last"]
    both = f"completed_after={day}&completed_before={day}"
    assert completed_on(alice_client, both) == ["first", "last"]


def test_no_task_is_completed_on_a_day_that_a_zone_left_out(alice, alice_client):
    """Samoa went from 29 December 2011, 24:00, to 31 December."""
    alice.timezone = "Pacific/Apia"
    switch = datetime(2011, 12, 30, 10, tzinfo=UTC)
    for title, at in [("29th", switch - timedelta(seconds=1)), ("31st", switch)]:
        Task.objects.create(owner=alice, title=title, completed_at=at)

    query = "completed_after=2011-12-30&completed_before=2011-12-30"
    assert completed_on(alice_client, query) == []
    assert completed_on(alice_client, "completed_after=2011-12-30") == ["31st"]
    assert completed_on(alice_client, "completed_before=2011-12-30") == ["29th"]
