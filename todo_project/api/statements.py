"""SQL that is executed with kept cursors on PostgreSQL.

Django makes a cursor for each statement, and psycopg looks up the converters of its columns. Both
take a third of the processor time of a statement for one row. Here each thread keeps a cursor for
each SQL text, so that psycopg keeps the converters, too.
"""

import threading
from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

LISTS = ""  # the name of the cursor for all statements of many rows


class Kept(threading.local):
    """A thread's cursors, by SQL text: few, because only SQL that is built once has one."""

    connection: Any = None  # whose cursors they are
    cursors: dict[str, Any]


kept = Kept()


def execute(sql: str, parameters: Sequence[Any], many: bool = False) -> Any:
    """The cursor after a statement that is executed again and again, with other parameters.

    Fetch all rows at once: the next statement replaces them. Pass `many` if there may be more than
    one row: then all SQL has one cursor, because a cursor keeps its rows until then.
    """
    cursor = find_cursor(LISTS if many else sql)
    cursor.execute(sql, parameters)
    return cursor


def find_cursor(name: str) -> Any:
    database: Any = connections[DEFAULT_DB_ALIAS]
    # An SQLite connection with a cursor would not close, but keep its locks.
    if database.vendor != "postgresql" or database.queries_logged:
        return database.cursor()
    database.close_if_health_check_failed()  # as Django does for a new cursor
    database.ensure_connection()
    if kept.connection is not database.connection:
        kept.connection, kept.cursors = database.connection, {}
    if name not in kept.cursors:
        kept.cursors[name] = database.cursor()
    return kept.cursors[name]
