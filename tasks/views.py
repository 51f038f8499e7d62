from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ModelViewSet

from accounts.requests import AuthenticatedRequest
from todo_project.idempotency import IdempotentCreateMixin
from todo_project.ignored_members import IgnoredMembersMixin
from todo_project.pagination import KeysetPagination
from todo_project.preconditions import ETagMixin
from todo_project.queries import StrictQueryMixin

from .filters import CALLER, ListFilterBackend, TaskFilter
from .models import Task, TaskQuerySet
from .serializers import CompletionSerializer, SummarySerializer, TaskSerializer

# Of whoever calls, who is known when they run: see `get_parameters` and todo_project/prepared.py.
TASKS = Task.objects.for_user(CALLER)
# Writers wait for each other, so that each goes by what the one before it stored.
LOCKED_TASKS = TASKS.select_for_update()
WRITES = {"update", "partial_update", "complete", "destroy"}


@method_decorator(transaction.atomic, name="update")
@method_decorator(transaction.atomic, name="destroy")
class TaskViewSet(
    ETagMixin, IgnoredMembersMixin, StrictQueryMixin, IdempotentCreateMixin, ModelViewSet[Task]
):
    """The caller's tasks."""

    queryset = TASKS
    serializer_class = TaskSerializer
    filter_backends = [ListFilterBackend]
    filterset_class = TaskFilter
    pagination_class = KeysetPagination
    lookup_value_regex = "[1-9][0-9]{0,18}"
    request: AuthenticatedRequest

    def get_queryset(self) -> TaskQuerySet:
        return LOCKED_TASKS if self.action in WRITES else TASKS

    def get_parameters(self) -> dict[str, Any]:
        user = self.request.user
        now = user.local_time(timezone.now())
        return {"caller": user.pk, "today": now.date(), "time": now.time()}

    def perform_create(self, serializer: BaseSerializer[Task]) -> None:
        serializer.save(owner=self.request.user, **self.idempotency)

    def get_success_headers(self, data: dict[str, Any]) -> dict[str, str]:
        return {"Location": reverse("task-detail", [data["id"]], request=self.request)}

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """As PATCH: the front ends of the original design send any subset of the members."""
        return super().update(request, *args, **{**kwargs, "partial": True})

    @extend_schema(responses=TaskSerializer)
    @action(detail=True, methods=["patch"], serializer_class=CompletionSerializer)
    def complete(self, request: Request, pk: str) -> Response:
        """Toggle a task, or set it as `completed` says."""
        return self.partial_update(request, pk=pk)

    @extend_schema(responses=SummarySerializer)
    @action(detail=False, pagination_class=None, filterset_class=None)
    def summary(self, request: AuthenticatedRequest) -> Response:
        """How many tasks there are, by state."""
        now = request.user.local_time(timezone.now())
        return Response(Task.objects.for_user(request.user).summary(now))
