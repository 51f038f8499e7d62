"""A project that Todoist exported as CSV."""

import pytest

HEAD = "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE"
# The shape that Todoist writes: a line for the view, blank lines, sections, tasks and comments.
PROJECT = f"""\ufeff{HEAD}
meta,view_style=list,,,,,,,,
,,,,,,,,,
task,Buy milk @shop,Two litres,1,1,Ann (1),,2026-12-01,en,Europe/Berlin
task,Semi-skimmed,,4,2,Ann (1),,,en,Europe/Berlin
note,The blue one,,,,Ann (1),,,,
section,Work,,,,,,,,
task,"Call, then write",,2,1,Ann (1),Bob (2),every day,en,Europe/Berlin
task,Later,,3,1,Ann (1),,2026-12-24 18:30,en,UTC
"""


def csv(*rows, head=HEAD):
    return "\r\n".join([head, *rows, ""])


@pytest.fixture
def send(upload):
    return lambda text, status=201: upload(text, "text/csv", status)


def test_a_project_becomes_tasks(send, tasks, alice_client):
    result = send(PROJECT)

    found = tasks()
    projects = alice_client.get("/api/projects").json()
    assert (result["created"], result["skipped"]) == (5, 0)
    assert [*found] == ["Buy milk", "Semi-skimmed", "Call, then write", "Later"]
    milk, child, call, later = found.values()
    assert (milk["description"], milk["priority"], milk["tags"]) == ("Two litres", "high", ["shop"])
    assert (milk["due_date"], milk["due_time"], milk["project"]) == ("2026-12-01", None, None)
    assert (child["parent"], child["priority"]) == (milk["id"], None)
    assert child["description"] == "The blue one"
    assert [project["name"] for project in projects] == ["Work"]
    assert {call["project"], later["project"]} == {projects[0]["id"]}
    assert (call["priority"], call["due_date"]) == ("medium", None)
    assert (later["due_date"], later["due_time"]) == ("2026-12-24", "18:30:00")


def test_what_is_lost_is_listed_with_its_line(send):
    assert send(PROJECT)["warnings"] == [
        {"line": 8, "message": "The date 'every day' is left out: it is in words."},
        {"line": 8, "message": "RESPONSIBLE is not carried over: Bob (2)"},
    ]


def test_a_time_is_on_the_clock_of_its_zone(send, tasks, alice):
    alice.timezone = "America/New_York"
    alice.change_zone = type(alice).objects.filter(pk=alice.pk).update(timezone="America/New_York")

    send(csv("task,Call,,4,1,,,2026-12-24 18:30,en,Europe/Berlin"))

    assert tasks()["Call"]["due_time"] == "12:30:00"


def test_the_same_file_again_makes_nothing(send, tasks):
    send(PROJECT)

    assert send(PROJECT) | {"warnings": []} == {"created": 0, "skipped": 5, "warnings": []}
    assert len(tasks()) == 4


def test_equal_tasks_are_all_made(send, alice_client):
    result = send(csv(*["task,Water the plants,,4,1,,,,en,"] * 3))

    assert result["created"] == 3
    assert alice_client.get("/api/tasks/summary").json()["total"] == 3


@pytest.mark.parametrize(
    "text",
    [
        csv("task;Call;;1;1;;;;en;", head=HEAD.replace(",", ";")),
        csv("task,Call,1,1,,,,en,", head=HEAD.replace(",DESCRIPTION", "")),
        csv("task,Call,,1,1,,,,en,").replace("\r\n", "\r"),
        csv("task,Call,,1,1,,,,en,").replace("\r\n", "\n"),
        csv("task,Call,,1,1,,,,en,").lower().replace("call", "Call"),
        csv("task,Call,,1,1"),
        csv("TASK, Call ,,1,1,,,,en,,extra"),
    ],
)
def test_other_forms_of_the_file_are_read(send, tasks, text):
    assert send(text)["created"] == 1
    assert tasks()["Call"]["priority"] == "high"


