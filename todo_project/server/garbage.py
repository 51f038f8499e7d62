import gc
from collections.abc import Callable
from typing import Any


class GarbageCollection:
    """WSGI middleware that closes the response and frees the memory of a request.

    In DRF a view, its request, its response and its serializers refer to each other, so rows and
    texts stay in memory until garbage is collected. `release()` removes most of these references
    when a request ends, because reusing memory at once is faster. Other responses may keep some, so
    garbage is collected after every 4 MiB of their bodies and those of their requests. Python
    counts objects for that, not bytes.
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
        if response.streaming:
            return response
        # A server sends a list at once, but takes several steps for a response. It does not close a
        # list (PEP 3333).
        response.close()
        return [response.content]


def release(response: Any) -> bool:
    """Remove the circular references of DRF's objects. False if there may be more of them."""
    context = getattr(response, "renderer_context", None)
    if context is None:  # not a response of DRF
        return False
    serializer = getattr(response.data, "serializer", None)
    child = getattr(serializer, "child", None)  # of a list
    for one in (context["view"], context["request"], serializer, child):
        if one is not None:
            vars(one).clear()
    context.clear()
    # Pages have forms, and the traceback of an error may refer to everything.
    is_json = response.accepted_renderer.format == "json"
    return serializer is not None and is_json and not response.exception
