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


ALLOWED = "The parts of a rule are FREQ, INTERVAL, BYDAY, BYMONTHDAY, COUNT, UNTIL."


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
        (14, "The status IN-PROCESS is imported as open."),
        (15, "A part of completion is not carried over."),
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
        (
            "DUE;VALUE=DATE:20261201\nRRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=1",
            {"repeat": "FREQ=YEARLY;BYMONTHDAY=1"},
            [],
        ),
        (
            "DUE;VALUE=DATE:20261201\nRRULE:FREQ=YEARLY;BYMONTH=12",
            {"repeat": "FREQ=YEARLY;BYMONTHDAY=1"},
            [],
        ),
        (
            "DUE;VALUE=DATE:20261201\nRRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=1",
            {"repeat": None, "due_date": "2026-12-01"},
            [(4, f"repeat is left out: BYMONTH: {ALLOWED}")],
        ),
        (
            "DUE;VALUE=DATE:20261201\nRRULE:FREQ=YEARLY;BYMONTH=3,12;BYMONTHDAY=1",
            {"repeat": None, "due_date": "2026-12-01"},
            [(4, f"repeat is left out: BYMONTH: {ALLOWED}")],
        ),
        (
            "DUE;VALUE=DATE:20261201\nRRULE:FREQ=YEARLY;BYMONTHDAY=1",
            {"repeat": None, "due_date": "2026-12-01"},
            [
                (
                    7,
                    "repeat is left out: BYMONTHDAY: Without BYMONTH it is a day of every month.",
                )
            ],
        ),
        *[
            (
                f"DUE;VALUE=DATE:{due}\nRRULE:{rule}",
                {"repeat": f"{rule.partition(';')[0]};BYMONTHDAY={due[-2:]}"},
                [(7, "A month without this day has its last day, and is not skipped.")],
            )
            for due, rule in [
                ("20270131", "FREQ=MONTHLY;BYMONTHDAY=31"),
                ("20270129", "FREQ=MONTHLY"),
                ("20280229", "FREQ=YEARLY"),
            ]
        ],
        ("DUE;VALUE=DATE:20270331\nRRULE:FREQ=YEARLY", {"repeat": "FREQ=YEARLY;BYMONTHDAY=31"}, []),
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
            [(6, "A start that is not the due date is not carried over.")],
        ),
        (
            "DTSTART;VALUE=DATE:20261130\nDUE;VALUE=DATE:20261201",
            {"due_date": "2026-12-01"},
            [(6, "A start that is not the due date is not carried over.")],
        ),
        (
            "RRULE:FREQ=DAILY",
            {"repeat": None},
            [(6, "A rule without a due date is not carried over.")],
        ),
        ("UID:a\nUID:b", {}, [(7, "UID is given more than once: this is left out.")]),
        (
            "PERCENT-COMPLETE:100\nPERCENT-COMPLETE:50",
            {"completed": True},
            [(7, "PERCENT-COMPLETE is given more than once: this is left out.")],
        ),
        (
            "\n".join(f"CATEGORIES:a{n}" for n in range(21)),
            {"tags": [f"a{n}" for n in range(20)]},
            [(26, "CATEGORIES is given more than 20 times: this is left out.")],
        ),
        (
            f"CATEGORIES:a,{'x' * 51},b",
            {"tags": ["a", "b"]},
            [(4, f"The tag '{'x' * 51}' is left out: A tag has at most 50 characters.")],
        ),
        (
            "END:VALARM\nDESCRIPTION:Later",
            {"description": "Later"},
            [(6, "END:VALARM ends nothing.")],
        ),
        (
            "BEGIN:VALARM\nDESCRIPTION:Later",
            {"description": ""},
            [
                (6, "A VALARM is not carried over."),
                (6, "This component has no end: no line after it is read."),
            ],
        ),
        (
            "COMPLETED;VALUE=DATE:20260101",
            {"completed": True},
            [(6, "This line is left out: COMPLETED has another type.")],
        ),
        (
            "DUE;TZID=/freeassociation.sourceforge.net/America/Argentina/Buenos_Aires"
            ":20261201T093000",
            {"due_time": "12:30:00"},
            [],
        ),
        ("DUE;TZID=/vendor/UTC:20261201T093000", {"due_time": "09:30:00"}, []),
        (f"DESCRIPTION:{'x' * 70}\n {'y' * 70}", {"description": "x" * 70 + "y" * 70}, []),
        ("DESCRIPTION:Grüße 🎉", {"description": "Grüße 🎉"}, []),
    ],
)
def test_properties(send, tasks, lines, expected, warnings):
    result = send(calendar(f"SUMMARY:Call\n{lines}"))

    task = tasks()["Call"]
    assert {name: task[name] for name in expected} == expected
    assert messages(result) == warnings


