"""The OpenAPI descriptions and examples."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema

from projects.schema import STORED as PROJECT
from tasks.schema import STORED as TASK

from .serializers import CalendarSerializer, ImportedSerializer

URL = "https://todo.example.com/calendar/5Kj0aJmNn3n3Yb0WfS4R7mR1hRk1cH0mFQxM4dYx3fE.ics"
COMPLETED = {
    "occurrence": 1,
    "due_date": "2026-11-24",
    "due_time": None,
    "completed_at": "2026-11-24T10:00:00.123456Z",
    "next_due_date": "2026-12-01",
}
DOCUMENT = {
    "version": 1,
    "account": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "exported_at": "2026-11-29T10:00:00.123456Z",
    "profile": {"id": 1, "email": "ann@example.com", "name": "Ann", "timezone": "Europe/Berlin"},
    "projects": [PROJECT],
    "tasks": [{**TASK, "repeat_since": 1, "deleted_at": None, "completions": [COMPLETED]}],
    "trash": [],
}
TODOIST = "TYPE,CONTENT,PRIORITY,INDENT,DATE\ntask,Buy milk @shop,1,1,2026-12-01\n"
TODO = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//EN\nBEGIN:VTODO\nUID:1\nSUMMARY:Buy milk\n"
    "DUE;VALUE=DATE:20261201\nEND:VTODO\nEND:VCALENDAR\n"
)
RESULT = {
    "created": 2,
    "skipped": 0,
    "warnings": [{"line": 8, "message": "The date 'every day' is left out: it is in words."}],
}


def of(media_type: str, name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value, request_only=True, media_type=media_type)


make_address = extend_schema(
    summary="Make a calendar address",
    request=None,
    responses={201: CalendarSerializer},
    examples=[OpenApiExample("An address", {"url": URL}, response_only=True)],
)
end_address = extend_schema(summary="End the calendar address", responses={204: None})
export_document = extend_schema(
    summary="Export everything",
    responses={200: OpenApiResponse(OpenApiTypes.OBJECT, "The document.")},
    examples=[OpenApiExample("A document", DOCUMENT, response_only=True)],
)
import_file = extend_schema(
    summary="Import a file",
    request={
        "application/json": OpenApiTypes.OBJECT,
        "text/csv": OpenApiTypes.BINARY,
        "text/calendar": OpenApiTypes.BINARY,
    },
    responses={201: ImportedSerializer},
    examples=[
        of("application/json", "A document", DOCUMENT),
        of("text/csv", "A project of Todoist", TODOIST),
        of("text/calendar", "To-dos", TODO),
        OpenApiExample("What was made", RESULT, response_only=True, status_codes=["201"]),
    ],
)
