"""The indexes of tags and of the text that a search looks into, which PostgreSQL alone has.

Without `pg_trgm` a search reads the texts of the caller's tasks, so it is slower but still right.
"""

import logging
from typing import Any

from django.db import DatabaseError, transaction

logger = logging.getLogger(__name__)

BY_TAG = "CREATE INDEX task_by_tag ON tasks_task USING gin (tag_keys)"
EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
BY_TEXT = "CREATE INDEX task_by_text ON tasks_task USING gin (search_key gin_trgm_ops)"


def create_indexes(apps: Any, schema_editor: Any) -> None:
    """An operation of a migration."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    schema_editor.execute(BY_TAG)
    try:
        with transaction.atomic(using=connection.alias):
            schema_editor.execute(EXTENSION)
            schema_editor.execute(BY_TEXT)
    except DatabaseError as error:
        logger.warning(
            "No index for searches, so they are slower: %s To create it later, run as a user with "
            "the right to: %s; %s;",
            str(error).splitlines()[0],
            EXTENSION,
            BY_TEXT,
        )
