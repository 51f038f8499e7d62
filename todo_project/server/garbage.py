import gc
from collections.abc import Callable
from typing import Any


class GarbageCollection:
    """WSGI middleware that frees the memory of a request.

    In DRF a view, its request, its response and its serializers refer to each other, so rows and
    texts stay in memory until garbage is collected. For most responses these references are removed
    at once: memory that is used again soon is faster. After the others, garbage is collected
    whenever their bodies and those of their requests reach 4 MiB. Python counts objects for that,
    not bytes.
    """

    LIMIT = 2**22

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application, self.size = application, 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if self.size > self.LIMIT:
            self.size = 0
            gc.collect()
        response = self.application(environ, start_response)
        if not release(response):
            self.size += int(environ["CONTENT_LENGTH"])  # set by `BodyReader`
            self.size += 0 if response.streaming else len(response.content)
        return response


def release(response: Any) -> bool:
    """Remove the circular references of DRF's objects. False if there may be more of them."""
    context = getattr(response, "renderer_context", None)
    if context is None:  # not a response of DRF
        return False
    vars(context["view"]).clear()
    vars(context["request"]).clear()
    context.clear()
    serializer = getattr(response.data, "serializer", None)
    if serializer is None:
        return False
    vars(serializer).clear()
    return not response.exception  # the traceback of an error may refer to everything
