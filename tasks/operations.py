"""The serializers of a bulk call."""

from typing import Any

from django.db.models import BigIntegerField
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from todo_project.api.fields import StringField, WholeNumberField

MOST = 100
STATUSES = {
    "create": 201,
    "update": 200,
    "complete": 200,
    "reopen": 200,
    "delete": 204,
    "restore": 200,
}
# The members that each operation must have, and those that it may have.
MEMBERS = {op: ({"id"}, {"if_match"}) for op in STATUSES} | {
    "create": ({"data"}, {"ref"}),
    "update": ({"id", "data"}, {"if_match"}),
    "complete": ({"id"}, {"if_match", "occurrence"}),
    "reopen": ({"id"}, {"if_match", "occurrence"}),
}


@extend_schema_field({"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]})
class IdField(serializers.Field[Any, Any, Any, Any]):
    """The id of a task, or the `ref` of an earlier operation."""

    default_error_messages = {"invalid": "Must be the id of a task or the ref of an operation."}

    def to_internal_value(self, data: Any) -> int | str:
        if not isinstance(data, str) and not is_id(data):
            self.fail("invalid")
        named: int | str = data
        return named


class OperationSerializer(serializers.Serializer[Any]):
    op = serializers.ChoiceField(
        choices=[*STATUSES],
        error_messages={"invalid_choice": f"Must be one of: {', '.join(STATUSES)}."},
    )
    id = IdField(
        required=False, help_text="The id of a task, or the `ref` of an earlier operation."
    )
    ref = StringField(
        required=False,
        max_length=100,
        help_text="A name for the new task, for later operations.",
    )
    if_match = StringField(
        required=False, help_text="Like `If-Match`: the `ETag` of the task before this call."
    )
    occurrence = WholeNumberField(
        required=False,
        min_value=1,
        help_text="The occurrence of a task that repeats, as in `…/complete`.",
    )
    # DRF has an attribute of this name; its metaclass takes the field out of the way.
    data = serializers.DictField(required=False)  # type: ignore[assignment]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        required, allowed = MEMBERS[attrs["op"]]
        given = attrs.keys() - {"op"}
        errors = {
            name: [ErrorDetail("This field is required.", "required")] for name in required - given
        }
        for name in given - required - allowed:
            errors[name] = [ErrorDetail("Not a member of this operation.", "invalid")]
        if errors:
            raise ValidationError(errors)
        return attrs


class BulkSerializer(serializers.Serializer[Any]):
    operations = serializers.ListField(child=OperationSerializer(), min_length=1, max_length=MOST)


class ResultSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    revision = serializers.IntegerField()
    status = serializers.IntegerField(help_text="The status of the same single call.")


class BulkResultSerializer(serializers.Serializer[Any]):
    results = ResultSerializer(many=True)


def is_id(value: Any) -> bool:
    return type(value) is int and 0 < value <= BigIntegerField.MAX_BIGINT
