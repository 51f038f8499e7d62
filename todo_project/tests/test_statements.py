import threading

import pytest
from django.conf import settings
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from todo_project.api.statements import MOST, execute, kept

pytestmark = [
    pytest.mark.skipif(settings.EMBEDDED_DATABASE, reason="SQLite's cursors are not kept"),
    pytest.mark.django_db(transaction=True),
]

HALF = "SELECT 10 / %s, %s::text"
PREPARED = "SELECT name FROM pg_prepared_statements WHERE statement LIKE %s"
DOUBLE = "SELECT n * 2 FROM generate_series(1, %s) AS n"


def cursor_of(sql, parameters, one_row=True):
    return execute(sql, parameters, one_row=one_row).cursor


def fetch(sql, parameters, one_row=True):
    return execute(sql, parameters, one_row=one_row).fetchall()


def test_each_text_has_a_cursor():
    first = cursor_of(HALF, [2, "a"])
    converters = first._tx  # psycopg's

    assert fetch(HALF, [5, "b"]) == [(2, "b")]
    assert cursor_of(HALF, [1, None]) is first
    assert first._tx is converters
    assert cursor_of(DOUBLE, [1]) is not first
    assert fetch(HALF, [1, None]) == [(10, None)]


def test_lists_share_a_cursor_so_few_rows_are_kept():
    fetch(DOUBLE, [1000], one_row=False)

    assert cursor_of(DOUBLE, [3], one_row=False) is cursor_of(HALF, [2, "a"], one_row=False)
    assert cursor_of(DOUBLE, [3]) is not cursor_of(DOUBLE, [3], one_row=False)


def test_a_new_connection_has_new_cursors():
    first = cursor_of(HALF, [2, "a"])

    connection.close()

    assert fetch(HALF, [2, "a"]) == [(5, "a")]
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


def test_old_cursors_are_dropped():
    first = cursor_of(HALF, [2, "a"])

    for n in range(2 * MOST):
        execute(f"SELECT {n}, %s::text", ["a"], one_row=True)

    assert len(kept.cursors) <= MOST
    assert cursor_of(HALF, [2, "a"]) is not first


def test_a_cursor_works_after_a_rollback_which_drops_prepared_statements():
    for _ in range(2):
        for _ in range(4):
            first = cursor_of(HALF, [2, "a"])
        assert fetch(PREPARED, ["SELECT 10 /%"], one_row=False)

        with pytest.raises(DataError), transaction.atomic():
            execute(HALF, [0, "a"], one_row=True)

        assert fetch(HALF, [2, "a"]) == [(5, "a")]
        assert cursor_of(HALF, [2, "a"]) is first


def test_queries_are_logged():
    execute(HALF, [2, "a"], one_row=True)

    with CaptureQueriesContext(connection) as queries:
        execute(HALF, [5, "a"], one_row=True)

    assert "10 / " in queries[0]["sql"]
