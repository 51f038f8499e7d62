"""The representation of a task is the same as DRF's, field by field."""

from datetime import UTC, date, datetime, time

import pytest
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import CharField, ModelSerializer

from tasks.models import Task
from tasks.serializers import CompletionSerializer, TaskSerializer
from todo_project.api import serializers as representations
from todo_project.api.renderers import FastJSONRenderer

INSTANT = datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)


def by_drf(serializer_class, task):
    """The representation of the same fields by DRF."""
    return ModelSerializer.to_representation(serializer_class(task), task)


@pytest.mark.parametrize("serializer_class", [TaskSerializer, CompletionSerializer])
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"title": "\u00e9\u2028\U0001f95b\u202e<script>", "description": 'a "b"\n\t\\'},
        {"priority": 3, "due_date": date(1970, 1, 1)},
        {"priority": Task.Priority.HIGH, "due_date": date(9998, 12, 31)},
        {"due_date": date(2026, 12, 1), "due_time": time(23, 59, 59)},
        {"due_date": date(2026, 12, 1), "due_time": time(0, 0)},
        {"due_date": date(2026, 12, 1), "due_time": time(9, 30, 1, 500_000)},
        {"completed_at": INSTANT, "created_at": INSTANT.replace(microsecond=0)},
        {"completed_at": INSTANT.replace(microsecond=100)},
    ],
)
def test_it_is_byte_for_byte_the_output_of_drf(alice, serializer_class, values):
    made = Task.objects.create(owner=alice, **{"title": "Buy milk", **values})
    read = Task.objects.get(pk=made.pk)

    columns = serializer_class().columns
    row = Task.objects.values_list(*columns).get(pk=made.pk)
    by_row = FastJSONRenderer().render(serializer_class(row).data)
    listed = FastJSONRenderer().render(serializer_class([row, read], many=True).data)

    for task in (made, read):
        fast = FastJSONRenderer().render(serializer_class(task).data)

        assert fast == FastJSONRenderer().render(by_drf(serializer_class, task)) == by_row
        assert listed == b"[%b,%b]" % (fast, fast)
        stock = JSONRenderer().render(by_drf(serializer_class, task))
        assert fast == stock.replace(b"\\u2028", "\u2028".encode())


def test_the_fields_of_a_task_are_compiled():
    plan = representations.plan_of(TaskSerializer)

    assert plan.names == plan.plain == TaskSerializer.Meta.fields
    converted = [plan.plain[place] for place, _ in plan.conversions]
    assert converted == ["completed", "priority", "due_time"]


@pytest.mark.parametrize(
    ("setting", "value", "name"),
    [
        ("DATE_FORMAT", "%d.%m.%Y", "due_date"),
        ("DATETIME_FORMAT", "%Y", "created_at"),
        ("COERCE_BIGINT_TO_STRING", True, "id"),
    ],
)
def test_a_setting_that_changes_the_output_is_applied(alice, settings, setting, value, name):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, setting: value}

    class OtherSerializer(TaskSerializer):
        pass

    task = Task.objects.create(owner=alice, title="Buy milk", due_date=date(2026, 12, 1))

    assert OtherSerializer(task).data[name] == by_drf(OtherSerializer, task)[name]
    assert OtherSerializer(task).data[name] != TaskSerializer(task).data[name]


def test_a_field_with_its_own_conversion_is_called():
    class Shouting(CharField):
        def to_representation(self, value):
            return super().to_representation(value).upper()

    class ShoutingSerializer(TaskSerializer):
        title = Shouting()

    task = Task(title="Buy milk", created_at=INSTANT, updated_at=INSTANT)

    assert ShoutingSerializer(task).data["title"] == "BUY MILK"


def test_requests_do_not_share_fields(alice, milk):
    first, second = TaskSerializer(milk), TaskSerializer(milk)
    first.fields["title"].read_only = True
    first.fields["title"].validators.append(print)

    for other in (second, TaskSerializer(milk)):
        assert not other.fields["title"].read_only
        assert print not in other.fields["title"].validators


def test_a_task_is_loaded_as_in_django(alice):
    made = Task.objects.create(owner=alice, title="Buy milk")

    read = Task.objects.get(pk=made.pk)
    part = Task.objects.only("title").get(pk=made.pk)

    assert read == made
    assert not read._state.adding
    assert read._state.db == "default"
    assert read.owner == alice
    assert part.get_deferred_fields() >= {"description", "created_at"}
    assert part.created_at == made.created_at
