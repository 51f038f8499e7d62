"""Querysets whose SQL is made once, for reads that are asked again and again.

Django makes a query's SQL anew each time, which takes longer than a short query does. Here what
changes from one request to the next, such as who asks, is a `Parameter` of the queryset, and is
given when it runs. A queryset that has one runs in no other way: the database drivers refuse it.
"""

import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Expression, QuerySet
from django.db.transaction import TransactionManagementError


class Parameter(Expression):
    """Stands in a queryset for a value that is given later, by name."""

    def __init__(self, name: str, output_field: Any) -> None:
        super().__init__(output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def value(self, values: Mapping[str, Any]) -> Any:
        return self.output_field.get_db_prep_value(values[self.name], connection)


class PreparedQuery:
    """A queryset of whole rows of the default database: nothing deferred, nothing related."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self.query, self.model = queryset.query, queryset.model
        compiler: Any = self.query.get_compiler(connection=connection)
        self.sql, self.parameters = compiler.as_sql()
        names = [field.attname for field in self.model._meta.concrete_fields]
        names += self.query.annotation_select
        columns = {name: column for name, (column, *_) in zip(names, compiler.select, strict=True)}
        self.names, self.columns = [*columns], [*columns.values()]
        self.converts = bool(compiler.get_converters(self.columns))
        self.of_thread = threading.local()  # as converters hold the connection of their thread

    def fetch(self, values: Mapping[str, Any]) -> list[Any]:
        """The objects, with these values for the parameters."""
        # Django asks this when it makes the SQL, which others may have had made.
        if self.query.select_for_update and connection.get_autocommit():
            raise TransactionManagementError("Rows are locked in a transaction.")
        given = [p.value(values) if isinstance(p, Parameter) else p for p in self.parameters]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, given)
            rows = cursor.fetchall()
        if self.converts:
            compiler: Any = self.query.get_compiler(connection=connection)
            if not hasattr(self.of_thread, "converters"):
                self.of_thread.converters = compiler.get_converters(self.columns)
            rows = compiler.apply_converters(rows, self.of_thread.converters)
        make, alias, names = self.model.from_db, connection.alias, self.names
        return [make(alias, names, row) for row in rows]

    def first(self, values: Mapping[str, Any]) -> Any:
        return next(iter(self.fetch(values)), None)


@lru_cache
def prepare(queryset: QuerySet[Any], *names: str) -> PreparedQuery:
    """The queryset filtered by fields of these names, of which each is a parameter."""
    fields = {name: queryset.model._meta.get_field(name) for name in names}
    return PreparedQuery(
        queryset.filter(**{name: Parameter(name, field) for name, field in fields.items()})
    )
