"""The output for any task equals DRF's own output, byte for byte."""

import datetime

from hypothesis import given
from hypothesis import strategies as st
from rest_framework.serializers import ModelSerializer

from tasks.models import Task
from tasks.serializers import TaskSerializer
from todo_project.api.renderers import FastJSONRenderer

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
INSTANTS = st.datetimes(
    datetime.datetime(1, 1, 2), datetime.datetime(9999, 12, 30), timezones=st.just(datetime.UTC)
)
TASKS = st.builds(
    Task,
    id=st.integers(1, 2**63 - 1),
    title=TEXT,
    description=TEXT,
    priority=st.integers(0, 3),
    due_date=st.none() | st.dates(),
    due_time=st.none() | st.times(),
    repeat=st.none() | TEXT,
    repeat_from=st.sampled_from(["due", "completion"]),
    occurrence=st.integers(1, 2**31 - 1),
    completed_at=st.none() | INSTANTS,
    created_at=INSTANTS,
    updated_at=INSTANTS,
)


@given(TASKS)
def test_it_equals_drfs_output_byte_for_byte(task):
    serializer, render = TaskSerializer(task), FastJSONRenderer().render

    row = tuple(getattr(task, column) for column in TaskSerializer().columns)

    by_drf = ModelSerializer.to_representation(serializer, task)

    assert render(serializer.data) == render(by_drf)
    assert render(TaskSerializer(row).data) == render(by_drf)
