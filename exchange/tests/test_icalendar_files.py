"""To-dos in the shapes that other programs write."""

import pytest

HEAD = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//Test//EN"]
NEXTCLOUD = """
UID:1b4c4b60-2f3c-4a4b-8d4e-0a1b2c3d4e5f
CREATED:20260110T081500Z
LAST-MODIFIED:20260111T101112Z
DTSTAMP:20260111T101112Z
SUMMARY:Prüfung vorbereiten\\, Kapitel 3
DESCRIPTION:Erste Zeile\\nzweite\\; Zeile
PRIORITY:1
CATEGORIES:Schule,Wichtig
DUE;TZID=Europe/Berlin:20260615T143000
STATUS:IN-PROCESS
PERCENT-COMPLETE:40
"""
APPLE = """
UID:5E9B2C1A-7A52-4C0D-9B3C-1F2E3D4C5B6A
DTSTAMP:20260111T101112Z
SUMMARY:Milk
DTSTART;VALUE=DATE:20261201
DUE;VALUE=DATE:20261201
X-APPLE-SORT-ORDER:705312000
STATUS:NEEDS-ACTION
SEQUENCE:0
BEGIN:VALARM
UID:alarm
TRIGGER;VALUE=DATE-TIME:20261201T080000Z
ACTION:DISPLAY
DESCRIPTION:Reminder
END:VALARM
"""
EVOLUTION = """
UID:20260110T081500Z-4711-1000-1-0@host
DTSTAMP:20260110T081500Z
SUMMARY:Rent
DUE;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20260601T090000
COMPLETED:20260530T070000Z
STATUS:COMPLETED
PERCENT-COMPLETE:100
CLASS:PUBLIC
"""


def calendar(*todos, end="\r\n"):
    lines = list(HEAD)
    for todo in todos:
        lines += ["BEGIN:VTODO", *todo.strip().split("\n"), "END:VTODO"]
    return end.join([*lines, "END:VCALENDAR", ""])


@pytest.fixture
def send(upload):
    return lambda text, status=201: upload(text, "text/calendar", status)


def messages(result):
    return [(warning["line"], warning["message"]) for warning in result["warnings"]]


def test_a_todo_of_nextcloud(send, tasks):
    result = send(calendar(NEXTCLOUD))

    (task,) = tasks().values()
    assert task["title"] == "Prüfung vorbereiten, Kapitel 3"
    assert task["description"] == "Erste Zeile\nzweite; Zeile"
    assert (task["priority"], task["tags"]) == ("high", ["Schule", "Wichtig"])
    assert (task["due_date"], task["due_time"]) == ("2026-06-15", "12:30:00")
    assert (task["completed"], task["created_at"]) == (False, "2026-01-10T08:15:00Z")
    assert messages(result) == [
        (15, "A part of completion is not carried over."),
        (14, "The status IN-PROCESS is imported as open."),
    ]


def test_a_todo_of_apple(send, tasks):
    result = send(calendar(APPLE))

    assert tasks()["Milk"]["due_date"] == "2026-12-01"
    assert tasks()["Milk"]["due_time"] is None
    assert messages(result) == [(13, "A VALARM is not carried over.")]


def test_a_todo_of_evolution(send, tasks):
    result = send(calendar(EVOLUTION))

    task = tasks()["Rent"]
    assert (task["completed"], task["completed_at"]) == (True, "2026-05-30T07:00:00Z")
    assert task["due_time"] == "07:00:00"
    assert result["warnings"] == []


