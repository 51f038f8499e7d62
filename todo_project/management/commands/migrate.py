import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import CommandParser
from django.core.management.commands import migrate
from django.db import connections

LOCK = 7_361_001  # any number that nothing else in the database locks


class Command(migrate.Command):
    """Django's, past a connection pooler, and one at a time however many machines start it."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        if "direct" in connections:
            parser.set_defaults(database="direct")

    def handle(self, *args: Any, **options: Any) -> None:
        with one_at_a_time(options["database"]):
            super().handle(*args, **options)


@contextmanager
def one_at_a_time(alias: str) -> Iterator[None]:
    """Holds an advisory lock in a transaction of a connection of its own.

    The lock of a session would be lost in a pooler, and a migration that creates an index
    concurrently can be in no transaction itself. It waits for whoever is in a query, so whoever
    wants the lock asks for it again and again and does not wait in a query.
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
