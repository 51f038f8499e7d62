from collections.abc import Mapping
from datetime import date, datetime, time
from functools import cache, cached_property
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from todo_project.api.fields import STRING_FIELDS, MultilineField, WholeNumberField
from todo_project.api.problems import invalid
from todo_project.api.relations import OwnedRelatedField
from todo_project.api.serializers import CompiledListSerializer, OwnedSerializer, duplicate

from . import completions, subtasks
from .dates import DATE, INSTANT, TIME
from .models import Task
from .tags import MOST, TagListField, respell, unite, without

BLANK = Task()  # what a new task has before it gets any values; only read


class NullableTextField(MultilineField):
    """A text for which null means the same as "", as front ends send either."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(data) or ""


class PriorityField(serializers.ChoiceField):
    """A word of the API for each number that is stored; null for none."""

    WORDS = [value.label.lower() for value in Task.Priority if value]
    representations = dict(zip(Task.Priority.values, [None, *WORDS], strict=True))
    default_error_messages = {
        "invalid_choice": f"Must be one of: {', '.join(WORDS)}; or null for none."
    }

    def __init__(self, **options: Any) -> None:
        choices = [(word, word.capitalize()) for word in self.WORDS]
        super().__init__(choices, allow_null=True, **options)

    def run_validation(self, data: Any = serializers.empty) -> Task.Priority:
        word = super().run_validation(data)
        return Task.Priority[word.upper()] if word else Task.Priority.NONE

    def to_representation(self, value: Any) -> Any:
        return self.representations[value]


class CalendarDateField(serializers.DateField):
    """A date in the one form of the API. The error says whether the form or the day is wrong."""

    default_error_messages = {
        "invalid": "Must be a date, 2026-12-31, or an instant, 2026-12-31T18:00:00Z.",
        "no_such_date": "There is no such date.",
    }

    def to_internal_value(self, value: Any) -> date:
        if not (isinstance(value, str) and DATE.fullmatch(value)):
            self.fail("invalid")
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail("no_such_date")


@extend_schema_field({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"})
class WallClockField(serializers.TimeField):
    """A time in the one form of the API. The error says whether the form or the time is wrong."""

    default_error_messages = {
        "invalid": "Must be a time: HH:MM:SS or HH:MM.",
        "no_such_time": "There is no such time.",
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%H:%M:%S", **options)

    def to_internal_value(self, value: Any) -> time:
        if not (isinstance(value, str) and TIME.fullmatch(value)):
            self.fail("invalid")
        try:
            return time.fromisoformat(value)
        except ValueError:
            self.fail("no_such_time")


class TaskSerializer(OwnedSerializer):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        **STRING_FIELDS,
        models.DateField: CalendarDateField,
        models.TimeField: WallClockField,
    }
    serializer_related_field = OwnedRelatedField
    completed = serializers.BooleanField(required=False, style={"omitted": True})  # has a button
    description = NullableTextField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=10_000,
        style={"base_template": "textarea.html", "folded": True},
    )
    priority = PriorityField(required=False, style={"folded": True})
    tags = TagListField()

    class Meta:
        model = Task
        list_serializer_class = CompiledListSerializer
        fields = [
            "id",
            "title",
            "description",
            "completed",
            "completed_at",
            "priority",
            "due_date",
            "due_time",
            "project",
            "parent",
            "tags",
            "repeat",
            "repeat_from",
            "occurrence",
            "position",
            "revision",
            "created_at",
            "updated_at",
        ]
        extra_kwargs = {
            "due_date": {"style": {"folded": True}},
            "due_time": {"style": {"folded": True}},
            "project": {"style": {"folded": True}},
            # Too many to choose from.
            "parent": {
                "style": {
                    "template": "tasks/parent_field.html",
                    "input_type": "number",
                    "folded": True,
                }
            },
            "position": {"read_only": True},
            "repeat": {
                "allow_blank": False,
                "help_text": "A rule of RFC 5545, such as `FREQ=WEEKLY;BYDAY=MO,TH`.",
                "style": {"template": "tasks/repeat_field.html", "folded": True},
            },
            "repeat_from": {"style": {"folded": True}},
            "occurrence": {"read_only": True},
        }

    @cached_property
    def fields(self) -> Any:
        """A change may also add and remove single tags."""
        fields = super().fields
        if self.partial and not fields["tags"].read_only:
            for name in ("tags_add", "tags_remove"):
                fields[name] = duplicate(single_tags())
        return fields

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
        task = self.instance or BLANK
        dated = attrs.get("due_date", task.due_date)
        timed = attrs.get("due_time", task.due_time)
        if timed is not None and dated is None:
            raise invalid("due_time", "A due time needs a due date.")
        if len(change_tags(task, attrs).get("tags", [])) > MOST:
            raise invalid("tags_add", f"A task has at most {MOST} tags.")
        completions.settle(task, attrs)
        subtasks.check_place(self.context["writing"], task, attrs)
        return attrs

    def update(self, instance: Any, validated_data: Any) -> Any:
        return super().update(instance, change_tags(instance, validated_data))


class CompletionSerializer(TaskSerializer):
    """Sets `completed` when it is sent, toggles it when it is not; answers the whole task.

    `occurrence` says which occurrence of a task that repeats is meant.
    """

    description = NullableTextField(read_only=True)
    priority = PriorityField(read_only=True)
    tags = TagListField(read_only=True)
    occurrence = WholeNumberField(required=False, min_value=1)

    class Meta(TaskSerializer.Meta):
        read_only_fields = [
            name for name in TaskSerializer.Meta.fields if name not in ("completed", "occurrence")
        ]

    instance: Any

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        number = attrs.get("occurrence")
        if number is None:
            return {"completed": not self.instance.completed, **attrs}
        if "completed" not in attrs:
            raise invalid("occurrence", "Send it together with `completed`.")
        writing = self.context["writing"]
        return completions.decide(writing, self.instance, attrs["completed"], number)


class SummarySerializer(serializers.Serializer[dict[str, int]]):
    total = serializers.IntegerField()
    pending = serializers.IntegerField()
    completed = serializers.IntegerField()
    overdue = serializers.IntegerField()
    due_today = serializers.IntegerField()


@cache
def single_tags() -> TagListField:
    field = TagListField(write_only=True)
    field.style["omitted"] = True  # in forms
    return field


def change_tags(task: Task, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with the tags that result."""
    changed = {**values}
    add, remove = changed.pop("tags_add", []), changed.pop("tags_remove", [])
    if "tags" in changed or add or remove:
        names = respell(changed.get("tags", task.tags), task.tags)
        changed["tags"] = unite(without(names, remove), add)
    return changed
