from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from todo_project.representations import CompiledModelSerializer

from .dates import DATE, INSTANT, TIME
from .models import Task


class CalendarDateField(serializers.DateField):
    def to_internal_value(self, value: Any) -> Any:
        if isinstance(value, str) and not DATE.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


@extend_schema_field({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"})
class WallClockField(serializers.TimeField):
    def __init__(self, **options: Any) -> None:
        super().__init__(format="%H:%M:%S", **options)

    def to_internal_value(self, value: Any) -> Any:
        if isinstance(value, str) and not TIME.fullmatch(value):
            self.fail("invalid", format="hh:mm[:ss]")
        return super().to_internal_value(value)


class TaskSerializer(CompiledModelSerializer):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateField: CalendarDateField,
        models.TimeField: WallClockField,
    }
    completed = serializers.BooleanField(required=False)
    # Declared, as the model's field adds the range of the database's integers to the schema.
    priority = serializers.ChoiceField(
        Task.Priority.choices, required=False, initial=Task.Priority.NONE
    )

    class Meta:
        model = Task
        fields = [
            "id",
            "title",
            "description",
            "completed",
            "completed_at",
            "priority",
            "due_date",
            "due_time",
            "created_at",
            "updated_at",
        ]
        extra_kwargs = {"description": {"trim_whitespace": False}}

    def to_internal_value(self, data: Any) -> Any:
        if not self.fields["due_date"].read_only:
            data = self.split_instant(data)
        return super().to_internal_value(data)

    def split_instant(self, data: Any) -> Any:
        """A `due_date` that is an instant, as its date and time on the owner's clock."""
        text = data.get("due_date")
        if not isinstance(text, str) or not INSTANT.fullmatch(text):
            return data
        if data.get("due_time") is not None:
            raise invalid("due_time", "Leave it out: the instant in due_date has a time.")
        try:
            due = self.context["request"].user.local_time(datetime.fromisoformat(text.upper()))
        except (ValueError, OverflowError):
            raise invalid("due_date", "There is no such date or time.") from None
        data = data.copy()
        data["due_date"], data["due_time"] = f"{due:%Y-%m-%d}", f"{due:%H:%M:%S}"
        return data

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        task = self.instance or Task()
        dated = attrs.get("due_date", task.due_date)
        timed = attrs.get("due_time", task.due_time)
        if timed is not None and dated is None:
            raise invalid("due_time", "A due time needs a due date.")
        return attrs

    def update(self, instance: Task, validated_data: Mapping[str, Any]) -> Task:
        instance.change(validated_data)
        return instance


class CompletionSerializer(TaskSerializer):
    """Sets `completed` when it is sent, toggles it when it is not; answers the whole task."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name, field in fields.items():
            field.read_only = name != "completed"
        return fields

    def update(self, instance: Task, validated_data: Mapping[str, Any]) -> Task:
        return super().update(instance, {"completed": not instance.completed, **validated_data})


class SummarySerializer(serializers.Serializer[dict[str, int]]):
    total = serializers.IntegerField()
    pending = serializers.IntegerField()
    completed = serializers.IntegerField()
    overdue = serializers.IntegerField()
    due_today = serializers.IntegerField()


def invalid(field: str, message: str) -> serializers.ValidationError:
    return serializers.ValidationError({field: [ErrorDetail(message, "invalid")]})
