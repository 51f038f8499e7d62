import pytest
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from todo_project import probes


def test_health_touches_nothing(client):
    """Without the `db` fixture any query would fail the test."""
    response = client.get("/health")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_when_reachable_and_migrated(client, db):
    response = client.get("/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_not_ready_while_a_migration_is_missing(client, db):
    MigrationRecorder(connection).record_unapplied("tasks", "0001_initial")

    response = client.get("/ready")

    assert (response.status_code, response.json()) == (503, {"status": "migrations missing"})


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, InternalError])
def test_not_ready_without_the_database(client, db, monkeypatch, error):
    def refuse(*args):
        raise error("connection refused to db.internal")

    monkeypatch.setattr(probes, "MigrationExecutor", refuse)

    response = client.get("/ready")

    assert (response.status_code, response.json()) == (503, {"status": "database unreachable"})
