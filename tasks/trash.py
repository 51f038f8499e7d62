"""The trash: where a task is after DELETE until it is restored or deleted for good."""

from datetime import datetime, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.mixins import DestroyModelMixin, ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.requests import AuthenticatedRequest
from todo_project.api.conditional_lists import ConditionalListMixin
from todo_project.api.forms import Message
from todo_project.api.pagination import KeysetPagination
from todo_project.api.preconditions import ETagMixin
from todo_project.api.query_parameters import StrictQueryMixin
from todo_project.api.viewsets import OwnedGenericViewSet
from todo_project.api.writes import write_of

from .models import Task
from .pages import trash_context
from .schema import trash_schema
from .serializers import TaskSerializer

KEPT = timedelta(days=30)


class TrashedTaskSerializer(TaskSerializer):
    class Meta(TaskSerializer.Meta):
        fields = [*TaskSerializer.Meta.fields, "deleted_at"]
        read_only_fields = fields


@trash_schema
class TrashViewSet(
    ETagMixin,
    StrictQueryMixin,
    ConditionalListMixin,
    OwnedGenericViewSet,
    ListModelMixin,
    DestroyModelMixin,
):
    """The caller's tasks in the trash, the one deleted last first."""

    access_scope = "tasks"
    queryset = Task.objects.trashed().order_by("-deleted_at", "-id")
    serializer_class = TrashedTaskSerializer
    filter_backends = []
    pagination_class = KeysetPagination
    page, back = "tasks/trash.html", "trash-list"  # of the browsable API
    request: AuthenticatedRequest

    def page_context(self, data: Any) -> dict[str, Any]:
        return trash_context(self, data) if hasattr(data, "serializer") else {}

    def form_message(self, data: Any) -> Message:
        return Message("The trash is empty." if self.action == "empty" else "Deleted for good.")

    @extend_schema(operation_id="trash_empty", summary="Empty the trash", responses={204: None})
    def empty(self, request: Request) -> Response:
        """Delete all of it for good."""
        trashed = Task.objects.trashed().for_user(self.request.user)
        self.writing.delete(*trashed.only("owner", "parent"))
        return Response(status=204)


def purge(now: datetime) -> int:
    """Delete for good what is in the trash for too long, an owner's at a time; gives how many."""
    old, total = Task.objects.filter(deleted_at__lt=now - KEPT), 0
    for owner_id in list(old.order_by("owner").values_list("owner", flat=True).distinct()):
        with write_of([owner_id]) as writing:
            tasks = old.filter(owner__in=[*writing.revisions]).only("owner", "parent")
            writing.delete(*tasks)
            total += len(tasks)
    return total
