"""Serializers whose reads cost little more than what is read.

DRF makes the fields of a model serializer anew for every request and asks each of them about
every row. Which attributes they read, and which values they leave to the renderer as they are, is
the same each time, so here the fields are asked once.
"""

from collections.abc import Callable
from copy import copy
from functools import cache
from operator import attrgetter
from typing import Any

from rest_framework import serializers
from rest_framework.settings import api_settings

# Of what these make of a value, the renderer writes what it writes of the value itself.
PLAIN = {
    serializers.BigIntegerField.to_representation,
    serializers.BooleanField.to_representation,
    serializers.CharField.to_representation,
    serializers.ChoiceField.to_representation,
    serializers.DateField.to_representation,
    serializers.DateTimeField.to_representation,
    serializers.IntegerField.to_representation,
}


# For two fields or more, which are the same whatever the request and the instance. (A docstring
# here would be the description of its subclasses in the OpenAPI document.)
class CompiledModelSerializer(serializers.ModelSerializer[Any]):
    def get_fields(self) -> dict[str, Any]:
        return {name: copy(field) for name, field in fields_of(type(self)).items()}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        names, read, conversions = compiled(type(self))
        values = dict(zip(names, read(instance), strict=True))
        for name, convert in conversions:
            if values[name] is not None:
                values[name] = convert(values[name])
        return values


@cache
def fields_of(serializer_class: type[CompiledModelSerializer]) -> dict[str, Any]:
    return super(CompiledModelSerializer, serializer_class()).get_fields()


@cache
def compiled(
    serializer_class: type[CompiledModelSerializer],
) -> tuple[list[str], Callable[[Any], Any], list[tuple[str, Callable[[Any], Any]]]]:
    """The names, what reads their values of an instance, and what is to be made of some of them."""
    fields: list[Any] = list(serializer_class()._readable_fields)
    return (
        [field.field_name for field in fields],
        attrgetter(*(field.source for field in fields)),
        [(field.field_name, field.to_representation) for field in fields if not is_plain(field)],
    )


def is_plain(field: Any) -> bool:
    format = getattr(field, "format", api_settings.DATETIME_FORMAT)
    as_text = getattr(field, "coerce_to_string", api_settings.COERCE_BIGINT_TO_STRING)
    known = type(field).to_representation in PLAIN
    return known and format == api_settings.DATETIME_FORMAT and not as_text
