from typing import Any

from django import template
from django.db import connection

from accounts.models import User
from tasks.models import Task

register = template.Library()

ESTIMATED = 100_000  # rows from which on PostgreSQL's own estimate will do

COUNT = "(SELECT count({column}) FROM {table})"
# As of the last autovacuum; null where there are fewer rows, or no estimate.
ESTIMATE = """(
    SELECT reltuples * (1 - null_frac) FROM pg_class JOIN pg_stats
        ON tablename = relname AND schemaname = relnamespace::regnamespace::text
    WHERE oid = '{table}'::regclass AND attname = '{column}' AND reltuples >= {estimated}
)"""


@register.inclusion_tag("admin/totals.html")
def totals(user: User) -> dict[str, Any]:
    """How many there are of what `user` may see, in one query."""
    columns = {}
    if may_see(user, "accounts", "user"):
        columns["Users"] = (User._meta.db_table, "id")
    if may_see(user, "tasks", "task"):
        columns["Tasks"] = (Task._meta.db_table, "id")
        columns["Completed tasks"] = (Task._meta.db_table, "completed_at")
    return {"totals": dict(zip(columns, figures(*columns.values()), strict=True))}


def may_see(user: User, app: str, model: str) -> bool:
    return any(user.has_perm(f"{app}.{action}_{model}") for action in ("view", "change"))


def figures(*columns: tuple[str, str]) -> list[str]:
    """Of each column of a table how many values are not null."""
    if not columns:
        return []
    estimates = connection.vendor == "postgresql"
    form = f"COALESCE({ESTIMATE}, {COUNT})" if estimates else COUNT
    parts = [form.format(table=t, column=c, estimated=ESTIMATED) for t, c in columns]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts))
        numbers = [int(number) for number in cursor.fetchone()]
    rows = {table: number for (table, c), number in zip(columns, numbers, strict=True) if c == "id"}
    return [
        f"about {round(number, -3):,}" if estimates and rows[table] >= ESTIMATED else f"{number:,}"
        for (table, _), number in zip(columns, numbers, strict=True)
    ]
