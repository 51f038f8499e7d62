"""Indexes for a search inside texts, which PostgreSQL alone has.

Without `pg_trgm`, a search reads every row that the rest of the query allows: slower, still right.
"""

import logging
from typing import Any

from django.db import DatabaseError, transaction
from django.db.migrations import RunPython

logger = logging.getLogger(__name__)

EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"


def create_index(schema_editor: Any, index: str) -> None:
    connection = schema_editor.connection
    try:
        with transaction.atomic(using=connection.alias):
            schema_editor.execute(EXTENSION)
            schema_editor.execute(index)
    except DatabaseError as error:
        logger.warning(
            "No index for searches, so they are slower: %s To create it later, run as a user with "
            "the right to: %s; %s;",
            str(error).splitlines()[0],
            EXTENSION,
            index,
        )


def index_columns(name: str, table: str, *columns: str) -> RunPython:
    """An operation of a migration: an index for the `icontains` of Django's admin.

    Django compares both sides in upper case, so the index has the columns in upper case.
    """
    parts = ", ".join(f"upper({column}::text) gin_trgm_ops" for column in columns)
    index = f"CREATE INDEX {name} ON {table} USING gin ({parts})"

    def create(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            create_index(schema_editor, index)

    return RunPython(create, RunPython.noop)