@pytest.mark.parametrize(
    ("row", "warning"),
    [
        (f"task,{'x' * 201},,1,1", "The title is too long: all of it is in the description."),
        (f"task,Call,{'x' * 10_001}", "The description is cut after 10,000 characters."),
        (f"task,Call @{'x' * 51}", f"The tag '{'x' * 51}' is left out: A tag has at most 50"),
        (
            f"task,Call {' '.join(f'@a{n}' for n in range(21))}",
            "The tag 'a20' is left out: a task has at most 20 tags.",
        ),
        (
            "task,Call,,1,1,,,2026-12-01 10:00,en,Mars/Base",
            "The time zone 'Mars/Base' is unknown: yours is used.",
        ),
        ("task,,,1,1", "title is left out: This field may not be blank."),
        ("task,Call,,9,1", "The priority '9' is left out."),
        ("task,Call,,1,3", "Is indented by more than one level below the task before it."),
        ("task,Call,,1,1,,,1969-12-31", "due_date is left out: "),
        ("task,Call,,1,1,,,2026-02-30", "due_date is left out: There is no such date."),
        ("task,Call,,1,1,,,morgen", "The date 'morgen' is left out: it is in words."),
        ("note,To nothing", "A comment without a task is not carried over."),
        ("file,Something", "A file is not carried over."),
    ],
)
def test_what_cannot_be_carried_over_is_a_warning(send, row, warning):
    (found,) = send(csv(row))["warnings"]

    assert found["line"] == 2
    assert found["message"].startswith(warning)


def test_a_title_that_is_too_long_is_in_the_description(send, tasks):
    send(csv(f"task,{'x' * 300},More,1,1"))

    (task,) = tasks().values()
    assert task["title"] == "x" * 199 + "…"
    assert task["description"] == "x" * 300 + "\n\nMore"


def test_a_bad_tag_does_not_take_the_others(send, tasks):
    send(csv(f"task,Call @home @{'x' * 51} @work"))

    assert tasks()["Call"]["tags"] == ["home", "work"]


def test_comments_that_do_not_fit_are_warnings(send, tasks):
    notes = [f"note,{letter * 4_000}" for letter in "abcd"]

    result = send(csv("task,Call", *notes))

    assert tasks()["Call"]["description"].endswith("b\n\n" + "c" * 1996)
    assert sorted((one["line"], one["message"]) for one in result["warnings"]) == [
        (2, "The description is cut after 10,000 characters."),
        (6, "This comment is left out: the description is full."),
    ]


def test_another_file_never_shares_a_task(send, alice_client):
    send(csv("section,Work", "task,Call"))

    assert send(csv("section,Work", "task,Call", "task,Write"))["created"] == 3
    assert len(alice_client.get("/api/projects").json()) == 2


def test_sections_with_one_name_are_one_project(send, alice_client):
    result = send(csv("section,Work", "task,Call", "section,Home", "section,Work", "task,Write"))

    assert result["created"] == 4
    assert [project["name"] for project in alice_client.get("/api/projects").json()] == [
        "Work",
        "Home",
    ]


def test_columns_that_say_nothing_are_no_warning(send):
    head = "TYPE,CONTENT,DURATION,DURATION_UNIT,DEADLINE,DEADLINE_LANG"

    result = send(csv("task,Call,,None,,en", "task,Write,15,minute,,en", head=head))

    assert [(one["line"], one["message"]) for one in result["warnings"]] == [
        (3, "DURATION is not carried over: 15"),
        (3, "DURATION_UNIT is not carried over: minute"),
    ]


def test_a_fifth_level_is_no_subtask(send, tasks):
    result = send(csv(*[f"task,Level {n},,4,{n}" for n in range(1, 6)]))

    assert result["warnings"] == [
        {"line": 6, "message": "Not made a subtask: tasks have at most 4 levels."}
    ]
    assert tasks()["Level 5"]["parent"] is None
    assert tasks()["Level 4"]["parent"] == tasks()["Level 3"]["id"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n", "Line 1: Must name the columns, TYPE and CONTENT among them."),
        ("a,b\r\n1,2\r\n", "Line 1: Must name the columns, TYPE and CONTENT among them."),
        (csv("task,Call") + "," * 10**6, "Line 3: Has more than 50 columns."),
        (csv("task,Call", f'"{"x" * 200_000}"'), "Line 3: Is not CSV: field larger than"),
        (csv("task,Call").encode() + b"task,\xff", "Line 3: Is not UTF-8."),
        (csv("task,Call", 'task,"a"b'), "Line 3: Is not CSV: ',' expected after '\"'."),
        (csv("task,Call", 'task,"a'), "Line 3: Is not CSV: unexpected end of data."),
        (csv(*["task,Call"] * 10_001), "Line 10002: A file has at most 10,000 tasks and projects."),
        (
            csv(*[f"section,{n}" for n in range(10_001)]),
            "Line 10002: A file has at most 10,000 tasks and projects.",
        ),
        (
            csv(*["file,x"] * 10_001),
            "Line 10002: The file has more than 10,000 warnings. This one: A file is not carried",
        ),
    ],
)
def test_what_is_no_such_file_is_refused_with_the_line(send, tasks, text, message):
    assert send(text, 400)["detail"].startswith(message)
    assert tasks() == {}
