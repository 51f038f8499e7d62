"""The calendar feed: its address, and what calendar programs read there."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from recurring_ical_events import of

from accounts.models import User
from exchange.calendars import make_event, make_todo, write_lines
from exchange.models import CalendarFeed
from tasks.completions import make_series
from tasks.models import Task
from tasks.tests.test_recurrence import ON_TIME

URL = "/api/calendar"


@pytest.fixture
def address(alice_client):
    return make_address(alice_client)


def make_address(client):
    response = client.post(URL)
    assert response.status_code == 201, response.content
    return response.json()["url"].removeprefix("http://testserver")


def read(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return Calendar.from_ical(response.getvalue())


def status(client, address, **options):
    response = client.get(address, **options)
    b"".join(response)  # reads the file, which closes it
    return response.status_code


def make(alice, **values):
    return Task.objects.create(owner=alice, **{"title": "Call", **values})


def live_in(alice, zone):
    User.objects.filter(pk=alice.pk).update(timezone=zone)


def test_it_has_the_open_tasks_with_a_due_date(alice, alice_client, bob, client, address):
    day = date(2026, 12, 1)
    make(alice, title="Due", due_date=day)
    make(alice, title="Undated")
    make(alice, title="Done", due_date=day).change({"completed": True})
    make(alice, title="Trashed", due_date=day).change({"deleted_at": datetime.now(UTC)})
    make(bob, title="Bob's", due_date=day)

    events = read(client, address).walk("VEVENT")

    assert [str(event["SUMMARY"]) for event in events] == ["Due"]


def test_texts_survive_folding_and_escaping(alice, client, address):
    title, text = 'Ärger; "a", \\n and 🎉' * 8, "one\ntwo, three; four\\five\n" + "🏳️‍🌈" * 50
    tags = ["5 min", "Ideen"]
    make(alice, title=title, description=text, tags=tags, priority=2, due_date=date(2026, 12, 1))

    raw = client.get(address).getvalue()
    (event,) = Calendar.from_ical(raw).walk("VEVENT")

    assert max(map(len, raw.split(b"\r\n"))) <= 75
    assert (str(event["SUMMARY"]), str(event["DESCRIPTION"])) == (title, text)
    assert [str(one) for one in event["CATEGORIES"].cats] == tags
    assert event["PRIORITY"] == 5


@pytest.mark.parametrize("letter", ["x", "ß", "🎉", ","])
def test_lines_are_folded_as_the_library_does(alice, letter):
    for length in range(15, 80):
        values = {"due_date": date(2026, 12, 1), "due_time": time(9)}
        task = make(alice, title=letter * length, repeat="FREQ=DAILY;COUNT=3", **values)
        for kind in (make_event, make_todo):
            component = kind(task, ZoneInfo("America/Argentina/Buenos_Aires"))

            assert b"".join(write_lines(component)) == component.to_ical(sorted=False)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "UTC"])
def test_a_task_of_a_day_spans_that_day_in_every_zone(alice, client, address, zone):
    live_in(alice, zone)
    make(alice, due_date=date(2026, 12, 1))

    (event,) = of(read(client, address)).at(date(2026, 12, 1))

    assert event["DTSTART"].dt == date(2026, 12, 1)
    assert event.end == date(2026, 12, 2)


@pytest.mark.parametrize(
    ("zone", "day", "offset"),
    [
        ("Europe/Berlin", date(2027, 3, 27), 1),
        ("Europe/Berlin", date(2027, 3, 29), 2),  # after the next change of the clocks
        ("America/Los_Angeles", date(2026, 12, 1), -8),
        ("Pacific/Kiritimati", date(2026, 12, 1), 14),
    ],
)
def test_a_time_is_on_the_owners_clock(alice, client, address, zone, day, offset):
    live_in(alice, zone)
    make(alice, due_date=day, due_time=time(9, 30))

    calendar = read(client, address)

    (event,) = calendar.walk("VEVENT")
    assert event["DTSTART"].params["TZID"] == zone
    assert event["DTSTART"].dt == datetime.combine(day, time(9, 30), ZoneInfo(zone))
    (defined,) = calendar.walk("VTIMEZONE")
    local = datetime.combine(day, time(9, 30))
    assert defined.to_tz(lookup_tzid=False).utcoffset(local) == timedelta(hours=offset)


def test_the_clocks_change_when_they_do(alice, client, address):
    live_in(alice, "Europe/Berlin")

    (zone,) = read(client, address).walk("VTIMEZONE")

    onsets = [
        [value.dt for part in parts if "RDATE" in part for value in part["RDATE"].dts]
        for parts in (zone.daylight, zone.standard)
    ]
    assert [{onset.hour for onset in each if onset.year > 1996} for each in onsets] == [{2}, {3}]
    read_zone = zone.to_tz(lookup_tzid=False)
    for moment in [datetime(2027, 3, 28, 0, 59, 59), datetime(2027, 3, 28, 1)]:
        moment = moment.replace(tzinfo=UTC)
        local = moment.astimezone(ZoneInfo("Europe/Berlin"))
        assert moment.astimezone(read_zone).utcoffset() == local.utcoffset()


def test_its_identity_stays_and_its_sequence_grows(alice, client, address):
    task = make(alice, due_date=date(2026, 12, 1))
    (before,) = read(client, address).walk("VEVENT")

    task.change({"title": "Write"})

    (after,) = read(client, address).walk("VEVENT")
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_as_to_dos(alice, client, address):
    parent = make(alice, title="Parent", due_date=date(2026, 12, 1))
    make(alice, title="Child", due_date=date(2026, 12, 2), due_time=time(8), parent=parent)

    first, second = read(client, f"{address}?as=todo").walk("VTODO")

    assert second["RELATED-TO"] == first["UID"]
    assert first["DUE"].dt == date(2026, 12, 1)
    assert second["DUE"].dt == datetime(2026, 12, 2, 8, tzinfo=UTC)


def test_an_unchanged_calendar_is_a_304_after_one_query(
    alice, client, address, django_assert_num_queries
):
    task = make(alice, due_date=date(2026, 12, 1))
    response = client.get(address)
    etag, _ = response["ETag"], response.getvalue()

    with django_assert_num_queries(1):
        unchanged = client.get(address, headers={"If-None-Match": etag})
    task.change({"title": "Write"})

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged["ETag"] == etag
    assert status(client, address, headers={"If-None-Match": etag}) == 200


def test_its_headers(client, address):
    response = client.get(address)

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "private, max-age=300"
    assert response["Content-Length"] == str(len(response.getvalue()))


def test_a_new_address_replaces_the_first(alice_client, client, address):
    second = make_address(alice_client)

    assert second != address
    assert status(client, address) == 404
    assert status(client, second) == 200


def test_an_ended_address_answers_what_a_wrong_one_answers(alice_client, client, address):
    assert alice_client.delete(URL).status_code == 204

    ended, wrong = client.get(address), client.get(f"/calendar/{'x' * 43}.ics")

    assert ended.status_code == wrong.status_code == 404
    assert ended.content == wrong.content


def test_it_ends_with_the_account(alice, client, address):
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert status(client, address) == 404


def test_the_secret_is_stored_as_a_hash_and_not_logged(client, address, caplog):
    secret = address.removeprefix("/calendar/").removesuffix(".ics")

    status(client, address)
    status(client, address + "x")

    assert len(secret) == 43
    assert secret not in str(CalendarFeed.objects.values_list())
    assert secret not in caplog.text


def test_only_known_kinds(client, address):
    response = client.get(f"{address}?as=journal")

    assert response.status_code == 400
    assert response.json()["detail"] == "as must be one of: event, todo."


def test_it_needs_a_sign_in_to_make_one(client):
    assert client.post(URL).status_code == 401
    assert client.delete(URL).status_code == 401


RULES = sorted({(rule, due) for rule, due, *_ in ON_TIME if due < "9900"})


@pytest.mark.parametrize("due_time", [None, time(9, 30)])
@pytest.mark.parametrize(("rule", "due"), RULES)
def test_a_repeating_task_has_its_coming_dates(alice, client, address, rule, due, due_time):
    """Of the two, the calendar library counts days by another program than ours."""
    live_in(alice, "America/Los_Angeles")
    task = make(alice, due_date=date.fromisoformat(due), due_time=due_time, repeat=rule)
    series = make_series(task, {})
    expected = [series.due, *islice(series.coming(series.due), 8)]
    last = expected[-1] + timedelta(days=1)

    events = of(read(client, address)).between(expected[0], last)

    found = [event["DTSTART"].dt for event in events]
    assert sorted(day.date() if due_time else day for day in found) == expected
    if due_time:
        assert {day.time() for day in found} == {due_time}


def test_a_rule_that_counts_from_completion_is_no_rule_of_the_calendar(alice, client, address):
    make(alice, due_date=date(2026, 12, 1), repeat="FREQ=DAILY", repeat_from="completion")

    (event,) = read(client, address).walk("VEVENT")

    assert "RRULE" not in event


@pytest.mark.parametrize("end", ["UNTIL=20261205", "UNTIL=20261203"])
def test_a_rule_that_ended_before_a_moved_due_date_is_left_out(alice, client, address, end):
    task = make(alice, due_date=date(2026, 12, 1), repeat=f"FREQ=DAILY;{end}")
    task.change({"due_date": date(2026, 12, 5)})

    (event,) = read(client, address).walk("VEVENT")

    assert event["DTSTART"].dt == date(2026, 12, 5)
    assert "RRULE" not in event


def test_to_dos_of_a_feed_can_be_imported(alice, bob_client, client, address):
    for rule in ["FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY;BYMONTHDAY=29", "FREQ=WEEKLY;BYDAY=MO"]:
        make(alice, title=rule, due_date=date(2028, 2, 29), repeat=rule)
    text = client.get(f"{address}?as=todo").getvalue()

    response = bob_client.post("/api/import", text, content_type="text/calendar")

    assert response.json()["warnings"] == []
    rows = bob_client.get("/api/tasks").json()
    assert {row["repeat"] for row in rows} == {row["title"] for row in rows}
