"""An account with everything in it, exported and imported into another one, is the same."""

import json
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import User
from exchange.icalendar_lines import TYPES
from exchange.tests.test_export import comparable
from tasks.dates import FIRST_DUE_DATE, LAST_DUE_DATE

TEXT = st.characters(codec="utf-8", exclude_categories=["C", "Z"])
WORD = st.text(TEXT, min_size=1, max_size=20)
RULES = ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;COUNT=2", "FREQ=YEARLY"]
PROJECT = st.fixed_dictionaries(
    {"name": WORD, "archived": st.booleans(), "color": st.sampled_from([None, "#a0b1c2"])}
)
TASK = st.fixed_dictionaries(
    {
        "title": WORD,
        "description": st.text(TEXT | st.sampled_from("\n\t "), max_size=50),
        "priority": st.sampled_from([None, "low", "medium", "high"]),
        "due_date": st.dates(FIRST_DUE_DATE, LAST_DUE_DATE).map(str),
        "tags": st.lists(WORD, max_size=3),
    },
    optional={
        "due_time": st.times().map(lambda moment: f"{moment.replace(microsecond=0):%H:%M:%S}"),
        "repeat": st.sampled_from(RULES),
        "repeat_from": st.just("due"),
    },
)
PLACES = st.integers(0, 30)  # in the list of all tasks or projects so far
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("project"), PROJECT),
        st.tuples(st.just("task"), TASK, st.none() | PLACES),
        st.tuples(st.just("subtask"), TASK, PLACES),
        st.tuples(st.just("complete"), PLACES),
        st.tuples(st.just("delete"), PLACES),
        st.tuples(st.just("move"), PLACES, st.none() | PLACES),
        st.tuples(st.just("move_project"), PLACES, st.none() | PLACES),
        st.tuples(st.just("bulk"), TASK),
    ),
    max_size=30,
)
NUMBERS = count()


class Account:
    def __init__(self) -> None:
        self.user = User.objects.create_user(f"user{next(NUMBERS)}@example.com")
        self.client = APIClient()
        self.client.force_authenticate(self.user)
        self.tasks, self.projects = [], []

    def run(self, kind, *arguments):
        getattr(self, kind)(*arguments)

    def pick(self, rows, place):
        return rows[place % len(rows)] if rows and place is not None else None

    def project(self, data):
        answer = self.client.post("/api/projects", data, format="json")
        assert answer.status_code == 201, answer.content
        self.projects.append(answer.json()["id"])

    def task(self, data, place):
        self.create({**data, "project": self.pick(self.projects, place)})

    def subtask(self, data, place):
        self.create({**data, "parent": self.pick(self.tasks, place)})

    def create(self, data):
        """A parent may be in the trash or too deep, and a tag may have a comma."""
        answer = self.client.post("/api/tasks", data, format="json")
        assert answer.status_code in (201, 400), answer.content
        if answer.status_code == 201:
            self.tasks.append(answer.json()["id"])

    def act(self, method, place, path="", data=None):
        if self.tasks:
            url = f"/api/tasks/{self.pick(self.tasks, place)}{path}"
            answer = getattr(self.client, method)(url, data, format="json")
            assert answer.status_code in (200, 204, 404), answer.content

    def complete(self, place):
        self.act("patch", place, "/complete")

    def delete(self, place):
        self.act("delete", place)

    def move(self, place, after):
        """Both may be in the trash."""
        if self.tasks:
            url = f"/api/tasks/{self.pick(self.tasks, place)}/position"
            answer = self.client.patch(url, {"after": self.pick(self.tasks, after)}, format="json")
            assert answer.status_code in (200, 400, 404), answer.content

    def move_project(self, place, after):
        if self.projects:
            url = f"/api/projects/{self.pick(self.projects, place)}/position"
            body = {"after": self.pick(self.projects, after)}
            answer = self.client.patch(url, body, format="json")
            assert answer.status_code == 200, answer.content

    def bulk(self, data):
        operations = [{"op": "create", "data": data}] * 100
        answer = self.client.post("/api/tasks/bulk", {"operations": operations}, format="json")
        assert answer.status_code in (200, 400), answer.content
        if answer.status_code == 200:
            self.tasks += [one["id"] for one in answer.json()["results"]]

    def export(self):
        answer = self.client.get("/api/export")
        assert answer.status_code == 200
        return json.loads(answer.content)


@pytest.mark.django_db
@given(STEPS)
def test_an_import_of_an_export_makes_the_same(steps):
    source, target = Account(), Account()
    for step in steps:
        source.run(*step)
    document = source.export()

    first, second = (
        target.client.post("/api/import", document, format="json").json() for _ in range(2)
    )

    total = sum(len(document[name]) for name in ("projects", "tasks", "trash"))
    assert first == {"created": total, "skipped": 0, "warnings": []}, first
    assert second == {"created": 0, "skipped": total, "warnings": []}
    assert comparable(target.export()) == comparable(document)


NAMES = [*TYPES, "RECURRENCE-ID", "DTSTAMP", "X-OTHER"]
KINDS = [
    "BINARY", "BOOLEAN", "CAL-ADDRESS", "DATE", "DATE-TIME", "DURATION", "FLOAT", "INTEGER",
    "PERIOD", "RECUR", "TEXT", "TIME", "UNKNOWN", "URI", "UTC-OFFSET", "UID", "XML-REFERENCE",
]  # fmt: skip
VALUES = [
    "", "a", "a,b", "50", "-1", "1.5", "9" * 5_000, "20200101", "20200101T000000Z", "00010101",
    "00010101T000000", "99991231T235959Z", "20200101T000000Z/PT1H", "PT5M", "-P1W", "101010",
    "FREQ=DAILY", "FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2", "FREQ=DAILY;UNTIL=00010101T000000Z",
    "TRUE", "+0100", "mailto:a@example.com", "COMPLETED", "\x00", "\\", "🎉",
]  # fmt: skip
PARAMETERS = [
    "", ";TZID=Europe", ";TZID=Europe/Berlin", ";TZID=a,b", ";TZID=", ';TZID="', ";TZID=/",
    ";TZID=/a/Pacific/Kiritimati", ";RELTYPE=PARENT,CHILD", ";ENCODING=BASE64", ";X", ";=", ";;",
]  # fmt: skip
LINE = st.builds(
    "{}{}{}:{}".format,
    st.sampled_from(NAMES),
    st.sampled_from(["", *(f";VALUE={kind}" for kind in KINDS)]),
    st.sampled_from(PARAMETERS),
    st.sampled_from(VALUES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)


@pytest.mark.django_db
@given(st.lists(LINE, max_size=8))
@settings(max_examples=settings().max_examples * 10)
def test_no_line_of_a_to_do_is_an_error(lines):
    target = Account()
    User.objects.filter(pk=target.user.pk).update(timezone="Pacific/Kiritimati")
    target.client.raise_request_exception = False
    text = "\n".join(["BEGIN:VCALENDAR", "BEGIN:VTODO", *lines, "END:VTODO", "END:VCALENDAR"])

    answer = target.client.post("/api/import", text.encode(), content_type="text/calendar")

    assert answer.status_code in (201, 400), answer.content
    assert target.client.get("/api/export").status_code == 200
