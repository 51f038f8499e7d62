import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import CommandParser
from django.core.management.commands import migrate
from django.db import connections

LOCK = 7_361_001  # an arbitrary number; nothing else in the database locks it


class Command(migrate.Command):
    """Django's command, but it bypasses a connection pooler, and only one runs at a time."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        if "direct" in connections:
            parser.set_defaults(database="direct")

    def handle(self, *args: Any, **options: Any) -> None:
        with one_at_a_time(options["database"]):
            super().handle(*args, **options)


@contextmanager
def one_at_a_time(alias: str) -> Iterator[None]:
    """Holds an advisory lock in a transaction on a separate connection.

    A pooler would lose a session lock. A migration that creates an index concurrently cannot run
    in a transaction. It also waits for all running queries, so this function polls for the lock:
    a query that waits for the lock would block the migration.
    """
    if connections[alias].vendor != "postgresql":
        yield
        return
    holder: Any = connections[alias].copy()
    try:
        holder.set_autocommit(False)
        while not has_lock(holder):
            holder.rollback()
            time.sleep(0.2)
        yield
    finally:
        holder.close()


def has_lock(holder: Any) -> bool:
    with holder.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
