"""What drf-spectacular cannot see of the task routes."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
    extend_schema_view,
)

from todo_project.api.schema import ETAG, STRING

from .models import Task
from .serializers import CompletionSerializer, SummarySerializer, TaskSerializer

SENT = {
    "title": "Buy milk",
    "description": "Two bottles",
    "priority": "medium",
    "due_date": "2026-12-01",
    "due_time": "18:00:00",
}
STORED = {
    "id": 42,
    **SENT,
    "completed": False,
    "completed_at": None,
    "created_at": "2026-11-20T10:00:00.123456Z",
    "updated_at": "2026-11-20T10:00:00.123456Z",
}
COUNTS = {"total": 12, "pending": 5, "completed": 7, "overdue": 1, "due_today": 2}

extend_schema_serializer(
    examples=[
        OpenApiExample("A task to be", SENT, request_only=True),
        OpenApiExample("A task", STORED, response_only=True),
    ]
)(TaskSerializer)
extend_schema_serializer(
    examples=[OpenApiExample("Set it", {"completed": True}, request_only=True)]
)(CompletionSerializer)
extend_schema_serializer(examples=[OpenApiExample("Counts", COUNTS)])(SummarySerializer)

PRIORITIES = {
    "type": "array",
    "items": {"type": "string", "enum": [name.lower() for name in Task.Priority.names]},
    "uniqueItems": True,
}
ID = OpenApiParameter(
    "id", {"type": "integer", "format": "int64", "minimum": 1}, OpenApiParameter.PATH
)
HEADERS = {
    "create": {
        "Location": "The address of the task.",
        "Idempotent-Replayed": "`true` when the task was made by an earlier request.",
    },
    "list": {"Link": 'RFC 8288: `rel="next"` and `rel="prev"` while there are such pages.'},
}


# Decorates the view set.
task_schema = extend_schema_view(
    list=extend_schema(
        summary="List tasks",
        description="One page of the caller's tasks, the newest first unless `sort` says "
        "otherwise. Follow `Link` for more.",
        parameters=[
            OpenApiParameter("priority", PRIORITIES, explode=False, style="form"),
            OpenApiParameter("status", enum=["all", "pending", "completed"]),
        ],
    ),
    create=extend_schema(
        summary="Create a task",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                {"type": "string", "pattern": "^[!-~]{1,255}$"},
                OpenApiParameter.HEADER,
                description="Sent again with the same body, it makes no second task.",
            )
        ],
    ),
    retrieve=extend_schema(summary="Read a task", parameters=[ID]),
    update=extend_schema(
        summary="Change a task",
        parameters=[ID],
        request=TaskSerializer(partial=True),
        description="As PATCH: only the members that are sent change.",
    ),
    partial_update=extend_schema(
        summary="Change a task",
        parameters=[ID],
        description="Only the members that are sent change.",
    ),
    destroy=extend_schema(summary="Delete a task", parameters=[ID]),
    complete=extend_schema(summary="Complete or reopen a task", parameters=[ID]),
    summary=extend_schema(summary="Count tasks"),
)


def complete_tasks(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A postprocessing hook: the headers of the collection, the two ways to write a due date."""
    for name in ("TaskRequest", "PatchedTaskRequest"):
        # Generators read `type` and `nullable` only inside of the branches.
        result["components"]["schemas"][name]["properties"]["due_date"] = {
            "anyOf": [
                {"type": "string", "format": form, "nullable": True}
                for form in ("date", "date-time")
            ]
        }
    for name in ("Task", "TaskRequest", "PatchedTaskRequest"):
        # `nullable` says nothing without `type` beside it (OAS 3.0.3, clarifications).
        result["components"]["schemas"][name]["properties"]["priority"]["type"] = "string"
    # Null is taken for "", which is what is answered.
    del result["components"]["schemas"]["Task"]["properties"]["description"]["nullable"]
    for method, code, headers in [
        ("get", "200", HEADERS["list"]),
        ("post", "201", HEADERS["create"]),
    ]:
        response = result["paths"]["/api/tasks"][method]["responses"][code]
        response["headers"] = {
            **response.get("headers", {}),
            **{name: {"description": text, **STRING} for name, text in headers.items()},
            **(ETAG if method == "post" else {}),
        }
    return result
