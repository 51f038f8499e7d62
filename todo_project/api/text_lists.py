"""A column with a list of texts: an array on PostgreSQL, a JSON array as text elsewhere."""

import json
from functools import lru_cache
from typing import Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.models.lookups import FieldGetDbPrepValueMixin, Lookup


class TextListField(models.Field):
    def db_type(self, connection: Any) -> str:
        return "text[]" if connection.vendor == "postgresql" else "text"

    def get_internal_type(self) -> str:
        return "TextListField"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        texts = [*value]
        return texts if connection.vendor == "postgresql" else to_json(texts)

    def get_db_converters(self, connection: Any) -> list[Any]:
        """None for PostgreSQL, whose driver gives a list."""
        return [] if connection.vendor == "postgresql" else [from_database]

    def to_python(self, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    def value_to_string(self, obj: models.Model) -> str:
        return to_json(self.value_from_object(obj))


@TextListField.register_lookup
class ContainsAll(FieldGetDbPrepValueMixin, Lookup):
    """True for a list that has all texts of the other one."""

    lookup_name = "contains"

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, values = self.process_lhs(compiler, connection)
        wanted, texts = self.process_rhs(compiler, connection)
        return f"{column} @> {wanted}::text[]", [*values, *texts]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, values = self.process_lhs(compiler, connection)
        wanted, texts = self.process_rhs(compiler, connection)
        missing = f"value NOT IN (SELECT value FROM json_each({column}))"  # noqa: S608  (names only)
        return (
            f"NOT EXISTS (SELECT 1 FROM json_each({wanted}) WHERE {missing})",  # noqa: S608  (names only)
            [*texts, *values],
        )

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        raise FieldError("Only PostgreSQL and SQLite can search a list of texts.")


class ListLength(models.Func):
    """The number of texts in a list."""

    function = "json_array_length"
    arity = 1
    output_field = models.IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "cardinality(%(expressions)s::text[])"
        return self.as_sql(compiler, connection, template=template, **context)


def to_json(texts: Any) -> str:
    return json.dumps(texts, ensure_ascii=False)


def from_database(value: str | None, expression: Any, connection: Any) -> list[str] | None:
    return None if value is None else [*parse(value)]


@lru_cache(1024)
def parse(value: str) -> tuple[str, ...]:
    return tuple(json.loads(value))
