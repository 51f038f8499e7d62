"""Writes rows with few statements, and single rows with SQL that is built once."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import groupby
from types import SimpleNamespace
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.models import Expression
from django.db.models.sql import InsertQuery, UpdateQuery

from .prepared import SHAPES
from .statements import execute

BATCH = 1_000  # the most rows in one statement
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
            return update(one, columns)
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


def insert(one: Any) -> None:
    one._prepare_related_fields_for_save("save")  # takes over the keys of rows that were new
    model: Any = type(one)
    sql, columns = insert_statement(model)
    [[one.pk]] = execute(sql, values_of(one, columns), one_row=True).fetchall()
    one._state.adding, one._state.db = False, DEFAULT_DB_ALIAS


def update(one: Any, names: Iterable[str]) -> None:
    model: Any = type(one)
    sql, columns = update_statement(model, frozenset(names))
    if execute(sql, values_of(one, columns), one_row=True).rowcount != 1:
        raise DatabaseError("The row to update does not exist.")


class Column(Expression):
    """A placeholder in a statement for the value of a column, as `Model.save()` writes it."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def of(self, one: Any, database: Any) -> Any:
        field: Any = self.output_field
        value = field.pre_save(one, one._state.adding)
        return None if value is None else field.get_db_prep_save(value, database)


def values_of(one: Any, columns: Iterable[Column]) -> list[Any]:
    database = connections[DEFAULT_DB_ALIAS]  # `connection` looks it up for each attribute
    return [column.of(one, database) for column in columns]


@cache
def insert_statement(model: Any) -> tuple[str, list[Column]]:
    """The SQL that inserts a row and returns its key."""
    fields = [field for field in model._meta.local_concrete_fields if not field.primary_key]
    query = InsertQuery(model)
    row: Any = SimpleNamespace(**{field.attname: Column(field) for field in fields})
    query.insert_values(fields, [row], raw=True)
    compiler: Any = query.get_compiler(connection=connection)
    compiler.returning_fields = [model._meta.pk]
    [(sql, parameters)] = compiler.as_sql()
    return sql, [*parameters]


@lru_cache(SHAPES)
def update_statement(model: Any, names: frozenset[str]) -> tuple[str, list[Column]]:
    """The SQL that writes these columns of the row with a key."""
    meta = model._meta
    query: Any = model._base_manager.filter(pk=Column(meta.pk)).query.chain(UpdateQuery)
    query.add_update_values({name: Column(meta.get_field(name)) for name in sorted(names)})
    sql, parameters = query.get_compiler(connection=connection).as_sql()
    return sql, [*parameters]


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
