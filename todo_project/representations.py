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

from rest_framework import ISO_8601, serializers
from rest_framework.settings import api_settings

# Of a value of their own type these make what the renderer writes of the value itself, unless the
# field, or else the setting named here, says otherwise.
PLAIN = {
    serializers.BigIntegerField.to_representation: "COERCE_BIGINT_TO_STRING",
    serializers.BooleanField.to_representation: None,
    serializers.CharField.to_representation: None,
    serializers.ChoiceField.to_representation: None,
    serializers.DateField.to_representation: "DATE_FORMAT",
    serializers.DateTimeField.to_representation: "DATETIME_FORMAT",
    serializers.IntegerField.to_representation: None,
}


# For two fields or more, of the type of what they read, and the same whatever the request and the
# instance. (A docstring here would be the description of its subclasses in the OpenAPI document.)
class CompiledModelSerializer(serializers.ModelSerializer[Any]):
    def get_fields(self) -> dict[str, Any]:
        fields = {name: copy(field) for name, field in fields_of(type(self)).items()}
        for field in fields.values():  # the one thing of theirs that is made to be added to
            field.validators = [*field.validators]
        return fields

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
    to_representation = type(field).to_representation
    setting = PLAIN.get(to_representation)
    if setting is None:
        return to_representation in PLAIN
    name = "format" if setting.endswith("FORMAT") else "coerce_to_string"
    return getattr(field, name, getattr(api_settings, setting)) in (ISO_8601, False)
