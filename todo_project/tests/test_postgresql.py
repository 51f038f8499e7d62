"""The differences between our PostgreSQL backend and Django's."""

import select
import threading
from datetime import UTC, datetime

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.postgresql import base

from tasks.models import Task

pytestmark = [
    pytest.mark.skipif(settings.EMBEDDED_DATABASE, reason="needs PostgreSQL"),
    pytest.mark.django_db(transaction=True),
]

INSTANT = datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def kept():
    """An idle connection, as between two requests."""
    connection.ensure_connection()
    yield connection
    connection.close()


@pytest.fixture
def questions(monkeypatch):
    """Counts the queries that check whether a connection works."""
    asked, stock = [], base.DatabaseWrapper.is_usable
    monkeypatch.setattr(
        base.DatabaseWrapper, "is_usable", lambda self: asked.append(1) or stock(self)
    )
    return asked


@pytest.fixture
def other():
    with psycopg.connect(**psycopg_parameters(), autocommit=True) as other:
        yield other


def psycopg_parameters():
    names = ("host", "port", "user", "password", "dbname")
    return {name: connection.get_connection_params().get(name) for name in names}


def test_a_working_connection_costs_no_query(kept, questions):
    assert kept.is_usable()
    assert questions == []


def test_a_connection_ended_by_the_server_is_detected(kept, other):
    other.execute("SELECT pg_terminate_backend(%s, 5000)", [kept.connection.info.backend_pid])

    assert not kept.is_usable()


def test_a_closed_connection_is_detected(kept):
    kept.connection.close()

    assert not kept.is_usable()


def test_a_connection_with_a_message_works(kept, other, questions):
    with kept.cursor() as cursor:
        cursor.execute("LISTEN news")
    other.execute("NOTIFY news")
    select.select([kept.connection], [], [], 5)

    assert kept.is_usable()
    assert questions == [1]
    assert kept.is_usable()
    assert questions == [1]


# A value that another database may have, and the value that the code depends on.
PARAMETERS = [
    ("DateStyle", "German, DMY", "ISO, MDY"),
    ("IntervalStyle", "iso_8601", "postgres"),
    ("TimeZone", "Asia/Tokyo", "UTC"),
    ("standard_conforming_strings", "off", "on"),
    (
        "default_transaction_isolation",
        "serializable",
        "serializable",
    ),  # set per transaction
]


@pytest.fixture
def odd_database(other):
    """A database with unusual defaults."""
    name = connection.settings_dict["NAME"]
    for parameter, odd, _ in PARAMETERS:
        other.execute(f"ALTER DATABASE {name} SET {parameter} = '{odd}'")
    connection.close()
    yield
    other.execute(f"ALTER DATABASE {name} RESET ALL")
    connection.close()


@pytest.mark.parametrize(("parameter", "odd", "value"), PARAMETERS)
def test_a_connection_has_the_parameters_that_the_code_depends_on(
    odd_database, parameter, odd, value
):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {parameter}")

        assert cursor.fetchone() == (value,)


def test_a_statement_sees_earlier_commits_of_others(odd_database):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")

        assert cursor.fetchone() == ("read committed",)


def test_repeated_statements_are_prepared(alice_client):
    for _ in range(4):
        assert alice_client.get("/api/tasks").status_code == 200

    with connection.cursor() as cursor:
        query = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"
        cursor.execute(query, ["%tasks_task%"])
        assert cursor.fetchone() == (1,)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the test leaves connections open
@pytest.mark.usefixtures("without_collections")
def test_threads_that_end_leave_no_connections(other):
    before = backends(other)
    for _ in range(10):
        thread = threading.Thread(target=lambda: list(Task.objects.all()))
        thread.start()
        thread.join()

    assert backends(other) <= before + 2


def backends(other):
    name = connection.settings_dict["NAME"]
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
    return other.execute(query, [name]).fetchone()[0]


@pytest.mark.parametrize("read", [list, lambda tasks: list(tasks.iterator())])
def test_an_instant_is_read_in_utc(alice, read):
    task = Task.objects.create(owner=alice, title="Buy milk", created_at=INSTANT)

    (found,) = read(Task.objects.filter(pk=task.pk))

    assert found.created_at == INSTANT
    assert found.created_at.isoformat() == "2026-11-20T10:00:00.123456+00:00"


@pytest.mark.parametrize("bound_by_server", [True, False])
def test_a_named_cursor_binds_parameters_like_djangos(bound_by_server):
    other = connection.copy()
    other.settings_dict["OPTIONS"]["server_side_binding"] = bound_by_server
    try:
        with other.chunked_cursor() as cursor:
            cursor.execute("SELECT n + %s FROM generate_series(1, 2) AS n", [1])
            rows = cursor.fetchall()
        assert rows == [(2,), (3,)]
        assert isinstance(cursor.cursor, base.ServerSideCursor) != bound_by_server
    finally:
        other.close()
