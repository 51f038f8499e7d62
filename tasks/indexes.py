"""The indexes of tags and of the text that a search looks into, which PostgreSQL alone has."""

from typing import Any

from todo_project.server.trigrams import create_index

BY_TAG = "CREATE INDEX task_by_tag ON tasks_task USING gin (tag_keys)"
BY_TEXT = "CREATE INDEX task_by_text ON tasks_task USING gin (search_key gin_trgm_ops)"


def create_indexes(apps: Any, schema_editor: Any) -> None:
    """An operation of a migration."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(BY_TAG)
        create_index(schema_editor, BY_TEXT)
