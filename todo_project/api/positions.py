"""The order that owners give to their objects: each object has a text key (fractional indexing).

An object that is moved gets a key between the keys of its neighbours, so no other row changes. A
new object gets a key made of its revision. This key sorts after all keys of earlier writes, so it
needs no query.

A key is a list of whole numbers that are compared one by one. The library writes a number as a
letter for its length and then its digits, so texts sort like numbers. Moves to one place count up
or down in the last number, so keys only grow with its digits.
"""

from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema
from fractional_indexing import (
    BASE_62_DIGITS,
    decrement_integer,
    get_integer_part,
    increment_integer,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from .keysets import is_after
from .owned import Owned
from .problems import invalid
from .relations import OwnedRelatedField
from .writes import Write

ONE = "Send one of the two: after or before."
LONGEST = 500  # characters; if a key would be longer, keys with the same first number are renewed


class PositionField(models.TextField):
    """A key that both databases sort by its bytes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(editable=False, **options)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, arguments, options = super().deconstruct()
        del options["editable"]
        return name, path, [*arguments], options

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters

    def pre_save(self, instance: Any, add: bool) -> str:
        key: str = getattr(instance, self.attname)
        if not key:
            key = new_key(instance.revision)
            setattr(instance, self.attname, key)
        return key


def new_key(revision: int, place: int = 0) -> str:
    """The key of the object that the write with this number creates after `place` others."""
    return integer_key(revision) + (integer_key(place) if place else "")


def integer_key(number: int) -> str:
    """A whole number, not negative, as the library writes it."""
    digits = ""
    while number or not digits:
        number, digit = divmod(number, len(BASE_62_DIGITS))
        digits = BASE_62_DIGITS[digit] + digits
    return chr(ord("a") + len(digits) - 1) + digits


class Positioned(Owned):
    position = PositionField()

    class Meta(Owned.Meta):
        abstract = True

    def others(self) -> models.QuerySet[Any]:
        """The other objects of its list, in order."""
        rows = type(self)._default_manager.filter(owner=self.owner_id).exclude(pk=self.pk)
        return rows.order_by("position", "id")

    def prepare(self, place: int) -> None:
        self.position = self.position or new_key(self.revision, place)


def move(writing: Write, one: Any, anchor: Any, after: bool) -> bool:
    """Put `one` after or before `anchor`. Without an anchor, put it first or last.

    Gives false if it is already there.
    """
    if one == anchor:
        return False
    lower, upper = find_gap(one, anchor, after)
    if (lower or "") < one.position and (upper is None or one.position < upper):
        return False
    key = None if lower is not None and lower == upper else make_key(writing, lower, upper)
    if key is None or len(key) > LONGEST:
        renumber(writing, one, get_integer_part(str(lower)))
        if anchor:
            anchor.refresh_from_db(fields=["position"])
        one.refresh_from_db()
        key = make_key(writing, *find_gap(one, anchor, after))
    return writing.update(one, position=key)


def find_gap(one: Any, anchor: Any, after: bool) -> tuple[str | None, str | None]:
    """The keys of its new neighbours. None means that there is no neighbour on that side."""
    others, order = one.others(), ["position", "id"]
    if not after:
        others, order = others.reverse(), ["-position", "-id"]
    if anchor:
        others = others.filter(is_after(order, [models.Value(anchor.position), anchor.pk]))
    near = anchor.position if anchor else None
    far = others.values_list("position", flat=True).first()
    return (near, far) if after else (far, near)


def make_key(writing: Write, lower: str | None, upper: str | None) -> str:
    """A key between two keys. The last object gets the key of a new one, so new ones follow it."""
    return new_key(writing.revision) if upper is None else make_key_between(lower, upper)


def make_key_between(lower: str | None, upper: str) -> str:
    """A key between two different keys, as short as it can be without a search."""
    above = read_numbers(upper)
    if lower is None:
        return count_down(above[0])
    below = read_numbers(lower)
    if above[: len(below)] == below:
        return lower + count_down(above[len(below)])
    place = next(n for n, pair in enumerate(zip(below, above, strict=False)) if len({*pair}) == 2)
    start, following = "".join(below[:place]), count_up(below[place])
    if following < above[place]:
        return start + following
    rest = below[place + 1 :]
    return start + below[place] + (count_up(rest[0]) if rest else integer_key(0))


def read_numbers(key: str) -> list[str]:
    """The numbers of a key, as they are written in it."""
    numbers = []
    while key:
        numbers.append(get_integer_part(key))
        key = key.removeprefix(numbers[-1])
    return numbers


def count_up(number: str) -> str:
    return str(increment_integer(number, BASE_62_DIGITS))


def count_down(number: str) -> str:
    return str(decrement_integer(number, BASE_62_DIGITS))


def renumber(writing: Write, one: Any, first: str) -> None:
    """Give short keys to all objects of the owner whose keys have this first number.

    They keep their order and their place among the others.
    """
    rows = type(one)._base_manager.filter(owner=one.owner_id)
    rows = rows.filter(position__gte=first, position__lt=count_up(first))
    for place, row in enumerate(rows.order_by("position", "id"), start=1):
        writing.update(row, position=first + integer_key(place))
    writing.flush()


class PositionSerializer(serializers.Serializer[Any]):
    """`after` or `before`: the id of another object. Null means first or last."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        view = self.context.get("view")
        for name in ("after", "before"):
            self.fields[name] = OwnedRelatedField(
                queryset=view.queryset if view else None, required=False, allow_null=True
            )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise invalid("after", ONE)
        return attrs


class PositionMixin:
    """For an `OwnedViewSet` with `ETagMixin` whose model is `Positioned`."""

    @extend_schema(summary="Move to another place in the order")
    @action(detail=True, methods=["patch"], serializer_class=PositionSerializer)
    def position(self, request: Request, pk: str) -> Response:
        """Put it after or before another, first (`after` is null) or last (`before` is null)."""
        view: Any = self
        one = view.get_object()
        asked = view.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        ((name, anchor),) = asked.validated_data.items()
        answer = type(view).serializer_class(one, context=view.get_serializer_context())
        view.refuse_conflicts(answer, ["position"])
        move(view.writing, one, anchor, name == "after")
        return Response(answer.data)
