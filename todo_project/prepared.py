"""Querysets whose SQL is made once, for reads that are asked again and again.

Django makes a query's SQL anew each time, which takes longer than a short query does. Here what
changes from one request to the next, such as who asks, is a `Parameter` of the queryset, and is
given when it runs. A queryset that has one can run in no other way: the database drivers refuse it.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Expression, QuerySet


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
    def __init__(self, queryset: QuerySet[Any]) -> None:
        query = queryset.query
        compiler: Any = query.get_compiler(connection=connection)
        self.query, self.model = query, queryset.model
        self.sql, self.parameters = compiler.as_sql()
        columns = [field.attname for field in self.model._meta.concrete_fields]
        self.names = [*columns, *query.annotation_select]
        self.converters = compiler.get_converters([column for column, *_ in compiler.select])

    def fetch(self, values: Mapping[str, Any]) -> list[Any]:
        """The objects, with these values for the parameters."""
        given = [p.value(values) if isinstance(p, Parameter) else p for p in self.parameters]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, given)
            rows = cursor.fetchall()
        if self.converters:
            compiler: Any = self.query.get_compiler(connection=connection)
            rows = compiler.apply_converters(rows, self.converters)
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
