"""Logs one line for each request, and adds the request's id to every line logged during it.

The line contains the method and the route of the request, but no data that the client sent: no
path, query, headers or body, and no parameters of database queries.
"""

import logging
import math
import re
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from secrets import token_hex
from time import perf_counter
from typing import Any

import orjson
from django.conf import settings
from django.contrib.admindocs.views import simplify_regex
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

logger = logging.getLogger("todo_project.access")
request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class RouteFilter(logging.Filter):
    """Replaces the path of a request by its route in what Django logs. A path may be a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            path, route = escape(request.path), find_route(request) or "an unknown path"
            record.args = tuple(
                argument.replace(path, route) if isinstance(argument, str) else argument
                for argument in record.args
            )
        return True


def escape(text: str) -> str:
    """As `django.utils.log` does."""
    return text.encode("unicode_escape").decode("ascii")


class JSONFormatter(logging.Formatter):
    """One JSON object per line. The fixed list of members keeps secrets out."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "-"),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z).decode()


class Queries:
    """A wrapper for `execute_wrapper` that counts queries and logs slow ones."""

    def __init__(self) -> None:
        self.count = 0
        self.slow = settings.SLOW_QUERY_MS or math.inf

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        self.count += 1
        started = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            duration = (perf_counter() - started) * 1000
            if duration >= self.slow:
                duration = round(duration, 1)
                fields = {"duration_ms": duration, "sql": sql}
                logger.warning("Slow query, %s ms: %s", duration, sql, extra={"fields": fields})


def log_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        # The id stays set until the next request: Django logs a 5xx after all middleware has run.
        request_id.set(identify(request))
        queries, started = Queries(), perf_counter()
        with connection.execute_wrapper(queries):
            response = get_response(request)
        report(request, response, perf_counter() - started, queries.count)
        response["X-Request-ID"] = request_id.get()
        return response

    return middleware


def identify(request: HttpRequest) -> str:
    """The request id from a trusted proxy if it is well-formed; otherwise a new one."""
    given = request.headers.get("X-Request-ID", "") if settings.TRUSTED_PROXIES else ""
    return given if re.fullmatch("[A-Za-z0-9_-]{8,64}", given) else token_hex(16)


def report(request: HttpRequest, response: HttpResponse, seconds: float, queries: int) -> None:
    fields = {
        "method": request.method,
        "route": find_route(request),
        "status": response.status_code,
        "duration_ms": round(seconds * 1000, 1),
        "queries": queries,
        "user": user_id(request),
    }
    message = "%(method)s %(route)s %(status)s %(duration_ms)s ms %(queries)s queries user %(user)s"
    logger.info(message, fields, extra={"fields": fields})
    if settings.METRICS_TOKEN:
        from .metrics import observe  # the import reads PROMETHEUS_MULTIPROC_DIR

        observe(fields["method"], fields["route"], response.status_code, seconds, queries)


route_pattern = cache(simplify_regex)  # bounded by the number of routes


def find_route(request: HttpRequest) -> str | None:
    return route_pattern(request.resolver_match.route) if request.resolver_match else None


def user_id(request: HttpRequest) -> Any:
    """The id of the authenticated user, or None. Causes no query."""
    user = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        user = request.__dict__.get("_cached_user")
    return getattr(user, "pk", None)
