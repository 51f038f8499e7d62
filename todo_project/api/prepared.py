"""Querysets whose SQL is built once, for reads that are repeated with other values.

Django builds the SQL of a queryset each time the queryset runs. That takes longer than a short
query. Here a value that differs between requests, such as the caller's id, is a `Parameter` of the
queryset. `PreparedQuery.fetch()` gets its value. If a queryset with a parameter runs in any other
way, the database driver raises an error.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Model, QuerySet, prefetch_related_objects, signals
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable, ValuesListIterable
from django.db.transaction import TransactionManagementError

from .statements import connect, execute

SHAPES = 256  # cached results per function and queryset
given_values: ContextVar[Mapping[str, Any] | None] = ContextVar("given_values", default=None)


class Parameter(Expression):
    """A placeholder in a queryset for a value that is passed later, by name."""

    decides_plan = False  # True if PostgreSQL should plan the query for each value

    def __init__(self, name: str, output_field: Any) -> None:
        super().__init__(output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        values = given_values.get()
        return "%s", [self if values is None else self.value(values)]

    def value(self, values: Mapping[str, Any]) -> Any:
        return self.output_field.get_db_prep_value(values[self.name], connection)


@contextmanager
def values_given(values: Mapping[str, Any]) -> Iterator[None]:
    """Within it, a query that is not prepared may have parameters, too."""
    token = given_values.set(values)
    try:
        yield
    finally:
        given_values.reset(token)


class PreparedQuery:
    """The SQL of a queryset of instances or of tuples (`values_list()`).

    Raises `ValueError` for any other queryset.
    """

    def __init__(self, queryset: Any) -> None:
        if reasons := ", ".join(unsupported(queryset)):
            raise ValueError(f"A prepared query cannot have: {reasons}.")
        self.query, self.model = queryset.query, queryset.model
        self.prefetches = queryset._prefetch_related_lookups
        compiler: Any = self.query.get_compiler(connection=connection)
        self.sql, self.parameters = compiler.as_sql()
        self.columns = [column for column, *_ in compiler.select]
        self.gives_tuples = queryset._iterable_class is ValuesListIterable
        if not self.gives_tuples:
            of_model = compiler.klass_info["select_fields"]  # without deferred columns
            self.fields = [self.columns[place].target.attname for place in of_model]
            self.annotations = list(self.query.annotation_select)
            self.is_plain = is_plain(self.model)
        self.converts = bool(compiler.get_converters(self.columns))
        self.has_own_plans = any(getattr(one, "decides_plan", False) for one in self.parameters)
        self.of_thread = threading.local()  # converters contain the thread's connection

    def fetch(
        self, values: Mapping[str, Any], limit: int | None = None, *, one_row: bool = False
    ) -> list[Any]:
        """At most `limit` instances or tuples for these values of the parameters.

        Pass `one_row` if there cannot be two.
        """
        # Django checks this only when it builds the SQL, which may have happened in a transaction.
        if self.query.select_for_update and connection.get_autocommit():
            raise TransactionManagementError("select_for_update() needs a transaction.")
        given = [p.value(values) if isinstance(p, Parameter) else p for p in self.parameters]
        unplanned = plan_each_time() if self.has_own_plans else nullcontext()
        sql = self.sql
        if limit is not None:
            sql, given = f"{sql} LIMIT %s", [*given, limit]
        with unplanned:
            rows = execute(sql, given, one_row=one_row).fetchall()
        converted = self.convert(rows) if self.converts else rows
        if self.gives_tuples:
            return [*map(tuple, converted)] if self.converts else converted
        instances = self.build(converted)
        prefetch_related_objects(instances, *self.prefetches)
        return instances

    def first(self, values: Mapping[str, Any]) -> Any:
        """The only instance or tuple; None if there is none."""
        return next(iter(self.fetch(values, one_row=True)), None)

    def convert(self, rows: list[Any]) -> Any:
        if not hasattr(self.of_thread, "convert"):
            compiler: Any = self.query.get_compiler(connection=connection)
            converters = compiler.get_converters(self.columns)
            self.of_thread.convert = partial(compiler.apply_converters, converters=converters)
        return self.of_thread.convert(rows)

    def build(self, rows: Any) -> list[Any]:
        if self.is_plain:
            names = [*self.fields, *self.annotations]
            return [build(self.model, names, row) for row in rows]
        instances, count = [], len(self.fields)
        for row in rows:
            instance = self.model.from_db(DEFAULT_DB_ALIAS, self.fields, row[:count])
            for name, value in zip(self.annotations, row[count:], strict=True):
                setattr(instance, name, value)
            instances.append(instance)
        return instances


@contextmanager
def plan_each_time() -> Iterator[None]:
    """Without prepared statements, whose one plan is bad for frequent or for rare values."""
    driver = connect().connection
    threshold = getattr(driver, "prepare_threshold", None)
    if threshold is None:
        yield
        return
    driver.prepare_threshold = None
    try:
        yield
    finally:
        driver.prepare_threshold = threshold


def unsupported(queryset: QuerySet[Any]) -> Iterator[str]:
    """The features of a queryset that `PreparedQuery` cannot handle."""
    query: Any = queryset.query
    if queryset._iterable_class not in (ModelIterable, ValuesListIterable):
        yield "values()"
    if query.select_related:
        yield "select_related()"
    if query.combinator:
        yield "union()"
    if query.extra:
        yield "extra()"
    if queryset.db != DEFAULT_DB_ALIAS:
        yield "using()"


def is_plain(model: Any) -> bool:
    """True if loading an instance runs no custom code of the model and no signal."""
    stock: Any = Model
    listens = any(signal.has_listeners(model) for signal in (signals.pre_init, signals.post_init))
    return (
        model.__init__ is stock.__init__
        and model.__new__ is stock.__new__
        and model.from_db.__func__ is stock.from_db.__func__
        and not listens
    )


def build(model: type[Model], names: list[str], row: Any) -> Model:
    """An instance as Django loads it, but without a call of `__init__()`."""
    instance = model.__new__(model)
    state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    instance.__dict__.update(zip(names, row, strict=True), _state=state)
    return instance


def cached_for(function: Callable[..., Any], queryset: QuerySet[Any]) -> Callable[..., Any]:
    """`function` with this queryset as first argument and a cache of its results.

    The cache is stored on the queryset, so both are freed together.
    """
    kept: dict[Any, Callable[..., Any]] = queryset.__dict__.setdefault("_prepared", {})
    if function not in kept:
        kept[function] = lru_cache(SHAPES)(partial(function, queryset))
    return kept[function]


def prepare(queryset: QuerySet[Any], *names: str, columns: Iterable[str] = ()) -> PreparedQuery:
    """The queryset filtered by these fields. The value of each is a parameter.

    Tuples of these columns; instances if there are none.
    """
    query: PreparedQuery = cached_for(make_query, queryset)(tuple(columns), *names)
    return query


def make_query(queryset: QuerySet[Any], columns: Iterable[str], *names: str) -> PreparedQuery:
    fields = {name: queryset.model._meta.get_field(name) for name in names}
    found = queryset.filter(**{name: Parameter(name, field) for name, field in fields.items()})
    return PreparedQuery(found.values_list(*columns) if columns else found)
