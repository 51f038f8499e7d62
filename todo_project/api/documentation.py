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
    """The OpenAPI document. It is the same for everybody, whatever the query."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        with lock:  # the generator is not for parallel use
            content = document()
        return HttpResponse(content, content_type=request.accepted_media_type)


@cache
def document() -> bytes:
    """Generates the document once in each process, as that takes tens of milliseconds."""
    schema = SchemaGenerator().get_schema(public=True)
    rendered: bytes = OpenApiJsonRenderer().render(schema)
    return rendered
