"""The indexes that the first migration creates on PostgreSQL."""

import logging

import pytest
from django.db import connection

from tasks import indexes
from tasks.models import Task
from todo_project.server import trigrams

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the indexes are PostgreSQL's"),
]


def names():
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Task._meta.db_table)
    return {name for name in found if name in ("task_by_tag", "task_by_text")}


def create():
    with connection.schema_editor(atomic=False) as editor:
        editor.execute("DROP INDEX task_by_tag; DROP INDEX task_by_text")
        indexes.create_indexes(None, editor)


def test_they_are_there():
    assert names() == {"task_by_tag", "task_by_text"}


def test_a_missing_right_is_no_error(monkeypatch, caplog, alice_client):
    monkeypatch.setattr(trigrams, "EXTENSION", "CREATE EXTENSION no_such_extension")

    with caplog.at_level(logging.WARNING, "todo_project.server.trigrams"):
        create()

    assert names() == {"task_by_tag"}
    assert "CREATE INDEX task_by_text" in caplog.text
    alice_client.post("/api/tasks", {"title": "Buy milk"})
    assert len(alice_client.get("/api/tasks?search=MILK").json()) == 1
