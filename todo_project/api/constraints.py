"""Tells database errors caused by a conflicting request from errors in our code."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.db import IntegrityError
from django.db.models import UniqueConstraint

FOREIGN_KEY = "23503"  # SQLSTATE
SQLITE = re.compile(r"(?:CHECK|UNIQUE) constraint failed: (?:index ')?([^']+)'?")


def is_conflict(error: IntegrityError) -> bool:
    """True if a model's constraint is violated or a referenced row no longer exists.

    Any other error, such as a null in a required column, is a bug in the code.
    """
    diagnostics: Any = getattr(error.__cause__, "diag", None)
    if diagnostics:
        if diagnostics.sqlstate == FOREIGN_KEY:
            return True
        return diagnostics.constraint_name in known_constraints()
    if str(error) == "FOREIGN KEY constraint failed":
        return True
    violated = SQLITE.fullmatch(str(error))
    return violated is not None and violated[1] in known_constraints()


@cache
def known_constraints() -> frozenset[str]:
    return frozenset(name for model in apps.get_models() for name in names(model))


def names(model: Any) -> Iterator[str]:
    """The names that databases use for a model's constraints; SQLite mostly names the columns."""
    table = model._meta.db_table
    for constraint in model._meta.constraints:
        yield constraint.name
        if isinstance(constraint, UniqueConstraint):
            fields = map(model._meta.get_field, constraint.fields)
            yield ", ".join(f"{table}.{field.column}" for field in fields)
    for field in model._meta.concrete_fields:
        if field.unique and not field.primary_key:
            yield f"{table}_{field.column}_key"
            yield f"{table}.{field.column}"
