import threading

import pytest
from django.conf import settings
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from todo_project.api.statements import execute

pytestmark = [
    pytest.mark.skipif(settings.EMBEDDED_DATABASE, reason="SQLite's cursors are not kept"),
    pytest.mark.django_db(transaction=True),
]

HALF = "SELECT 10 / %s, %s::text"
DOUBLE = "SELECT n * 2 FROM generate_series(1, %s) AS n"


def cursor_of(sql, parameters, **options):
    return execute(sql, parameters, **options).cursor


def test_each_text_has_a_cursor():
    first = cursor_of(HALF, [2, "a"])

    assert execute(HALF, [5, "b"]).fetchall() == [(2, "b")]
    assert cursor_of(HALF, [1, None]) is first
    assert cursor_of(DOUBLE, [1]) is not first
    assert execute(HALF, [1, None]).fetchall() == [(10, None)]


def test_lists_share_a_cursor_so_few_rows_are_kept():
    execute(DOUBLE, [1000], many=True).fetchall()

    assert cursor_of(DOUBLE, [3], many=True) is cursor_of(HALF, [2, "a"], many=True)
    assert cursor_of(DOUBLE, [3]) is not cursor_of(DOUBLE, [3], many=True)


def test_a_new_connection_has_new_cursors():
    first = cursor_of(HALF, [2, "a"])

    connection.close()

    assert execute(HALF, [2, "a"]).fetchall() == [(5, "a")]
    assert cursor_of(HALF, [2, "a"]) is not first


def test_each_thread_has_its_own():
    seen = [cursor_of(HALF, [2, "a"])]

    def run():
        seen.append(cursor_of(HALF, [2, "a"]))
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    assert seen[0].connection is not seen[1].connection
    assert cursor_of(HALF, [2, "a"]) is seen[0]


def test_a_cursor_works_after_an_error_and_a_rollback():
    first = cursor_of(HALF, [2, "a"])

    for _ in range(10):  # so that it is a prepared statement, which psycopg drops in a rollback
        with pytest.raises(DataError), transaction.atomic():
            execute(HALF, [0, "a"])

        assert execute(HALF, [2, "a"]).fetchall() == [(5, "a")]
    assert cursor_of(HALF, [2, "a"]) is first


def test_queries_are_logged():
    execute(HALF, [2, "a"])

    with CaptureQueriesContext(connection) as queries:
        execute(HALF, [5, "a"])

    assert "10 / " in queries[0]["sql"]
