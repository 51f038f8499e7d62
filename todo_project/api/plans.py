"""Plans: how a serializer represents instances, and rows of the columns that it needs.

DRF calls each field for every row. Most fields do the same each time: they read one attribute and
keep or convert its value. A plan is made of the fields once. It names the fields that it does not
understand; they are called as DRF does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter, itemgetter
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ForeignKey
from rest_framework import ISO_8601, serializers
from rest_framework.settings import api_settings

from .fields import StringListField

# The JSON renderer writes values in the same way as these methods convert them, unless an argument
# of the field or the setting named here changes the format.
IDENTICAL = {
    serializers.BigIntegerField.to_representation: "COERCE_BIGINT_TO_STRING",
    serializers.BooleanField.to_representation: None,
    serializers.CharField.to_representation: None,
    serializers.ChoiceField.to_representation: None,
    serializers.DateField.to_representation: "DATE_FORMAT",
    serializers.DateTimeField.to_representation: "DATETIME_FORMAT",
    serializers.IntegerField.to_representation: None,
    StringListField.to_representation: None,
}
# These methods use only the value and the field's arguments. A field of another class may have
# `representations`, a dictionary from stored values to their representations.
SELF_CONTAINED = {*IDENTICAL, serializers.TimeField.to_representation}


class Plan(NamedTuple):
    """How a serializer class represents an instance, or a row of a query for its columns."""

    fields: list[tuple[str, type]]  # the names and classes of all fields
    names: list[str]  # of all members, in order
    plain: list[str]  # of the members that are read from columns
    read: Callable[[Any], tuple[Any, ...]]  # their columns, of an instance
    arrange: Callable[[Any], tuple[Any, ...]]  # the same, of a row
    columns: list[str]  # of a row; empty if only an instance has what the fields need
    conversions: list[tuple[str, Callable[[Any], Any]]]
    others: list[str]  # of the members whose fields are called as in DRF


def make_plan(model: Any, fields: Sequence[Any]) -> Plan:
    plain = {field: str(source) for field in fields if (source := find_source(model, field))}
    sources = [*plain.values()]
    columns = [*dict.fromkeys(sources)]
    return Plan(
        describe(fields),
        [field.field_name for field in fields],
        [field.field_name for field in plain],
        make_reader(attrgetter, sources),
        make_reader(itemgetter, [columns.index(source) for source in sources]),
        columns if len(plain) == len(fields) and all_stored(model, columns) else [],
        [*conversions(model, plain)],
        [field.field_name for field in fields if field not in plain],
    )


def describe(fields: Iterable[Any]) -> list[tuple[str, type]]:
    return [(field.field_name, type(field)) for field in fields]


def make_reader(getter: Any, sources: list[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that returns these attributes or items as a tuple, also for one or none."""
    if len(sources) > 1:
        read: Callable[[Any], tuple[Any, ...]] = getter(*sources)
        return read
    return lambda instance: tuple(getter(source)(instance) for source in sources)


def all_stored(model: Any, sources: Iterable[str]) -> bool:
    return {*sources} <= {field.attname for field in model._meta.concrete_fields}


def conversions(
    model: Any, sources: Mapping[Any, str]
) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """The members whose values differ from those of their columns."""
    for field, source in sources.items():
        derived = getattr(model, field.source, None)
        if isinstance(derived, property) and source != field.source:
            yield field.field_name, of_column(derived, source)
        if hasattr(field, "representations"):
            yield field.field_name, field.representations.__getitem__
        elif needs_conversion(field):
            yield field.field_name, except_null(field.to_representation)


def of_column(derived: property, column: str) -> Callable[[Any], Any]:
    """A property that depends on one column, as a function of the column's value."""
    get: Any = derived.fget
    return lambda value: get(SimpleNamespace(**{column: value}))


def except_null(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def find_source(model: Any, field: Any) -> str | None:
    """The attribute that a field reads; None if the field must be called."""
    try:
        column = model._meta.get_field(field.source)
    except FieldDoesNotExist:
        column = None
    if is_foreign_key(field, column):
        return str(column.attname)
    if type(field).get_attribute is not serializers.Field.get_attribute:
        return None
    if not is_self_contained(field):
        return None
    if isinstance(getattr(model, field.source, None), property):
        columns = getattr(model, "columns", {}).get(field.source, [])
        return str(columns[0]) if len(columns) == 1 else str(field.source)
    return field.source if isinstance(column, Field) and not column.is_relation else None


def is_foreign_key(field: Any, column: Any) -> bool:
    """True if a field represents a foreign key by its stored key."""
    stock = serializers.PrimaryKeyRelatedField
    return (
        isinstance(column, ForeignKey)
        and column.target_field.primary_key
        and isinstance(field, stock)
        and type(field).to_representation is stock.to_representation
        and type(field).get_attribute is stock.get_attribute
        and field.pk_field is None
    )


def is_self_contained(field: Any) -> bool:
    return type(field).to_representation in SELF_CONTAINED or hasattr(field, "representations")


def needs_conversion(field: Any) -> bool:
    method = type(field).to_representation
    if isinstance(field, serializers.PrimaryKeyRelatedField):
        return False
    setting = IDENTICAL.get(method)
    if setting is None:
        return method not in IDENTICAL
    name = "format" if setting.endswith("FORMAT") else "coerce_to_string"
    return getattr(field, name, getattr(api_settings, setting)) not in (ISO_8601, False)
