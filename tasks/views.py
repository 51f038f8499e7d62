from functools import cached_property
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.requests import AuthenticatedRequest
from todo_project.api.conditional_lists import ConditionalListMixin
from todo_project.api.filters import OwnedFilterBackend
from todo_project.api.forms import Message
from todo_project.api.idempotency import idempotent
from todo_project.api.ignored_members import IgnoredMembersMixin
from todo_project.api.pagination import KeysetPagination
from todo_project.api.positions import PositionMixin
from todo_project.api.preconditions import ETagMixin
from todo_project.api.prepared import values_given
from todo_project.api.query_parameters import StrictQueryMixin
from todo_project.api.viewsets import OwnedViewSet

from .done import task_message
from .filters import CallersClock, CountFilter, TaskFilter
from .models import Task
from .pages import detail_context, list_context
from .schema import task_schema
from .serializers import CompletionSerializer, SummarySerializer, TaskSerializer


@task_schema
class TaskViewSet(
    ETagMixin,
    IgnoredMembersMixin,
    StrictQueryMixin,
    ConditionalListMixin,
    PositionMixin,
    OwnedViewSet,
):
    """The caller's tasks."""

    access_scope = "tasks"
    queryset = Task.objects.live()
    serializer_class = TaskSerializer
    filter_backends = [OwnedFilterBackend]
    filterset_class = TaskFilter
    filtered_actions = ["list", "summary"]
    optimistic_actions = [*OwnedViewSet.optimistic_actions, "complete"]
    pagination_class = KeysetPagination
    back = "task-list"  # of the browsable API
    texts = ("title", "description", "tags")
    request: AuthenticatedRequest

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Without a pk the caller's clock as well, for the filters by date."""
        user = self.request.user
        if self.detail:
            return {"caller": user.pk}
        now = user.local_time(timezone.now())
        clock = {"today": now.date(), "time": now.time(), "zone": user.timezone}
        return {"caller": user.pk, **clock}

    def list_variant(self) -> str | None:
        """The caller's day and zone, if the filters depend on them."""
        asked = self.request.query_params
        if asked.get("due") == "overdue":
            return None
        day = self.parameters["today"] if asked.get("due") in ("today", "upcoming") else ""
        by_completion = asked.get("completed_after") or asked.get("completed_before")
        return f"{day}{self.parameters['zone'] if by_completion else ''}"

    create = idempotent(OwnedViewSet.create)

    @property
    def refusals(self) -> tuple[int, ...]:
        return (409,) if self.action == "complete" else ()

    @property
    def page(self) -> str:
        if self.action == "summary":
            return "rest_framework/api.html"
        return "tasks/detail.html" if self.detail else "tasks/list.html"

    @property
    def form_initial(self) -> dict[str, str]:
        """A new task is in the project whose tasks are shown."""
        project = "" if self.detail else self.request.query_params.get("project", "")
        return {"project": project} if project.isdecimal() else {}

    def page_context(self, data: Any) -> dict[str, Any]:
        return detail_context(self, data) if self.detail else list_context(self, data)

    def form_message(self, data: Any) -> Message | None:
        """For the browsable API, see `forms.redirect()`."""
        return task_message(self, data)

    def perform_destroy(self, instance: Task) -> None:
        self.writing.set(instance, deleted_at=self.writing.now)
        self.deleted = instance

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """As PATCH: the front ends of the original design send any subset of the members."""
        return super().update(request, *args, **{**kwargs, "partial": True})

    @extend_schema(responses=TaskSerializer)
    @action(
        detail=True,
        methods=["patch"],
        serializer_class=CompletionSerializer,
        queryset=Task.objects.live().with_leaves(),
    )
    def complete(self, request: Request, pk: str) -> Response:
        """Toggle a task, or set it as `completed` says."""
        return self.partial_update(request, pk=pk)

    @extend_schema(request=None, responses=TaskSerializer)
    @action(detail=True, methods=["post"], queryset=Task.objects.all())
    def restore(self, request: Request, pk: str) -> Response:
        """Take a task out of the trash. Nothing happens when it is not there."""
        task = self.get_object()
        self.writing.set(task, deleted_at=None)
        return Response(self.get_serializer(task).data)

    @extend_schema(responses=SummarySerializer)
    @action(detail=False, pagination_class=None, filterset_class=CountFilter)
    def summary(self, request: AuthenticatedRequest) -> Response:
        """How many tasks there are, by state."""
        tasks: Any = self.filter_queryset(self.get_queryset())
        with values_given(self.parameters):
            return Response(tasks.summary(CallersClock()))
