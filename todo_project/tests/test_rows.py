"""Rows that are written with SQL built once are equal to those that Django writes."""

from datetime import UTC, date, datetime, time

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.test.utils import CaptureQueriesContext

from projects.models import Project
from tasks.models import Task
from todo_project.api import rows

INSTANT = datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)
VALUES = [
    {},
    {"title": "\u00e9 \U0001f95b %s", "description": "two\nlines", "tags": ["home", "Käse"]},
    {"due_date": date(2026, 12, 1), "due_time": time(9, 30), "repeat": "FREQ=DAILY"},
    {"title": "\\ \" ' {0}", "description": "\\u0041\x7f\u2028", "tags": ["{}", '"', "\\", "null"]},
    {
        "due_date": date(9998, 12, 31),
        "due_time": time(23, 59, 59, 999_999),
        "occurrence": 2**31 - 1,
    },
    {"completed_at": INSTANT, "member_revisions": {"title": 7}},
    {"project": None, "parent": None},
]


@pytest.fixture
def make(alice):
    def make(**values):
        if "project" in values:
            project = Project.objects.create(owner=alice, name="Errands")
            parent = Task.objects.create(owner=alice, title="Shop", project=project)
            values |= {"project": project, "parent": parent, "depth": 1, "parent_depth": 0}
        return Task(owner=alice, updated_at=INSTANT, created_at=INSTANT, **values)

    return make


def copy(task):
    return Task(**{field.name: getattr(task, field.name) for field in Task._meta.fields})


def stored(task):
    return Task.objects.values(*columns()).get(pk=task.pk)


def columns():
    """All but those in which two equal tasks differ."""
    fields = Task._meta.concrete_fields
    return [field.attname for field in fields if field.name not in ("id", "position")]


@pytest.mark.parametrize("values", VALUES)
def test_an_inserted_row(make, values):
    by_django = make(**{"title": "Buy milk", **values})
    ours = copy(by_django)
    models.Model.save(by_django, force_insert=True)

    rows.insert(ours)

    assert ours.pk > by_django.pk
    assert not ours._state.adding
    assert stored(ours) == stored(by_django)


@pytest.mark.parametrize("values", VALUES)
def test_an_updated_row(milk, alice, make, values):
    changed = make(**{"title": "Changed", **values})
    by_django = Task.objects.create(owner=alice, title="Buy oats")
    for task in (milk, by_django):
        task.__dict__.update({name: changed.__dict__[name] for name in columns()})
    models.Model.save(by_django, update_fields=columns())

    rows.update(milk, columns())

    assert stored(milk) == stored(by_django)


@pytest.fixture
def several(make, monkeypatch):
    monkeypatch.setattr(rows, "BATCH", 3)
    return [make(**{"title": "Buy milk", **values}) for values in VALUES]


def test_several_inserted_rows(several):
    ours = [*map(copy, several)]
    for task in several:
        models.Model.save(task, force_insert=True)

    rows.insert_all(Task, ours)

    assert not any(task._state.adding for task in ours)
    assert [*map(stored, ours)] == [*map(stored, several)]


def test_several_updated_rows(alice, several):
    ours = [Task.objects.create(owner=alice, title=f"Task {n}") for n in range(len(VALUES))]
    for task, changed in zip(ours, several, strict=True):
        models.Model.save(changed, force_insert=True)
        task.__dict__.update({name: changed.__dict__[name] for name in columns()})

    rows.save_all(Task, dict.fromkeys(ours, columns()))

    assert [*map(stored, ours)] == [*map(stored, several)]


def test_several_rows_take_one_parameter(several):
    with CaptureQueriesContext(connection) as queries:
        rows.insert_all(Task, several[:3])
        rows.save_all(Task, dict.fromkeys(several[:3], ("title",)))

    assert [query["sql"].split()[0] for query in queries] == ["INSERT", "UPDATE"]
    assert rows.insert_all_statement(Task)[0].count("%s") == 1


def test_only_the_named_columns_are_written(milk):
    milk.title, milk.description = "Buy oats", "not written"

    rows.update(milk, ["title"])

    assert (stored(milk)["title"], stored(milk)["description"]) == ("Buy oats", "")


def test_a_row_that_is_gone_is_an_error(alice, milk):
    oats = Task.objects.create(owner=alice, title="Buy oats")
    with transaction.atomic():
        Task.objects.filter(pk=milk.pk)._raw_delete("default")
        with pytest.raises(DatabaseError):
            rows.save_all(Task, {milk: ["title"]})
        with pytest.raises(DatabaseError):
            rows.save_all(Task, {oats: ["title"], milk: ["title"]})


def test_the_sql_is_built_once(milk, monkeypatch):
    rows.update(milk, ["title", "priority"])
    monkeypatch.setattr(rows, "quote", None)

    with CaptureQueriesContext(connection) as queries:
        rows.update(milk, ["priority", "title"])

    assert len(queries) == 1
