"""Writes rows with few statements, and single rows with SQL that is built once."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections

from .prepared import SHAPES
from .statements import execute

Statement = tuple[str, list[Any]]  # SQL and its parameters

BATCH = 1_000  # the most rows in one statement
NONE: Statement = ("", [])  # no statement
ALIKE = 20  # the least average number of rows with equal values for one UPDATE per group


def insert_all(model: Any, rows: Sequence[Any]) -> None:
    """Insert new rows of a model. They get their keys."""
    if len(rows) == 1 and rows[0].pk is None:
        insert(rows[0])
    else:
        model._base_manager.bulk_create(rows, BATCH)


def save_all(model: Any, updated: Mapping[Any, Collection[str]]) -> None:
    """Write these columns of these rows, with one statement for rows with equal values."""
    if len(updated) == 1:
        for one, columns in updated.items():
            if not update(one, columns):
                raise DatabaseError("The row to update does not exist.")
            return
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


def insert(one: Any, after: Statement | None = None) -> bool:
    """Insert a new row, which gets its key.

    With `after`, only if that statement changes a row: both are one statement. Returns whether the
    row was inserted.
    """
    one._prepare_related_fields_for_save("save")  # takes over the keys of rows that were new
    first, parameters = after or NONE
    model: Any = type(one)
    sql, fields = insert_statement(model, first)
    rows = execute(sql, [*parameters, *values_of(one, fields)], one_row=True).fetchall()
    if rows:
        [[one.pk]] = rows
        one._state.adding, one._state.db = False, DEFAULT_DB_ALIAS
    return bool(rows)


def update(
    one: Any, names: Iterable[str], after: Statement | None = None, attached: Sequence[Any] = ()
) -> bool:
    """Write these columns, `after` as in `insert()`. Returns whether the row was written.

    With `after`, the same statement inserts the attached rows.
    """
    first, parameters = after or NONE
    models = tuple(row._meta.model for row in attached)
    sql, fields = update_statement(one._meta.model, frozenset(names), first, models)
    given = [*parameters]
    for row in attached:
        given += values_of(row, insert_sql(row._meta.model)[1])
    return bool(execute(sql, [*given, *values_of(one, fields)], one_row=True).rowcount)


def values_of(one: Any, fields: Iterable[Any]) -> list[Any]:
    """The values of these columns, as `Model.save()` writes them."""
    database = connections[DEFAULT_DB_ALIAS]  # `connection` looks it up for each attribute
    values = []
    for field in fields:
        value = field.pre_save(one, one._state.adding)
        values.append(None if value is None else field.get_db_prep_save(value, database))
    return values


@cache
def insert_statement(model: Any, first: str) -> tuple[str, list[Any]]:
    """The SQL that inserts a row and returns its key, and the fields of its parameters."""
    sql, fields = insert_sql(model)
    before, source = parts_of(first)
    return f"{before}{sql}{source} RETURNING {quote(model._meta.pk.column)}", fields


@cache
def insert_sql(model: Any) -> tuple[str, list[Any]]:
    """The same without what it depends on."""
    fields = [field for field in model._meta.local_concrete_fields if not field.primary_key]
    names = ", ".join(quote(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) SELECT {marks}", fields


@lru_cache(SHAPES)
def update_statement(
    model: Any, names: frozenset[str], first: str, attached: tuple[Any, ...]
) -> tuple[str, list[Any]]:
    """The SQL that writes these columns of the row with a key, and the fields of its parameters."""
    fields, key = [model._meta.get_field(name) for name in sorted(names)], model._meta.pk
    values = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    before, source = parts_of(first, attached)
    table = quote(model._meta.db_table)
    sql = f"UPDATE {table} SET {values}{source} WHERE {quote(key.column)} = %s"  # noqa: S608
    return before + sql, [*fields, key]


def parts_of(first: str, attached: Sequence[Any] = ()) -> tuple[str, str]:
    """The beginning and the source of a statement that depends on another. PostgreSQL only.

    The beginning also inserts rows of these models.
    """
    if not first:
        return "", ""
    inserts = [
        f"insert{n} AS ({insert_sql(model)[0]} FROM first)" for n, model in enumerate(attached)
    ]
    return f"WITH {', '.join([f'first AS ({first})', *inserts])} ", " FROM first"


def quote(name: str) -> str:
    quoted: str = connection.ops.quote_name(name)
    return quoted


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
