from functools import cache
from threading import Lock

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.request import Request

lock = Lock()


class SchemaView(SpectacularJSONAPIView):
    """Serves the OpenAPI document, the same for all users and query strings."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        with lock:  # the generator is not thread-safe
            content = document()
        return HttpResponse(content, content_type=request.accepted_media_type)


@cache
def document() -> bytes:
    """Generates the document once per process, because this takes tens of milliseconds."""
    schema = SchemaGenerator().get_schema(public=True)
    rendered: bytes = OpenApiJsonRenderer().render(schema)
    return rendered
