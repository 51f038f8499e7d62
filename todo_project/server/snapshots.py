from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# Django has one isolation level for each connection, and begins every transaction of SQLite as a
# writer.
BEGIN = {
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "sqlite": "BEGIN DEFERRED",
}


@contextmanager
def snapshot() -> Iterator[None]:
    """All queries inside see the database as it was at the first of them. It holds up no writer.

    Inside of a transaction it does nothing, as the isolation level cannot change there.
    """
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(BEGIN[connection.vendor])
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
