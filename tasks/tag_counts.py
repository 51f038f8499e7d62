"""The tags that an owner has, in one query."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

# The tags of an owner's live tasks by spelling: key, name, the first task, number of open tasks.
COUNT = """
    SELECT {columns}, min(task.id), count(*) FILTER (WHERE task.completed_at IS NULL)
    FROM tasks_task task, {tags}
    WHERE task.owner_id = %s AND task.deleted_at IS NULL
    GROUP BY 1, 2
"""
COUNTS = {
    "postgresql": COUNT.format(
        columns="tag.key, tag.name", tags="unnest(task.tag_keys, task.tags) AS tag(key, name)"
    ),
    "sqlite": COUNT.format(
        columns="tag.value, json_extract(task.tags, tag.fullkey)",
        tags="json_each(task.tag_keys) AS tag",
    ),
}


def count_tags(owner_id: int) -> list[dict[str, Any]]:
    """In the order of their keys, as the oldest task spells them, with the number of open tasks."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS[connection.vendor], [owner_id])
        rows = sorted(cursor.fetchall(), key=itemgetter(0, 2))
    spellings = ([*group] for _, group in groupby(rows, itemgetter(0)))
    return [{"name": group[0][1], "tasks": sum(row[3] for row in group)} for group in spellings]
