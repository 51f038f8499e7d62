from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from todo_project.api.conditional_lists import ConditionalListMixin
from todo_project.api.filters import OwnedFilterBackend
from todo_project.api.forms import Message
from todo_project.api.idempotency import idempotent
from todo_project.api.ignored_members import IgnoredMembersMixin
from todo_project.api.pagination import KeysetPagination
from todo_project.api.positions import PositionMixin
from todo_project.api.preconditions import ETagMixin
from todo_project.api.problems import invalid
from todo_project.api.query_parameters import StrictQueryMixin
from todo_project.api.viewsets import OwnedViewSet

from .filters import ProjectFilter
from .models import Project
from .pages import detail_context, list_context, project_message
from .schema import project_schema
from .serializers import ProjectSerializer


@project_schema
class ProjectViewSet(
    ETagMixin,
    IgnoredMembersMixin,
    StrictQueryMixin,
    ConditionalListMixin,
    PositionMixin,
    OwnedViewSet,
):
    """The caller's projects."""

    access_scope = "tasks"
    queryset = Project.objects.in_order()
    serializer_class = ProjectSerializer
    filter_backends = [OwnedFilterBackend]
    filterset_class = ProjectFilter
    pagination_class = KeysetPagination
    back = "project-list"  # of the browsable API
    texts = ("name",)
    deleted: Any

    @property
    def page(self) -> str:
        return "projects/detail.html" if self.detail else "projects/list.html"

    def page_context(self, data: Any) -> dict[str, Any]:
        return detail_context(self, data) if self.detail else list_context(self, data)

    def form_message(self, data: Any) -> Message | None:
        return project_message(self, data)

    create = idempotent(OwnedViewSet.create)

    def get_query_parameters(self) -> dict[str, bool]:
        return {"tasks": False} if self.action == "destroy" else super().get_query_parameters()

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Like PATCH: changes only the members that are sent."""
        return super().update(request, *args, **{**kwargs, "partial": True})

    def perform_destroy(self, instance: Project) -> None:
        fate = self.request.query_params.get("tasks")
        if fate not in (None, "trash"):
            raise invalid("tasks", "Must be: trash.", "invalid_choice")
        if fate:
            instance.discard_tasks(self.writing)
        super().perform_destroy(instance)
        self.deleted = instance
