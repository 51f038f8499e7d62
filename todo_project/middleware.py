from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import is_valid_path


def optional_trailing_slash(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer `/api/tasks/` exactly as `/api/tasks`.

    Routes are written without the slash. A redirect, as `APPEND_SLASH` would send, makes
    clients repeat a POST as a GET and lose its body.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.endswith("/") and not is_valid_path(request.path_info):
            shorter = request.path_info[:-1]
            if is_valid_path(shorter):
                request.path_info = shorter
                request.path = request.path[:-1]
        return get_response(request)

    return middleware