@pytest.mark.parametrize(
    "line",
    [
        "PERCENT-COMPLETE;VALUE=TEXT:50",
        "PRIORITY;VALUE=TEXT:high",
        "PRIORITY;VALUE=FLOAT:1.5",
        "PRIORITY:high",
        "RELATED-TO;RELTYPE=PARENT,CHILD:a",
        "CATEGORIES;VALUE=URI:a",
        "CATEGORIES;VALUE=DATE:20200101",
        "DUE;TZID=Europe:20261201T093000",
        "DUE;TZID=Europe,America:20261201T093000",
        "DUE;VALUE=DURATION:PT5M",
        "DUE;VALUE=PERIOD:20200101T000000Z/PT1H",
        "DUE;VALUE=TIME:101010",
        "DESCRIPTION;VALUE=INTEGER:5",
        "CREATED;VALUE=DATE:20200101",
    ],
)
def test_a_line_that_cannot_be_read_is_left_out(send, tasks, line):
    result = send(calendar(f"SUMMARY:Call\n{line}\nDUE;VALUE=DATE:20261201\nPRIORITY:1"))

    task = tasks()["Call"]
    assert (task["tags"], task["description"], task["completed"]) == ([], "", False)
    assert any(
        number == 6 and "This line is left out: " in message for number, message in messages(result)
    )


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", "FREQ=DAILY;COUNT=3"),
        ("FREQ=WEEKLY;INTERVAL=2", "FREQ=WEEKLY;INTERVAL=2"),
        ("FREQ=WEEKLY;BYDAY=TU", None),
        ("FREQ=MONTHLY;BYMONTHDAY=1", None),
        ("FREQ=MONTHLY", None),
        ("FREQ=DAILY;UNTIL=20261203T100000Z", None),
    ],
)
def test_a_rule_of_a_day_that_is_another_day_here_is_left_out(send, tasks, alice, rule, expected):
    type(alice).objects.filter(pk=alice.pk).update(timezone="America/New_York")
    alice.refresh_from_db()
    due = "DUE;TZID=Europe/Berlin:20261201T003000"

    result = send(calendar(f"SUMMARY:Call\n{due}\nRRULE:{rule}"))

    task = tasks()["Call"]
    assert (task["due_date"], task["due_time"]) == ("2026-11-30", "18:30:00")
    assert task["repeat"] == expected
    assert messages(result) == (
        []
        if expected
        else [(4, "repeat is left out: in your time zone the task is due on another day.")]
    )


def test_a_title_that_is_too_long_is_in_the_description(send, tasks):
    result = send(calendar(f"SUMMARY:{'x' * 300}\nDESCRIPTION:More"))

    (task,) = tasks().values()
    assert task["title"] == "x" * 199 + "…"
    assert task["description"] == "x" * 300 + "\n\nMore"
    assert messages(result) == [(4, "The title is too long: all of it is in the description.")]


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
        (calendar(*["SUMMARY:x"] * 10_001), "Line 30004: A file has at most 10,000 tasks"),
        (
            calendar(*["SUMMARY:x\nDUE:x\nPRIORITY:x"] * 5_001),
            "Line 25006: The file has more than 10,000 warnings.",
        ),
        (b"BEGIN:VCALENDAR\n\xff", "Line 2: Is not UTF-8."),
    ],
)
def test_what_is_no_calendar_is_refused_with_the_line(send, tasks, text, message):
    assert send(text, 400)["detail"].startswith(message)
    assert tasks() == {}
