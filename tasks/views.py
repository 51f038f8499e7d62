from functools import cached_property
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer

from accounts.requests import AuthenticatedRequest
from todo_project.api.filters import OwnedFilterBackend
from todo_project.api.idempotency import IdempotentCreateMixin
from todo_project.api.ignored_members import IgnoredMembersMixin
from todo_project.api.pagination import KeysetPagination
from todo_project.api.preconditions import ETagMixin
from todo_project.api.query_parameters import StrictQueryMixin
from todo_project.api.viewsets import OwnedViewSet

from .filters import TaskFilter
from .models import Task
from .schema import task_schema
from .serializers import CompletionSerializer, SummarySerializer, TaskSerializer


@task_schema
class TaskViewSet(
    ETagMixin, IgnoredMembersMixin, StrictQueryMixin, IdempotentCreateMixin, OwnedViewSet
):
    """The caller's tasks."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    filter_backends = [OwnedFilterBackend]
    filterset_class = TaskFilter
    pagination_class = KeysetPagination
    page_template = "tasks/tasks.html"  # of the browsable API, within its page
    request: AuthenticatedRequest

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The caller's clock as well, for the filters by due date."""
        now = self.request.user.local_time(timezone.now())
        return {"caller": self.request.user.pk, "today": now.date(), "time": now.time()}

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
