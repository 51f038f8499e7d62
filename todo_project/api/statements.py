"""SQL that is executed with kept cursors on PostgreSQL.

Django makes a cursor for each statement, and psycopg looks up the converters of its columns. That
takes longer than sending a short statement. Here each thread keeps a cursor for each SQL text, and
a cursor keeps the converters.
"""

import threading
from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

LISTS = ""  # the name of the cursor for all statements of more than one row
MOST = 50  # cursors of a thread; a cursor may keep the values of its last statement


class Kept(threading.local):
    """The cursors of a thread by SQL text."""

    connection: Any = None  # whose cursors they are
    cursors: dict[str, Any]


kept = Kept()


def execute(sql: str, parameters: Sequence[Any], *, one_row: bool) -> Any:
    """Execute SQL and return the cursor. Fetch all rows before the next call, which replaces them.

    Pass the same string object each time: psycopg then keeps the converters. All statements that
    may return more than one row share a cursor, so that only the last of their results stays in
    memory.
    """
    cursor = find_cursor(sql if one_row else LISTS)
    cursor.execute(sql, parameters)
    return cursor


def find_cursor(name: str) -> Any:
    database = connect()
    # On SQLite, tests with kept cursors found locked databases.
    if database.vendor != "postgresql" or database.queries_logged:
        return database.cursor()
    if kept.connection is not database.connection:
        kept.connection, kept.cursors = database.connection, {}
    if name not in kept.cursors:
        if len(kept.cursors) == MOST:
            kept.cursors.clear()
        kept.cursors[name] = database.cursor()
    return kept.cursors[name]


def connect() -> Any:
    """The thread's database with a working connection, as Django ensures it for a new cursor."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    database.close_if_health_check_failed()
    database.ensure_connection()
    return database
