"""What a task that repeats has done, and its coming dates."""

from itertools import islice
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.requests import AuthenticatedRequest
from todo_project.api.fields import WholeNumberField
from todo_project.api.ignored_members import IgnoredMembersMixin
from todo_project.api.pagination import KeysetPagination
from todo_project.api.problems import invalid
from todo_project.api.query_parameters import StrictQueryMixin
from todo_project.api.schema import ID
from todo_project.api.viewsets import OwnedGenericViewSet

from . import completions
from .completions import Completion
from .models import Task
from .serializers import BLANK, TaskSerializer, WallClockField

MOST = 50  # coming dates
USUAL = 5
COUNT = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
COMPLETED = {
    "occurrence": 1,
    "due_date": "2026-12-01",
    "due_time": None,
    "completed_at": "2026-12-01T10:00:00.123456Z",
    "next_due_date": "2026-12-08",
}
COMING = {"repeat": "FREQ=WEEKLY;BYDAY=TU", "dates": ["2026-12-08", "2026-12-15"]}
ASKED = {"due_date": "2026-12-01", "repeat": "FREQ=WEEKLY;BYDAY=TU", "count": 2}


@extend_schema_serializer(examples=[OpenApiExample("One", COMPLETED, response_only=True)])
class CompletedOccurrenceSerializer(serializers.ModelSerializer[Completion]):
    due_time = WallClockField(allow_null=True)

    class Meta:
        model = Completion
        fields = ["occurrence", "due_date", "due_time", "completed_at", "next_due_date"]
        # The limits of the column differ between databases.
        extra_kwargs = {"occurrence": {"min_value": 1, "max_value": 2**31 - 1}}


@extend_schema_serializer(examples=[OpenApiExample("Dates", COMING, response_only=True)])
class ComingDatesSerializer(serializers.Serializer[Any]):
    repeat = serializers.CharField(allow_null=True, help_text="The rule in its canonical form.")
    dates = serializers.ListField(
        child=serializers.DateField(),
        help_text="The due dates after the current one, if it is completed today and each later "
        "one when it is due.",
    )


@extend_schema_serializer(examples=[OpenApiExample("A rule", ASKED, request_only=True)])
class PreviewSerializer(TaskSerializer):
    """A rule and the due date that it begins with."""

    count = WholeNumberField(default=USUAL, min_value=1, max_value=MOST)

    class Meta(TaskSerializer.Meta):
        fields = ["due_date", "repeat", "repeat_from", "count"]
        extra_kwargs = {
            "due_date": {"required": True, "allow_null": False},
            "repeat": {"required": True, "allow_null": False, "allow_blank": False},
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        completions.settle(BLANK, attrs)
        return attrs


class OccurrencesViewSet(StrictQueryMixin, OwnedGenericViewSet, ListModelMixin):
    """The coming and the completed occurrences of a task of the caller."""

    access_scope = "tasks"
    queryset = Task.objects.live()
    serializer_class = CompletedOccurrenceSerializer
    filter_backends = []
    pagination_class = KeysetPagination
    filtered_actions = ["completions"]
    request: AuthenticatedRequest

    def get_query_parameters(self) -> dict[str, bool]:
        return {"count": False} if self.action == "next" else super().get_query_parameters()

    @extend_schema(
        operation_id="tasks_completions_list",
        summary="List the completed occurrences of a task",
        parameters=[ID],
        responses=CompletedOccurrenceSerializer(many=True),
    )
    def completions(self, request: Request, pk: str) -> Response:
        """The completed occurrences, the last one first."""
        task = self.get_object()
        rows = Completion.objects.filter(task=task.pk).order_by("-occurrence")
        paginator: Any = self.paginator  # not with this view: its query is of another model
        page = paginator.paginate_queryset(rows, request)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="tasks_next",
        summary="Tell the coming dates of a task",
        parameters=[ID, OpenApiParameter("count", COUNT)],
        responses=ComingDatesSerializer,
    )
    def next(self, request: AuthenticatedRequest, pk: str) -> Response:
        """The coming due dates. No date if it does not repeat or is completed."""
        task, count = self.get_object(), read_count(request)
        open_series = task.repeat is not None and not task.completed
        dates = coming(request, task, {}, count) if open_series else []
        return Response({"repeat": task.repeat, "dates": dates})


class PreviewView(IgnoredMembersMixin, StrictQueryMixin, GenericAPIView[Any]):
    """Tells the coming dates of a rule. Nothing is stored."""

    access_scope = "tasks"
    serializer_class = PreviewSerializer
    request: AuthenticatedRequest

    @extend_schema(
        operation_id="tasks_preview",
        summary="Tell the coming dates of a rule",
        responses=ComingDatesSerializer,
    )
    def post(self, request: AuthenticatedRequest) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        dates = coming(request, BLANK, values, values["count"])
        return Response({"repeat": values["repeat"], "dates": dates})


def coming(request: AuthenticatedRequest, task: Task, values: Any, count: int) -> list[str]:
    today = request.user.local_time(timezone.now()).date()
    return [str(day) for day in islice(completions.make_series(task, values).coming(today), count)]


def read_count(request: Request) -> int:
    text = request.query_params.get("count", "") or str(USUAL)
    if text.isascii() and text.isdecimal() and len(text) < 3 and 1 <= int(text) <= MOST:
        return int(text)
    raise invalid("count", f"Must be a whole number from 1 to {MOST}.")
