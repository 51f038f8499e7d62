"""Files in the shapes that programs write, and odd ones, in `files/`. All are of our own making."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "files"
MEDIA_TYPES = {".ics": "text/calendar", ".csv": "text/csv"}
MEMBERS = [
    "due_date",
    "due_time",
    "priority",
    "tags",
    "repeat",
    "description",
    "completed",
    "completed_at",
]
# For each file, the tasks by their titles with the members that are set, and the warnings.
FILES = {
    "apple-alarm.ics": (
        {
            "Call the doctor": {
                "priority": "medium",
                "due_date": "2026-12-01",
                "due_time": "09:00:00",
            }
        },
        [(33, "A VALARM is not carried over.")],
    ),
    "apple-repeating.ics": (
        {
            "Water the plants": {"due_date": "2026-12-05", "repeat": "FREQ=WEEKLY;BYDAY=SA"},
            "Pay the rent": {"due_date": "2026-12-01", "repeat": "FREQ=MONTHLY;BYMONTHDAY=1"},
        },
        [],
    ),
    "evolution-details.ics": (
        {
            "Report": {
                "description": "First line\nSecond line; semicolon, comma and a folded end",
                "due_date": "2026-06-01",
            }
        },
        [
            (11, "LOCATION is not carried over."),
            (12, "URL is not carried over."),
            (13, "ATTACH is not carried over."),
            (14, "The status IN-PROCESS is imported as open."),
            (15, "A part of completion is not carried over."),
            (16, "COMMENT is not carried over."),
        ],
    ),
    "evolution-zone.ics": (
        {"Asado": {"due_date": "2026-06-15", "due_time": "23:00:00"}},
        [],
    ),
    "nextcloud-all-day.ics": (
        {"Steuererklärung abgeben": {"due_date": "2026-07-31", "tags": ["Büro"]}},
        [
            (4, "The tag 'Geld, Steuern' is left out: A tag has no comma."),
            (8, "A start that is not the due date is not carried over."),
            (10, "NOTE is not carried over."),
        ],
    ),
    "nextcloud-subtasks.ics": (
        {
            "Move house": {"priority": "high"},
            "Boxes": {
                "completed": True,
                "completed_at": "2026-01-12T09:00:00Z",
                "parent": "Move house",
            },
        },
        [(12, "X-OC-HIDESUBTASKS is not carried over.")],
    ),
    "odd-byte-order-mark.ics": (
        {"Marked": {}},
        [],
    ),
    "odd-carriage-returns.ics": (
        {"Old Mac": {"due_date": "2026-12-01", "due_time": "09:30:00"}},
        [],
    ),
    "odd-relations.ics": (
        {"Orphan": {}, "Twin": {}, "Without UID": {}},
        [
            (4, "The parent is not in the file."),
            (12, "A relation other than to a parent is not carried over."),
            (14, "An earlier to-do has this UID."),
        ],
    ),
    "odd-rules.ics": (
        {
            "Every hour": {"due_date": "2026-12-01"},
            "Sunday weeks": {"due_date": "2026-12-01"},
            "Not every": {"due_date": "2026-12-01", "repeat": "FREQ=DAILY"},
        },
        [
            (4, "repeat is left out: FREQ: Must be one of: DAILY, WEEKLY, MONTHLY, YEARLY."),
            (
                10,
                "repeat is left out: WKST: The parts of a rule are FREQ, INTERVAL, BYDAY, "
                "BYMONTHDAY, COUNT, UNTIL.",
            ),
            (21, "EXDATE is not carried over."),
            (25, "A change of one occurrence is not carried over."),
        ],
    ),
    "odd-values.ics": (
        {"Untitled": {}, "Semi;colons": {"description": "After", "tags": ["a;b"]}},
        [
            (4, "title is left out: This field may not be blank."),
            (7, "This line is left out: Wrong date format tomorrow"),
            (8, "This line is left out: Expected int, got: high"),
            (9, "The status WAITING is imported as open."),
            (12, "A VJOURNAL is not carried over."),
            (20, "END:VALARM ends nothing."),
        ],
    ),
    "outlook-windows-zone.ics": (
        {
            "Quarterly numbers": {
                "priority": "medium",
                "due_date": "2026-12-15",
                "due_time": "08:00:00",
            }
        },
        [(11, "X-MICROSOFT-CDO-IMPORTANCE is not carried over.")],
    ),
    "tasks-org.ics": (
        {
            "Gym 🏋️": {
                "priority": "low",
                "due_date": "2026-12-07",
                "due_time": "17:00:00",
                "tags": ["health"],
                "repeat": "FREQ=WEEKLY;COUNT=10",
            }
        },
        [],
    ),
    "thunderbird-lightning.ics": (
        {
            "Renew passport": {
                "completed": True,
                "completed_at": "2026-01-10T08:16:00Z",
                "priority": "low",
                "due_date": "2026-01-09",
                "due_time": "11:00:00",
            }
        },
        [(32, "X-MOZ-GENERATION is not carried over.")],
    ),
    "todoist-odd.csv": (
        {
            "* A header": {},
            "ann@example.com 12@": {"tags": ["ok"]},
            "Loose": {"due_date": "2026-12-01"},
        },
        [
            (2, "A comment without a task is not carried over."),
            (4, "The tag 'a/' is left out: A tag may not end with a slash or be a dot or two."),
            (4, "due_date is left out: There is no such date."),
            (6, "The priority '5' is left out."),
            (6, "The time zone 'Nowhere/Land' is unknown: yours is used."),
            (6, "due_time is left out: There is no such time."),
        ],
    ),
    "todoist-old.csv": (
        {
            "Plan the trip": {},
            "Book the train": {
                "priority": "high",
                "due_date": "2026-10-10",
                "due_time": "06:15:00",
                "parent": "Plan the trip",
            },
        },
        [(2, "The date '12 Oct' is left out: it is in words.")],
    ),
    "todoist-project.csv": (
        {
            "Buy milk": {
                "description": "Two litres",
                "priority": "high",
                "due_date": "2026-12-01",
                "tags": ["shop"],
            },
            "Semi-skimmed": {"parent": "Buy milk"},
            "Call, then write": {"description": "Line one\r\nline two", "priority": "medium"},
        },
        [
            (8, "The date 'every day' is left out: it is in words."),
            (8, "DEADLINE is not carried over: 2026-12-24"),
            (8, "DURATION is not carried over: 30"),
            (8, "DURATION_UNIT is not carried over: minute"),
            (8, "RESPONSIBLE is not carried over: Bob (456)"),
        ],
    ),
    "todoist-semicolons.csv": (
        {
            "Müll rausbringen, bitte": {"priority": "low"},
            "Glas": {"parent": "Müll rausbringen, bitte"},
        },
        [
            (2, "The date 'jeden Montag' is left out: it is in words."),
            (3, "Is indented by more than one level below the task before it."),
        ],
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_program(upload, tasks, name):
    path = FOLDER / name

    result = upload(path.read_bytes(), MEDIA_TYPES[path.suffix])

    expected, warnings = FILES[name]
    titles = {task["id"]: title for title, task in tasks().items()}
    found = {
        title: {member: task[member] for member in MEMBERS if task[member]}
        | ({"parent": titles[task["parent"]]} if task["parent"] else {})
        for title, task in tasks().items()
    }
    assert found == expected
    assert [(warning["line"], warning["message"]) for warning in result["warnings"]] == warnings


def test_every_file_is_tested():
    assert {path.name for path in FOLDER.iterdir()} == {*FILES}


@pytest.mark.parametrize("name", FILES)
def test_a_file_again_makes_nothing(upload, name):
    path = FOLDER / name
    upload(path.read_bytes(), MEDIA_TYPES[path.suffix])

    assert upload(path.read_bytes(), MEDIA_TYPES[path.suffix])["created"] == 0
