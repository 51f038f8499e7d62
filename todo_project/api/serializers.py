"""A model serializer with fast reads: it makes its fields once and reads by a plan."""

from collections.abc import Iterable
from functools import cache, cached_property
from typing import Any

from django.db.models import Manager
from rest_framework import serializers
from rest_framework.fields import SkipField
from rest_framework.relations import PKOnlyObject

from .plans import Plan, describe, make_plan


# (Subclasses would show a docstring of this class in the OpenAPI document.)
class CompiledModelSerializer(serializers.ModelSerializer[Any]):
    def get_fields(self) -> dict[str, Any]:
        return {name: duplicate(field) for name, field in fields_of(type(self)).items()}

    def get_validators(self) -> list[Any]:
        return [*validators_of(type(self))]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        plan = self.plan
        if plan is None:
            return super().to_representation(instance)
        [values] = plan.represent(rows_of(plan, [instance]))
        return self.add_others(plan, instance, values) if plan.others else values

    def add_others(self, plan: Plan, instance: Any, values: dict[str, Any]) -> dict[str, Any]:
        for name in plan.others:
            represent(self.fields[name], instance, values)
        return {name: values[name] for name in plan.names if name in values}

    @property
    def whole_plan(self) -> Plan | None:
        """The plan, if it is all that `to_representation()` does."""
        own_way = type(self).to_representation is not CompiledModelSerializer.to_representation
        return None if own_way or self.plan is None or self.plan.others else self.plan

    @property
    def columns(self) -> list[str]:
        """The columns of a tuple that it represents like an instance. Empty if it cannot."""
        return self.whole_plan.columns if self.whole_plan else []

    @cached_property
    def plan(self) -> Plan | None:
        """The plan of the class; None if this instance may have other fields than its class."""
        if type(self).get_fields is not CompiledModelSerializer.get_fields:
            return None
        plan = plan_of(type(self))
        if "fields" not in self.__dict__:
            return plan
        fields = self.fields.fields.values()  # DRF's own dictionary around them is slow
        readable = describe(field for field in fields if not field.write_only)
        return plan if plan.fields == readable else None


class CompiledListSerializer(serializers.ListSerializer[Any]):
    """For `list_serializer_class` of a `CompiledModelSerializer`: represents all rows at once."""

    child: Any

    def to_representation(self, data: Any) -> Any:
        plan: Plan | None = self.child.whole_plan
        if plan is None or isinstance(data, Manager):
            return super().to_representation(data)
        return plan.represent(rows_of(plan, data))


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


def rows_of(plan: Plan, ones: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Rows of the plan's columns: of instances, and of tuples that are rows."""
    return [one if type(one) is tuple else plan.read(one) for one in ones]


def represent(field: Any, instance: Any, values: dict[str, Any]) -> None:
    """Add a field's member to `values`, as `Serializer.to_representation()` does."""
    try:
        attribute = field.get_attribute(instance)
    except SkipField:
        return
    missing = attribute.pk if isinstance(attribute, PKOnlyObject) else attribute
    values[field.field_name] = None if missing is None else field.to_representation(attribute)


def duplicate(field: Any) -> Any:
    """A shallow copy of an unbound field: both share `style`, `error_messages` and `child`."""
    made: Any = object.__new__(type(field))  # faster than copy()
    made.__dict__.update(field.__dict__)
    made.validators = [*field.validators]  # callers append to this list
    return made


@cache
def fields_of(serializer_class: type[CompiledModelSerializer]) -> dict[str, Any]:
    return super(CompiledModelSerializer, serializer_class()).get_fields()


@cache
def validators_of(serializer_class: type[CompiledModelSerializer]) -> list[Any]:
    return super(CompiledModelSerializer, serializer_class()).get_validators()


@cache
def plan_of(serializer_class: type[CompiledModelSerializer]) -> Plan:
    fields: list[Any] = list(serializer_class()._readable_fields)
    return make_plan(serializer_class.Meta.model, fields)
