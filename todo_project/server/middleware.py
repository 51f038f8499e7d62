import math
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware import common
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils.cache import patch_vary_headers
from rest_framework.exceptions import Throttled

from todo_project.api.problems import Busy, is_api

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
# The pages of DRF, Swagger UI and ReDoc have inline styles. ReDoc starts a worker from a blob. No
# page has an inline script.
PAGE_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src blob:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def add_security_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Adds headers that SecurityMiddleware lacks: content security policies and cache control."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        page = response.get("Content-Type", "").startswith("text/html")
        response["Content-Security-Policy"] = PAGE_POLICY if page else DATA_POLICY
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if is_api(request):
            # Clients may store a response that has an ETag, but must revalidate it.
            cache = "private, no-cache" if "ETag" in response else "no-store"
            response["Cache-Control"] = cache
            patch_vary_headers(response, ["Authorization", "Cookie", "Accept"])
        return response

    return middleware


def optional_trailing_slash(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Serves `/api/tasks/` exactly as `/api/tasks`.

    Routes have no trailing slash. A redirect, as `APPEND_SLASH` sends, makes clients repeat a POST
    as a GET without its body.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.endswith("/") and not is_valid_path(request.path_info):
            shorter = request.path_info[:-1]
            if is_valid_path(shorter):
                request.path_info = shorter
                request.path = request.path[:-1]
        return get_response(request)

    return middleware


class CommonMiddleware(common.CommonMiddleware):
    """Django's middleware, but probes accept any Host: a load balancer may know only the IP."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if request.path_info in ("/health", "/ready"):
            return None
        return super().process_request(request)


class TooManyAttemptsMiddleware:
    """Renders a 429 page when a page outside DRF, such as a login page, is throttled."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Throttled | Busy):
            return None
        return refuse(request, getattr(exception, "wait", 60), exception.status_code)


def refuse(request: HttpRequest, wait: float, status: int = 429) -> HttpResponse:
    """The page that tells to come back in so many seconds."""
    seconds = math.ceil(wait)
    context = {"wait": seconds, "path": request.path}
    response = render(request, f"{status}.html", context, status=status)
    response["Retry-After"] = str(seconds)
    return response
