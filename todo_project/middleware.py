from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import is_valid_path
from rest_framework.exceptions import Throttled


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


class TooManyAttemptsMiddleware:
    """Answers for pages that are not DRF's, the login pages above all, when they are throttled."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Throttled):
            return None
        wait = getattr(exception, "wait", 60)
        response = render(request, "429.html", {"wait": wait}, status=429)
        response["Retry-After"] = str(wait)
        return response
