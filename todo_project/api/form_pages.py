from typing import Any

from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from .renderers import PageRenderer


class FormPageView(GenericAPIView[Any]):
    """A view without GET: a browser that opens its URL gets the page with the form."""

    # The stubs say that it always raises.
    def http_method_not_allowed(  # type: ignore[override]
        self, request: Request, *args: Any, **kwargs: Any
    ) -> Response:
        if request.method == "GET" and isinstance(request.accepted_renderer, PageRenderer):
            return Response()
        return super().http_method_not_allowed(request, *args, **kwargs)
