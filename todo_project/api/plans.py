"""Plans: how a serializer represents instances, and rows of the columns that it needs.

DRF calls each field for every row. Most fields do the same each time: they read one attribute and
keep or convert its value. A plan is made of the fields once. It names the fields that it does not
understand; they are called as DRF does.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import repeat
from operator import attrgetter
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
TIME = serializers.TimeField.to_representation
CACHED_TIMES = 2000  # times of day
# These methods use only the value and the field's arguments. A field of another class may have
# `representations`, a dictionary from stored values to their representations.
SELF_CONTAINED = {*IDENTICAL, TIME}
Conversion = Callable[[Iterable[Any]], Iterable[Any]]  # of all values of a column


class Plan(NamedTuple):
    """How a serializer class represents instances, or rows of a query for its columns."""

    fields: list[tuple[str, type]]  # the names and classes of all fields
    names: list[str]  # of all members, in order
    plain: list[str]  # of the members that are read from columns
    read: Callable[[Any], tuple[Any, ...]]  # an instance as a row
    places: list[int]  # for each plain member, its column in a row
    columns: list[str]  # of a row; empty if only an instance has what the fields need
    conversions: list[tuple[int, Conversion]]  # the places of plain members
    others: list[str]  # of the members whose fields are called as in DRF

    def represent(self, rows: Collection[tuple[Any, ...]]) -> list[dict[str, Any]]:
        """The plain members of each row. Goes by column, which is faster than by row."""
        columns = [*zip(*rows, strict=True)]
        if not columns:
            return [{} for _ in rows]
        members: list[Iterable[Any]] = [columns[place] for place in self.places]
        for place, convert in self.conversions:
            members[place] = convert(members[place])
        named = map(zip, repeat(self.plain), zip(*members, strict=True))
        return [*map(dict, named)]  # without a line of Python for each row


def make_plan(model: Any, fields: Sequence[Any]) -> Plan:
    plain = {field: str(source) for field in fields if (source := find_source(model, field))}
    columns = [*dict.fromkeys(plain.values())]
    return Plan(
        describe(fields),
        [field.field_name for field in fields],
        [field.field_name for field in plain],
        make_reader(columns),
        [columns.index(source) for source in plain.values()],
        columns if len(plain) == len(fields) and all_stored(model, columns) else [],
        [*conversions(model, plain)],
        [field.field_name for field in fields if field not in plain],
    )


def describe(fields: Iterable[Any]) -> list[tuple[str, type]]:
    return [(field.field_name, type(field)) for field in fields]


def make_reader(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that returns these attributes as a tuple, also for one or none."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda instance: tuple(getattr(instance, name) for name in names)


def all_stored(model: Any, sources: Iterable[str]) -> bool:
    return {*sources} <= {field.attname for field in model._meta.concrete_fields}


def conversions(model: Any, sources: Mapping[Any, str]) -> Iterator[tuple[int, Conversion]]:
    """The places of the members whose values differ from those of their columns."""
    for place, (field, source) in enumerate(sources.items()):
        derived = getattr(model, field.source, None)
        if isinstance(derived, property) and source != field.source:
            yield place, of_column(derived, source)
        if hasattr(field, "representations"):
            yield place, partial(map, field.representations.__getitem__)
        elif needs_conversion(field):
            yield place, partial(map, converter(field))


def of_column(derived: property, column: str) -> Conversion:
    """A property that depends on one column, for the values of the column. It must set nothing."""
    get: Any = derived.fget

    def convert(values: Iterable[Any]) -> Iterator[Any]:
        instance = SimpleNamespace()  # one for all values, because making it takes longest
        for value in values:
            setattr(instance, column, value)
            yield get(instance)

    return convert


def converter(field: Any) -> Callable[[Any], Any]:
    """A function that represents a value or null. It caches times, slow to format."""
    convert = field.to_representation

    def represent(value: Any) -> Any:
        return None if value is None else convert(value)

    is_time = type(field).to_representation is TIME
    return lru_cache(CACHED_TIMES)(represent) if is_time else represent


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
