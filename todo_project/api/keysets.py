"""Queries for pages by keys: the rows after a position in the order of a queryset."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.db.models.fields.tuple_lookups import (
    Tuple,
    TupleExact,
    TupleGreaterThan,
    TupleLessThan,
)

from .prepared import Parameter, PreparedQuery


def make_page(
    queryset: QuerySet[Any],
    limit: int | None,
    backward: bool,
    has_position: bool,
    columns: Sequence[str],
) -> PreparedQuery:
    """The query of a page. The keys of its position, if any, are parameters.

    Without columns it gives instances, with columns tuples (see `with_keys()`).
    """
    fields = key_fields(queryset) if has_position else []
    keys = [Parameter(f"key {place}", field) for place, field in enumerate(fields)]
    page = after_position(queryset, backward, keys)
    if columns:
        page = page.values_list(*with_keys(columns, names_of(queryset)))
    return PreparedQuery(page[:limit])


def find_page(queryset: QuerySet[Any], backward: bool, position: Sequence[Any]) -> QuerySet[Any]:
    """Like `make_page()`, for a queryset that cannot be prepared."""
    pairs = zip(position, key_fields(queryset), strict=False)
    return after_position(queryset, backward, [Value(key, field) for key, field in pairs])


def names_of(queryset: QuerySet[Any]) -> list[str]:
    return [str(name) for name in queryset.query.order_by]


def bare(name: str) -> str:
    return name.removeprefix("-")


def with_keys(columns: Iterable[str], order: Iterable[str]) -> list[str]:
    """These columns, then those of the order that are not among them."""
    return [*dict.fromkeys([*columns, *map(bare, order)])]


def key_fields(queryset: QuerySet[Any]) -> list[Any]:
    """The fields of the columns and annotations in the order of a queryset."""
    annotations = queryset.query.annotations
    return [
        annotations[name].output_field
        if name in annotations
        else queryset.model._meta.get_field(name)
        for name in map(bare, names_of(queryset))
    ]


def after_position(queryset: QuerySet[Any], backward: bool, keys: Sequence[Any]) -> QuerySet[Any]:
    """The rows after a position, or before it, the nearest first. All rows if `keys` is empty."""
    order = names_of(queryset)
    if backward:
        queryset, order = queryset.reverse(), [opposite(name) for name in order]
    return queryset.filter(is_after(order, keys)) if keys else queryset


def is_after(order: Sequence[str], position: Sequence[Any]) -> Q:
    """The condition for rows that come after `position` in `order`.

    Keys with the same direction are compared as one SQL row value, so an index scan starts at the
    position. With `a > x OR (a = x AND b > y)` it would read all rows before the position.
    """
    condition = Q()
    keys = zip(order, position, strict=True)
    runs = [list(run) for _, run in groupby(keys, key=lambda key: key[0].startswith("-"))]
    for run in reversed(runs):
        columns = Tuple(*(F(name.removeprefix("-")) for name, _ in run))
        values = [value for _, value in run]
        further = TupleLessThan if run[0][0].startswith("-") else TupleGreaterThan
        tied = Q(TupleExact(columns, values)) & condition if condition else Q()
        condition = Q(further(columns, values)) | tied
    return condition


def opposite(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"
