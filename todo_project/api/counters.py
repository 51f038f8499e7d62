"""The counter of a user's writes, a column of the user."""

from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from .rows import Statement
from .statements import execute


def take_number(owner_id: int) -> int | None:
    """Takes an owner's next number. The statement also locks the owner's row."""
    rows = execute(*next_number(owner_id), one_row=True).fetchall()
    return int(rows[0][0]) if rows else None


def next_number(owner_id: int, *before: int) -> Statement:
    """The SQL that takes an owner's next number, or only the one after the number `before`."""
    return number_sql(bool(before)), [owner_id, *before]


@cache
def number_sql(has_condition: bool) -> str:
    table = connection.ops.quote_name(get_user_model()._meta.db_table)
    condition = " AND revision = %s" if has_condition else ""
    return (
        f"UPDATE {table} SET revision = revision + 1 "  # noqa: S608  (names only)
        f"WHERE id = %s{condition} RETURNING revision"
    )


def has_changed(owner: Any) -> bool:
    """True if a write has changed an object of the owner since the owner was read."""
    stored = get_user_model()._base_manager.filter(pk=owner.pk, revision=owner.revision)
    return not stored.exists()
