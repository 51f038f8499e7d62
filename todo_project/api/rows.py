"""Writes many rows with few statements."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.db import models

BATCH = 1_000  # the most rows in one statement
ALIKE = 20  # the least average number of rows with equal values for one UPDATE per group


def save_all(model: Any, updated: Mapping[Any, Collection[str]]) -> None:
    """Write these columns of these rows, with one statement for rows with equal values."""
    if len(updated) == 1:
        for one, columns in updated.items():
            return models.Model.save(one, update_fields=columns)
    groups: dict[str, tuple[dict[str, Any], list[Any]]] = {}
    for one, columns in updated.items():
        values = {column: getattr(one, column) for column in sorted(columns)}
        groups.setdefault(repr(values), (values, []))[1].append(one.pk)
    if len(groups) == 1 or len(groups) * ALIKE <= len(updated):
        for values, keys in groups.values():
            for batch in batches(keys):
                model._base_manager.filter(pk__in=batch).update(**values)
    else:
        model._base_manager.bulk_update(updated, set().union(*updated.values()), BATCH)
    return None


def delete_all(model: Any, keys: Collection[int]) -> None:
    """Delete these rows and their parts."""
    for name in model.parts:
        relation = model._meta.get_field(name)
        parts = relation.related_model._base_manager
        parts.filter(**{f"{relation.field.name}__in": keys}).delete()
    model._base_manager.filter(pk__in=keys).delete()


def by(key: Callable[[Any], Any], ones: Iterable[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """Groups of consecutive objects with the same key."""
    for value, group in groupby(ones, key):
        yield value, list(group)


def batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
