"""The example in the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

from projects.schema import STORED as PROJECT
from tasks.schema import STORED

from .serializers import SyncSerializer

PAGE = {
    "tasks": [STORED],
    "projects": [PROJECT],
    "deleted": {"tasks": [41], "projects": []},
    "next": "WzEsNyww…",
    "has_more": False,
    "check": {"tasks": 1, "projects": 1, "digest": "90c8450715e73cfe"},
}

extend_schema_serializer(examples=[OpenApiExample("The last page, with verify=true", PAGE)])(
    SyncSerializer
)
