"""Two owners in distant time zones at the same instant."""

from datetime import UTC, date, datetime, time

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
