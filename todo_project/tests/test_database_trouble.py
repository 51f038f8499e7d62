"""A real server whose database becomes unreachable and returns."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing

import psycopg
import pytest
from django.conf import settings

from .conftest import fresh_database

pytestmark = pytest.mark.skipif(settings.EMBEDDED_DATABASE, reason="needs a database server")


def ask(url, body=None, **headers):
    """The status, the headers and the JSON of a response."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.headers, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.load(error)


@pytest.fixture(scope="module")
def trouble(serving):
    """A server, an access token, and a function that blocks or allows database connections."""
    with fresh_database() as variables, serving(**variables, WORKERS="2") as server:
        address, name = variables["DATABASE_URL"].rsplit("/", 1)
        account = {"email": "ann@example.com", "password": "correct horse battery"}
        ask(f"{server}/api/auth/register", account)
        token = ask(f"{server}/api/auth/login", account)[2]["access"]
        with closing(psycopg.connect(f"{address}/postgres", autocommit=True)) as connection:

            def allow_connections(allowed):
                connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}")
                connection.execute(
                    # and waits until every connection has ended
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE datname = %s",
                    [name],
                )

            yield server, {"Authorization": f"Bearer {token}"}, allow_connections


def test_broken_connections_are_replaced_without_an_error(trouble):
    server, headers, allow_connections = trouble

    for _ in range(3):
        assert [ask(f"{server}/api/tasks", **headers)[0] for _ in range(8)] == [200] * 8
        allow_connections(True)  # also ends existing connections


def test_calls_are_503_until_the_database_is_back(trouble):
    server, headers, allow_connections = trouble
    task = {"title": "Buy milk"}
    assert ask(f"{server}/api/tasks", task, **headers)[0] == 201

    allow_connections(False)
    down = [
        ask(f"{server}/api/tasks", **headers),
        ask(f"{server}/api/tasks", task, **headers),
        ask(f"{server}/api/auth/login", {"email": "ann@example.com", "password": "x"}),
        ask(f"{server}/api/auth/me", Cookie="sessionid=" + "x" * 32),
    ]
    health, ready = ask(f"{server}/health")[0], ask(f"{server}/ready")[0]
    allow_connections(True)

    for status, answered, problem in down:
        assert (status, problem["code"]) == (503, "database_unavailable")
        assert answered["Retry-After"].isdecimal()
        assert answered["Content-Type"] == "application/problem+json"
        assert "connection" not in problem["detail"]
    assert (health, ready) == (200, 503)
    assert ask(f"{server}/ready")[0] == 200
    assert [found["title"] for found in ask(f"{server}/api/tasks", **headers)[2]] == ["Buy milk"]


@pytest.fixture
def kept(serving):
    """A server with one connection, an access token, and a function that changes the database."""
    one = {"WORKERS": "1", "THREADS": "1"}
    with fresh_database() as variables, serving(**variables, **one) as server:
        account = {"email": "ann@example.com", "password": "correct horse battery"}
        ask(f"{server}/api/auth/register", account)
        token = ask(f"{server}/api/auth/login", account)[2]["access"]
        with psycopg.connect(variables["DATABASE_URL"], autocommit=True) as connection:
            yield server, {"Authorization": f"Bearer {token}"}, connection


def make_read_only(connection):
    """As a standby is: for the connections that are made from now on."""
    name = connection.info.dbname
    connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def fail_over(connection):
    """New connections accept writes. Existing connections stay read-only."""
    name = connection.info.dbname
    connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")


def test_a_connection_to_a_read_only_server_is_dropped_when_it_fails(kept):
    server, headers, connection = kept
    task = {"title": "Buy milk"}
    make_read_only(connection)
    assert ask(f"{server}/api/tasks", **headers)[0] == 200

    fail_over(connection)
    status, answered, problem = ask(f"{server}/api/tasks", task, **headers)

    assert (status, problem["code"]) == (503, "database_unavailable")
    assert answered["Retry-After"].isdecimal()
    assert ask(f"{server}/api/tasks", task, **headers)[0] == 201


def test_a_server_with_a_read_only_database_is_not_ready(kept):
    server, _, connection = kept
    make_read_only(connection)

    first = ask(f"{server}/ready")
    fail_over(connection)
    second = ask(f"{server}/ready")

    assert (first[0], first[2]) == (503, {"status": "database read-only"})
    assert (second[0], second[2]) == (200, {"status": "ok"})


def test_a_connection_with_plans_of_a_changed_table_is_dropped_when_it_fails(kept):
    server, headers, connection = kept
    assert [ask(f"{server}/api/tasks", **headers)[0] for _ in range(4)] == [200] * 4  # prepared

    connection.execute("ALTER TABLE tasks_task ALTER COLUMN title TYPE varchar(201)")
    status, answered, problem = ask(f"{server}/api/tasks", **headers)

    assert (status, problem["code"]) == (503, "database_unavailable")
    assert answered["Retry-After"].isdecimal()
    assert ask(f"{server}/api/tasks", **headers)[0] == 200


def test_a_url_that_requires_tls_allows_no_plain_connection(copy_project, tmp_path):
    code = """if True:
        from django.db import connection
        with connection.cursor() as cursor:
            cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            print(cursor.fetchone())
    """
    project = copy_project(tmp_path)
    with fresh_database() as variables:
        variables["DATABASE_URL"] += "?sslmode=require"
        result = subprocess.run(
            [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", code],
            cwd=project,
            env={"PATH": os.environ["PATH"], **variables},
            capture_output=True,
            text=True,
        )

    refused = "server does not support SSL, but SSL was required" in result.stderr
    assert refused or result.stdout == "(True,)\n", result.stderr
