"""What drf-spectacular cannot see of the task routes."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
    extend_schema_view,
)

from todo_project.api.schema import ETAG, ID, KEY, STRING

from .models import Task
from .operations import BulkResultSerializer
from .serializers import CompletionSerializer, SummarySerializer, TaskSerializer
from .tags import LONGEST, MOST

SENT = {
    "title": "Buy milk",
    "description": "Two bottles",
    "priority": "medium",
    "due_date": "2026-12-01",
    "due_time": "18:00:00",
    "tags": ["errands"],
    "repeat": "FREQ=WEEKLY;BYDAY=TU",
    "repeat_from": "due",
}
STORED = {
    "id": 42,
    **SENT,
    "completed": False,
    "completed_at": None,
    "project": 7,
    "parent": None,
    "occurrence": 1,
    "position": "aD9",
    "revision": 815,
    "created_at": "2026-11-20T10:00:00.123456Z",
    "updated_at": "2026-11-20T10:00:00.123456Z",
}
TRASHED = {**STORED, "revision": 816, "deleted_at": "2026-11-21T08:00:00.123456Z"}
TAG = {"name": "town", "tasks": 3}
COUNTS = {"total": 12, "pending": 5, "completed": 7, "overdue": 1, "due_today": 2}

extend_schema_serializer(
    examples=[
        OpenApiExample("A task to be", SENT, request_only=True),
        OpenApiExample("A task", STORED, response_only=True),
    ]
)(TaskSerializer)
extend_schema_serializer(
    examples=[
        OpenApiExample("Set it", {"completed": True}, request_only=True),
        OpenApiExample(
            "Complete an occurrence", {"completed": True, "occurrence": 1}, request_only=True
        ),
    ]
)(CompletionSerializer)
extend_schema_serializer(examples=[OpenApiExample("Counts", COUNTS)])(SummarySerializer)

PRIORITIES = {
    "type": "array",
    "items": {"type": "string", "enum": [name.lower() for name in Task.Priority.names]},
    "uniqueItems": True,
}
TAGS = {"type": "array", "items": {"type": "string", "maxLength": LONGEST}, "maxItems": MOST}
NAME = OpenApiParameter("name", STRING["schema"], OpenApiParameter.PATH)
KEY_OR_NONE = {"type": "string", "pattern": "^([1-9][0-9]*|none)$"}
PROJECTS = {"type": "array", "items": KEY_OR_NONE, "uniqueItems": True}
FILTERS = [
    OpenApiParameter("priority", PRIORITIES, explode=False, style="form"),
    OpenApiParameter("status", enum=["all", "pending", "completed"]),
    OpenApiParameter(
        "project", PROJECTS, explode=False, style="form", description="Ids, or `none`."
    ),
    OpenApiParameter("parent", KEY_OR_NONE, description="An id, or `none`."),
    OpenApiParameter("tag", TAGS, explode=False, style="form"),
]
OPERATIONS = [
    {"op": "create", "ref": "oats", "data": {"title": "Buy oats"}},
    {"op": "update", "id": 42, "data": {"priority": "high"}, "if_match": '"42-815"'},
    {"op": "complete", "id": "oats"},
]
RESULTS = [
    {"id": 43, "revision": 816, "status": 201},
    {"id": 42, "revision": 816, "status": 200},
    {"id": 43, "revision": 816, "status": 200},
]
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
        parameters=FILTERS,
    ),
    create=extend_schema(
        summary="Create a task",
        parameters=[KEY],
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
    destroy=extend_schema(
        summary="Put a task in the trash",
        parameters=[ID],
        description="It can be restored for 30 days, then it is deleted for good.",
    ),
    position=extend_schema(
        summary="Move a task in `sort=position`", parameters=[ID], responses=TaskSerializer
    ),
    restore=extend_schema(summary="Restore a task from the trash", parameters=[ID]),
    complete=extend_schema(
        summary="Complete or reopen a task",
        parameters=[ID],
        description="A task that repeats stays open and moves to its next due date. With "
        "`occurrence` the call is safe to repeat: a lower number than the current one changes "
        "nothing, a higher one is a 409. `false` with the number of the last completion undoes it.",
    ),
    summary=extend_schema(summary="Count tasks", filters=True, parameters=FILTERS),
)


# Decorates the view set of the trash.
trash_schema = extend_schema_view(
    list=extend_schema(
        summary="List the trash",
        description="One page of the tasks in the trash, the one deleted last first. Follow "
        "`Link` for more.",
        examples=[OpenApiExample("A task in the trash", TRASHED, response_only=True)],
    ),
    destroy=extend_schema(
        summary="Delete a task in the trash for good",
        parameters=[ID],
        description="A task that is not in the trash is not found.",
    ),
)


# Decorates the view set of tags.
tag_schema = extend_schema_view(
    list=extend_schema(
        summary="List tags",
        examples=[OpenApiExample("A tag", TAG, response_only=True)],
        description="A tag is there while a task that is not in the trash has it. Its spelling is "
        "that of the oldest task.",
    ),
    partial_update=extend_schema(
        summary="Rename a tag on every task",
        examples=[
            OpenApiExample("A new name", {"name": "town"}, request_only=True),
            OpenApiExample("The tag", TAG, response_only=True),
        ],
        parameters=[NAME],
        description="A 409 if the other tag exists, unless `merge` is true. The name in the path "
        "is percent-encoded. Tasks in the trash change, too.",
    ),
    destroy=extend_schema(
        summary="Take a tag off every task",
        parameters=[NAME],
        description="Off the tasks in the trash, too.",
        responses={204: None},
    ),
)


# Decorates the handler of bulk calls.
bulk_schema = extend_schema(
    operation_id="tasks_bulk",
    summary="Change many tasks at once",
    description="Up to 100 operations in order, all of them or none. On the first error nothing is "
    "applied, and `errors` has fields such as `operations.3.data.title`.",
    parameters=[KEY],
    responses=BulkResultSerializer,
    examples=[
        OpenApiExample("Three operations", {"operations": OPERATIONS}, request_only=True),
        OpenApiExample("Their results", {"results": RESULTS}, response_only=True),
    ],
)


# For the document only: in a page, labels and choices say as much.
PARAMETERS = {
    "status": "`pending` tasks are not completed. The default is `all`.",
    "priority": "Tasks with one of these priorities; `none` is for tasks without one.",
    "due": "`today`, `overdue` (past due and not completed) and `upcoming` (after today) depend on "
    "the `timezone` of the caller's profile. `any` and `none`: with and without a due date.",
    "tag": "Tasks that have all of these tags, in any case.",
    "sort": "`-` reverses. Priorities sort as none, low, medium, high. Tasks without a due date "
    "come last. The default is `-created`.",
}
MEMBERS = {
    "completed": "Derived from `completed_at`.",
    "priority": "`low`, `medium`, `high`, or null for none.",
    "due_date": "A date in the `timezone` of the owner's profile. Without `due_time`, the task is "
    "overdue on the next day. An RFC 3339 instant is converted to date and time.",
    "due_time": "A time of day in the same zone. It needs a `due_date`.",
}


def describe(schemas: dict[str, Any], parameters: list[dict[str, Any]]) -> None:
    for parameter in parameters:
        if text := PARAMETERS.get(parameter["name"]):
            parameter["description"] = text
    for name in ("Task", "TrashedTask", "TaskRequest", "PatchedTaskRequest"):
        properties = schemas[name]["properties"]
        for member in MEMBERS.keys() & properties.keys():
            properties[member]["description"] = MEMBERS[member]


def complete_tasks(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """A postprocessing hook: what the serializers do not say of members, parameters and headers."""
    schemas, paths = result["components"]["schemas"], result["paths"]
    complete_members(schemas)
    describe(schemas, paths["/api/tasks"]["get"]["parameters"])
    paths["/api/tasks/summary"]["get"]["parameters"] = [
        one
        for one in paths["/api/tasks"]["get"]["parameters"]
        if one["in"] == "query" and one["name"] not in ("sort", "page_size", "cursor")
    ]
    add_headers(paths["/api/tasks"]["get"]["responses"]["200"], HEADERS["list"])
    created = paths["/api/tasks"]["post"]["responses"]["201"]
    add_headers(created, HEADERS["create"])
    created["headers"].update(ETAG)
    return result


def complete_members(schemas: dict[str, Any]) -> None:
    for name in ("TaskRequest", "PatchedTaskRequest"):
        schemas[name]["properties"]["due_date"] = date_or_instant(nullable=True)
    schemas["PreviewRequest"]["properties"]["due_date"] = date_or_instant()
    for name in ("Task", "TrashedTask", "TaskRequest", "PatchedTaskRequest"):
        # `nullable` says nothing without `type` beside it (OAS 3.0.3, clarifications).
        schemas[name]["properties"]["priority"]["type"] = "string"
    schemas["PatchedTagRequest"]["required"] = ["name"]
    # Null is accepted as "", so a response never has it.
    del schemas["Task"]["properties"]["description"]["nullable"]


def date_or_instant(**options: Any) -> dict[str, Any]:
    """Each branch has its own `type` and `nullable`: generators read them only there."""
    return {
        "anyOf": [{"type": "string", "format": form, **options} for form in ("date", "date-time")]
    }


def add_headers(response: dict[str, Any], texts: dict[str, str]) -> None:
    headers = {name: {"description": text, **STRING} for name, text in texts.items()}
    response["headers"] = {**response.get("headers", {}), **headers}
