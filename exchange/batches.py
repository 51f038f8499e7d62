"""Reads many rows with little memory."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

ROWS = 1_000


def in_batches(rows: Any) -> Iterator[list[Any]]:
    """An owner's rows in the order of their revisions, which their index has."""
    rows, after = rows.order_by("revision", "pk"), Q()
    while batch := list(rows.filter(after)[:ROWS]):
        yield batch
        last = batch[-1]
        after = Q(revision__gt=last.revision) | Q(revision=last.revision, pk__gt=last.pk)
