"""Details of the project routes that drf-spectacular cannot find."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
    extend_schema_view,
)

from todo_project.api.positions import PositionSerializer
from todo_project.api.schema import ETAG, ID, KEY, STRING

from .serializers import ProjectSerializer

SENT = {"name": "Home", "color": "#3366cc", "archived": False}
STORED = {
    "id": 7,
    **SENT,
    "position": "a2",
    "revision": 814,
    "created_at": "2026-11-20T10:00:00.123456Z",
    "updated_at": "2026-11-20T10:00:00.123456Z",
}
TASKS = OpenApiParameter(
    "tasks",
    enum=["trash"],
    description="Puts its tasks in the trash. Without it the tasks are kept.",
)

extend_schema_serializer(
    examples=[
        OpenApiExample("A new project", SENT, request_only=True),
        OpenApiExample("A project", STORED, response_only=True),
    ]
)(ProjectSerializer)
extend_schema_serializer(examples=[OpenApiExample("After another", {"after": 41})])(
    PositionSerializer
)

# Decorates the view set.
project_schema = extend_schema_view(
    list=extend_schema(
        summary="List projects",
        description="One page of the caller's projects in their order. Follow `Link` for more.",
        parameters=[OpenApiParameter("archived", enum=["true", "false", "all"])],
    ),
    create=extend_schema(summary="Create a project", parameters=[KEY]),
    retrieve=extend_schema(summary="Read a project", parameters=[ID]),
    update=extend_schema(
        summary="Change a project",
        parameters=[ID],
        request=ProjectSerializer(partial=True),
        description="As PATCH: only the members that are sent change.",
    ),
    partial_update=extend_schema(
        summary="Change a project",
        parameters=[ID],
        description="Only the members that are sent change.",
    ),
    destroy=extend_schema(
        summary="Delete a project for good",
        parameters=[ID, TASKS],
        description="Its tasks are kept, without a project.",
    ),
    position=extend_schema(summary="Move a project", parameters=[ID], responses=ProjectSerializer),
)


def complete_projects(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A postprocessing hook: adds the headers of a new project."""
    headers = {
        "Location": "The address of the project.",
        "Idempotent-Replayed": "`true` when the project was made by an earlier request.",
    }
    response = result["paths"]["/api/projects"]["post"]["responses"]["201"]
    response["headers"] = {
        **response.get("headers", {}),
        **{name: {"description": text, **STRING} for name, text in headers.items()},
        **ETAG,
    }
    return result
