"""The example in the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

from tasks.schema import STORED

from .serializers import SyncSerializer

PAGE = {
    "tasks": [STORED],
    "deleted": {"tasks": [41]},
    "next": "WzEsNyww…",
    "has_more": False,
    "check": {"tasks": 1, "digest": "c5c69d6bf2b65bd5"},
}

extend_schema_serializer(examples=[OpenApiExample("The last page, with verify=true", PAGE)])(
    SyncSerializer
)