@pytest.mark.parametrize(
    ("lines", "expected", "warnings"),
    [
        ("DUE:20261201T093000", {"due_date": "2026-12-01", "due_time": "09:30:00"}, []),
        ("DUE:20261201T093000Z", {"due_time": "09:30:00"}, []),
        ("DUE;TZID=W. Europe Standard Time:20261201T093000", {"due_time": "08:30:00"}, []),
        (
            "DUE;TZID=Somewhere:20261201T093000",
            {"due_time": "09:30:00"},
            [(6, "The time zone 'Somewhere' is unknown: yours is used.")],
        ),
        ("PRIORITY:0", {"priority": None}, []),
        ("PRIORITY:5", {"priority": "medium"}, []),
        ("PRIORITY:9", {"priority": "low"}, []),
        ("CATEGORIES:a\nCATEGORIES:b,A", {"tags": ["a", "b"]}, []),
        ("PERCENT-COMPLETE:100", {"completed": True}, []),
        (
            "STATUS:CANCELLED",
            {"completed": True},
            [(6, "The status CANCELLED is imported as completed.")],
        ),
        (
            "RELATED-TO:missing",
            {"parent": None},
            [(4, "The parent is not in the file.")],
        ),
        (
            "RELATED-TO;RELTYPE=SIBLING:x",
            {"parent": None},
            [(6, "A relation other than to a parent is not carried over.")],
        ),
        (
            "DUE;VALUE=DATE:20261201\nRRULE:FREQ=WEEKLY;WKST=MO;BYDAY=TU;UNTIL=20270301T225959Z",
            {"repeat": "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270301"},
            [],
        ),
        (
            "DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=MONTHLY;BYDAY=+1TU",
            {"repeat": "FREQ=MONTHLY;BYDAY=1TU", "due_date": "2026-12-01"},
            [],
        ),
        (
            "DUE;VALUE=DATE:20261201\nRRULE:FREQ=HOURLY",
            {"repeat": None, "due_date": "2026-12-01"},
            [(4, "repeat is left out: FREQ: Must be one of: DAILY, WEEKLY, MONTHLY, YEARLY.")],
        ),
        ("LOCATION:Berlin", {}, [(6, "LOCATION is not carried over.")]),
        ("X-CUSTOM:1", {}, [(6, "X-CUSTOM is not carried over.")]),
        (
            "DUE:20261301T000000",
            {"due_date": None},
            [(6, "This line is left out: Wrong datetime format: 20261301T000000")],
        ),
        (
            "DTSTART;VALUE=DATE:20261201",
            {"due_date": None},
            [(6, "A start without DUE is not carried over.")],
        ),
        (f"DESCRIPTION:{'x' * 70}\n {'y' * 70}", {"description": "x" * 70 + "y" * 70}, []),
        ("DESCRIPTION:Grüße 🎉", {"description": "Grüße 🎉"}, []),
    ],
)
def test_properties(send, tasks, lines, expected, warnings):
    result = send(calendar(f"SUMMARY:Call\n{lines}"))

    task = tasks()["Call"]
    assert {name: task[name] for name in expected} == expected
    assert messages(result) == warnings


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_any_line_ends_and_a_byte_order_mark_are_read(send, tasks, end, mark):
    assert send(mark + calendar(APPLE, end=end))["created"] == 1
    assert [*tasks()] == ["Milk"]


def test_related_todos_become_subtasks_in_any_order(send, tasks):
    send(calendar("UID:b\nSUMMARY:Child\nRELATED-TO:a", "UID:a\nSUMMARY:Parent"))

    assert tasks()["Child"]["parent"] == tasks()["Parent"]["id"]


def test_a_cycle_of_todos_has_no_subtasks(send, tasks):
    result = send(calendar("UID:a\nSUMMARY:A\nRELATED-TO:b", "UID:b\nSUMMARY:B\nRELATED-TO:a"))

    assert {task["parent"] for task in tasks().values()} == {None}
    assert len(result["warnings"]) == 2


def test_of_equal_uids_the_first_counts(send, tasks):
    result = send(calendar("UID:a\nSUMMARY:One", "UID:a\nSUMMARY:Two"))

    assert [*tasks()] == ["One"]
    assert messages(result) == [(8, "An earlier to-do has this UID.")]


def test_other_components_are_named(send):
    text = calendar(APPLE).replace(
        "BEGIN:VTODO", "BEGIN:VEVENT\r\nUID:e\r\nEND:VEVENT\r\nBEGIN:VTODO", 1
    )

    assert (4, "A VEVENT is not carried over.") in messages(send(text))


def test_the_same_file_again_makes_nothing(send):
    send(calendar(NEXTCLOUD, APPLE))

    assert send(calendar(NEXTCLOUD, APPLE))["skipped"] == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n", "Line 1: Must be BEGIN:VCALENDAR."),
        ("hello", "Line 1: Must be BEGIN:VCALENDAR."),
        ("BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\n", "Line 2: Must be END:VCALENDAR"),
        ("BEGIN:VCALENDAR\nBEGIN:VTODO\nEND:VCALENDAR", "Line 2: This component has no end."),
        (calendar(*["SUMMARY:x"] * 10_001), "Line 30004: A file has at most 10,000 to-dos."),
        (b"BEGIN:VCALENDAR\n\xff", "Line 2: Is not UTF-8."),
    ],
)
def test_what_is_no_calendar_is_refused_with_the_line(send, tasks, text, message):
    assert send(text, 400)["detail"].startswith(message)
    assert tasks() == {}
