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
from todo_project.pagination import KeysetPagination
from todo_project.preconditions import ETagMixin
from todo_project.queries import StrictQueryMixin

from .filters import ListFilterBackend, TaskFilter
from .models import Task, TaskQuerySet
from .serializers import CompletionSerializer, SummarySerializer, TaskSerializer

WRITES = {"update", "partial_update", "complete", "destroy"}


@method_decorator(transaction.atomic, name="update")
@method_decorator(transaction.atomic, name="destroy")
class TaskViewSet(ETagMixin, StrictQueryMixin, IdempotentCreateMixin, ModelViewSet[Task]):
    """The caller's tasks."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    filter_backends = [ListFilterBackend]
    filterset_class = TaskFilter
    pagination_class = KeysetPagination
    lookup_value_regex = "[1-9][0-9]{0,18}"
    request: AuthenticatedRequest

    def get_queryset(self) -> TaskQuerySet:
        tasks = Task.objects.for_user(self.request.user)
        # Writers wait for each other, so that each goes by what the one before it stored.
        return tasks.select_for_update() if self.action in WRITES else tasks

    def perform_create(self, serializer: BaseSerializer[Task]) -> None:
        serializer.save(owner=self.request.user, **self.idempotency)

    def get_success_headers(self, data: dict[str, Any]) -> dict[str, str]:
        return {"Location": reverse("task-detail", [data["id"]], request=self.request)}

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
        return Response(self.get_queryset().summary(now))
