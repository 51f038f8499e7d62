import gc
from collections.abc import Callable
from typing import Any


class GarbageCollection:
    """WSGI middleware that collects garbage after every 4 MiB of request and response bodies.

    In DRF a view, its request, its response and its serializers refer to each other, so rows and
    texts stay in memory until garbage is collected. Python counts objects for that, not bytes.
    """

    LIMIT = 2**22

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application, self.size = application, 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if self.size > self.LIMIT:
            self.size = 0
            gc.collect()
        response = self.application(environ, start_response)
        self.size += int(environ["CONTENT_LENGTH"])  # set by `BodyReader`
        self.size += 0 if response.streaming else len(response.content)
        return response
