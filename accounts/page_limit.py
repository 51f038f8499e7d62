"""Limits on calls outside `/api`. Views under `/api` have their own throttles."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from todo_project.api.problems import is_api
from todo_project.api.throttling import UserThrottle
from todo_project.server.middleware import refuse

from .attempts import client_address

UNLIMITED = ["health", "ready", "metrics"]  # monitoring calls these


class PageThrottle(UserThrottle):
    """Allows THROTTLE_ANON calls per address and page.

    Counts in the cache, because counting in the database would cost more than most pages.
    """

    scope = "anon"

    def get_rate(self) -> str | None:
        return settings.THROTTLE_ANON or None

    def applies_to(self, request: Any) -> bool:
        return True

    def get_cache_key(self, request: Any, view: Any) -> str:
        return f"throttle_page_{request.resolver_match.route}_{client_address(request)}"


class PageLimitMiddleware:
    """Counts calls by user for a signed-in browser, otherwise by address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, *arguments: Any) -> HttpResponse | None:
        if is_api(request) or request.resolver_match.route in UNLIMITED:
            return None
        throttle = UserThrottle() if is_signed_in(request) else PageThrottle()
        return None if throttle.allow_request(request, view) else refuse(request, throttle.wait())


def is_signed_in(request: HttpRequest) -> bool:
    """Reads the session only if there is a cookie; else responses would get `Vary: Cookie`."""
    cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    return bool(cookie) and request.user.is_authenticated
