"""Writes rows with SQL that is built once.

A single row has a parameter for each column. Many rows have one parameter in all: a JSON document,
which the database reads as a table. Django's `bulk_create()` and `bulk_update()` have one for each
value, and building and reading such SQL takes most of their time.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

import orjson
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections

from .prepared import SHAPES
from .statements import execute

Statement = tuple[str, list[Any]]  # SQL and its parameters

BATCH = 1_000  # the most rows in one statement
NONE: Statement = ("", [])  # no statement


def insert_all(model: Any, rows: Sequence[Any]) -> None:
    """Insert new rows of a model. They get their keys, unless they have one."""
    if any(one.pk for one in rows):
        model._base_manager.bulk_create(rows, BATCH)
        return
    if len(rows) == 1:
        insert(rows[0])
        return
    sql, fields = insert_all_statement(model)
    for batch in batches(rows):
        for one in batch:
            one._prepare_related_fields_for_save("save")
        keys = execute(sql, [to_json(batch, fields)], one_row=False).fetchall()
        for one, (key,) in zip(batch, keys, strict=True):
            mark_as_stored(one, key)


def save_all(model: Any, updated: Mapping[Any, Collection[str]]) -> None:
    """Write these columns of these rows. For more than one row, the columns of all of them."""
    if len(updated) == 1:
        for one, columns in updated.items():
            written = update(one, columns)
    else:
        sql, fields = update_all_statement(model, frozenset().union(*updated.values()))
        # With the cursor of lists, as one of its own would keep the document.
        written = all(
            execute(sql, [to_json(batch, fields)], one_row=False).rowcount == len(batch)
            for batch in batches([*updated])
        )
    if not written:
        raise DatabaseError("A row to update does not exist.")


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
    for (key,) in rows:
        mark_as_stored(one, key)
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


def mark_as_stored(one: Any, key: Any) -> None:
    one.pk = key
    one._state.adding, one._state.db = False, DEFAULT_DB_ALIAS


def to_json(rows: Iterable[Any], fields: Sequence[Any]) -> str:
    """These columns of rows, as an array of objects."""
    names = [field.column for field in fields]
    values = [dict(zip(names, values_of(one, fields), strict=True)) for one in rows]
    # The driver's wrapper of a JSON value has the value as `obj`.
    return orjson.dumps(values, default=attrgetter("obj")).decode()


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
    """The same without the statement that it depends on, and without the key."""
    before, fields = insert_into(model)
    return f"{before} SELECT {', '.join(['%s'] * len(fields))}", fields


@cache
def insert_all_statement(model: Any) -> tuple[str, list[Any]]:
    """The SQL that inserts the rows of a JSON document and returns their keys, in order."""
    before, fields = insert_into(model)
    key = quote(model._meta.pk.column)
    sql = f"{before} SELECT * FROM {table_of(fields)} RETURNING {key}"  # noqa: S608  (names only)
    return sql, fields


def insert_into(model: Any) -> tuple[str, list[Any]]:
    """The beginning of the SQL, and the fields of the columns."""
    fields = [field for field in model._meta.local_concrete_fields if not field.primary_key]
    names = ", ".join(quote(field.column) for field in fields)
    return f"INSERT INTO {quote(model._meta.db_table)} ({names})", fields


@lru_cache(SHAPES)
def update_statement(
    model: Any, names: frozenset[str], first: str, attached: tuple[Any, ...]
) -> tuple[str, list[Any]]:
    """The SQL that writes these columns of the row with a key, and the fields of its parameters."""
    fields, key = [model._meta.get_field(name) for name in sorted(names)], model._meta.pk
    values = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    before, source = parts_of(first, attached)
    table = quote(model._meta.db_table)
    sql = f"UPDATE {table} SET {values}{source} WHERE {quote(key.column)} = %s"  # noqa: S608  (names only)
    return before + sql, [*fields, key]


@lru_cache(SHAPES)
def update_all_statement(model: Any, names: frozenset[str]) -> tuple[str, list[Any]]:
    """The SQL that writes these columns of the rows of a JSON document, which has their keys."""
    fields, key = [model._meta.get_field(name) for name in sorted(names)], model._meta.pk
    values = ", ".join(f"{quote(one.column)} = given.{quote(one.column)}" for one in fields)
    table, column = quote(model._meta.db_table), quote(key.column)
    given = table_of([*fields, key])
    sql = f"UPDATE {table} SET {values} FROM {given} WHERE {table}.{column} = given.{column}"  # noqa: S608  (names only)
    return sql, [*fields, key]


def table_of(fields: Iterable[Any]) -> str:
    """The JSON document of a parameter as a table with the name `given`."""
    if connection.vendor == "postgresql":
        # Without the length of a text, as a cast to it would cut the text.
        types = [(field.column, str(field.db_type(connection)).split("(")[0]) for field in fields]
        columns = ", ".join(f"{quote(name)} {kind}" for name, kind in types)
        return f"json_to_recordset(%s) AS given ({columns})"
    names = [field.column for field in fields]
    columns = ", ".join(f"json_extract(value, '$.{name}') AS {quote(name)}" for name in names)
    return f"(SELECT {columns} FROM json_each(%s)) AS given"  # noqa: S608  (names only)


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
