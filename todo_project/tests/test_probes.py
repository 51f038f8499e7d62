import socket

import pytest
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from todo_project.server import probes


def test_health_uses_no_database(client):
    """Without the `db` fixture, any query fails the test."""
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


HOSTS = [
    b"HTTP/1.1\r\nHost: 10.1.2.3:8000",
    b"HTTP/1.1\r\nHost: evil.example",
    b"HTTP/1.1\r\nHost: no host",
    b"HTTP/1.1\r\nHost: \xff\xfe",
    b"HTTP/1.1\r\nHost: a\r\nHost: b",
    b"HTTP/1.1",
    b"HTTP/1.0\r\nHost:",
    b"HTTP/1.0",
]


@pytest.mark.parametrize("path", [b"/health", b"/health/", b"/ready"])
@pytest.mark.parametrize("host", HOSTS)
def test_probes_accept_any_host(server, path, host):
    assert ask(server, b"GET %s %s" % (path, host)) == b"200"


@pytest.mark.parametrize("path", [b"/openapi.json", b"/api/tasks", b"/healthy", b"/"])
@pytest.mark.parametrize("host", HOSTS)
def test_other_paths_require_an_allowed_host(server, path, host):
    assert ask(server, b"GET %s %s" % (path, host)) == b"400"


def ask(server, request):
    """The status of the response."""
    address = server.removeprefix("http://").split(":")
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(request + b"\r\nConnection: close\r\n\r\n")
        return connection.makefile("rb").readline().split()[1]
