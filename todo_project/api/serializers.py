"""A model serializer with fast reads.

DRF builds the fields of a serializer for every request and calls each field for every row. Most
fields do the same each time: they read one attribute and keep or convert its value. This module
analyses these fields once. It calls all other fields as DRF does.
"""

from collections.abc import Callable, Iterable
from copy import copy
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, ForeignKey
from rest_framework import ISO_8601, serializers
from rest_framework.fields import SkipField
from rest_framework.relations import PKOnlyObject
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
    """How a serializer class represents an instance."""

    fields: list[tuple[str, type]]  # the names and classes of all fields
    names: list[str]  # of all members, in order
    plain: list[str]  # of the members that `read` returns
    read: Callable[[Any], tuple[Any, ...]]
    conversions: list[tuple[str, Callable[[Any], Any]]]
    lookups: list[tuple[str, dict[Any, Any]]]
    others: list[str]  # of the members whose fields are called as in DRF


# (Subclasses would show a docstring of this class in the OpenAPI document.)
class CompiledModelSerializer(serializers.ModelSerializer[Any]):
    def get_fields(self) -> dict[str, Any]:
        fields = {name: copy(field) for name, field in fields_of(type(self)).items()}
        for field in fields.values():
            field.validators = [*field.validators]  # callers append to this list
        return fields

    def to_representation(self, instance: Any) -> dict[str, Any]:
        plan = self.plan
        if plan is None:
            return super().to_representation(instance)
        values = dict(zip(plan.plain, plan.read(instance), strict=True))
        for name, convert in plan.conversions:
            if values[name] is not None:
                values[name] = convert(values[name])
        for name, representations in plan.lookups:
            values[name] = representations[values[name]]
        return self.add_others(plan, instance, values) if plan.others else values

    def add_others(self, plan: Plan, instance: Any, values: dict[str, Any]) -> dict[str, Any]:
        for name in plan.others:
            represent(self.fields[name], instance, values)
        return {name: values[name] for name in plan.names if name in values}

    @cached_property
    def plan(self) -> Plan | None:
        """The plan of the class; None if this instance may have other fields than its class."""
        if type(self).get_fields is not CompiledModelSerializer.get_fields:
            return None
        plan = make_plan(type(self))
        changed = "fields" in self.__dict__ and plan.fields != describe(self._readable_fields)
        return None if changed else plan


# (No docstring, for the same reason.) The view's `Write` writes the objects.
class OwnedSerializer(CompiledModelSerializer):
    def create(self, validated_data: Any) -> Any:
        model: Any = self.Meta.model
        made = model(**validated_data)
        self.context["writing"].create(made)
        return made

    def update(self, instance: Any, validated_data: Any) -> Any:
        self.context["writing"].update(instance, **validated_data)
        return instance


def represent(field: Any, instance: Any, values: dict[str, Any]) -> None:
    """Add a field's member to `values`, as `Serializer.to_representation()` does."""
    try:
        attribute = field.get_attribute(instance)
    except SkipField:
        return
    missing = attribute.pk if isinstance(attribute, PKOnlyObject) else attribute
    values[field.field_name] = None if missing is None else field.to_representation(attribute)


@cache
def fields_of(serializer_class: type[CompiledModelSerializer]) -> dict[str, Any]:
    return super(CompiledModelSerializer, serializer_class()).get_fields()


@cache
def make_plan(serializer_class: type[CompiledModelSerializer]) -> Plan:
    fields: list[Any] = list(serializer_class()._readable_fields)
    sources = {field: find_source(serializer_class.Meta.model, field) for field in fields}
    plain = [field for field in fields if sources[field]]
    return Plan(
        describe(fields),
        [field.field_name for field in fields],
        [field.field_name for field in plain],
        make_reader([str(sources[field]) for field in plain]),
        [(f.field_name, f.to_representation) for f in plain if needs_conversion(f)],
        [(f.field_name, f.representations) for f in plain if hasattr(f, "representations")],
        [field.field_name for field in fields if not sources[field]],
    )


def describe(fields: Iterable[Any]) -> list[tuple[str, type]]:
    return [(field.field_name, type(field)) for field in fields]


def make_reader(sources: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that returns these attributes as a tuple, also for one or no name."""
    if len(sources) > 1:
        return attrgetter(*sources)
    return lambda instance: tuple(getattr(instance, source) for source in sources)


def find_source(model: Any, field: Any) -> str | None:
    """The attribute that a field reads; None if the field must be called."""
    try:
        column = model._meta.get_field(field.source)
    except FieldDoesNotExist:
        column = None
    if is_foreign_key(field, column):
        return str(column.attname)
    reads_attribute = type(field).get_attribute is serializers.Field.get_attribute
    is_attribute = isinstance(getattr(model, field.source, None), property) or (
        isinstance(column, Field) and not column.is_relation
    )
    return field.source if reads_attribute and is_attribute and is_self_contained(field) else None


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
    if isinstance(field, serializers.PrimaryKeyRelatedField) or hasattr(field, "representations"):
        return False
    setting = IDENTICAL.get(method)
    if setting is None:
        return method not in IDENTICAL
    name = "format" if setting.endswith("FORMAT") else "coerce_to_string"
    return getattr(field, name, getattr(api_settings, setting)) not in (ISO_8601, False)
