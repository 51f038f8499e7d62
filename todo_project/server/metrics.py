"""Prometheus metrics of all workers at `/metrics`. Disabled without METRICS_TOKEN."""

import logging
import os
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as render
from prometheus_client.multiprocess import MultiProcessCollector

logger = logging.getLogger(__name__)

DURATION = Histogram(
    "http_request_duration_seconds",
    "Time from the start of a request in Django to its response.",
    ["method", "route", "status"],
)
QUERIES = Counter(
    "http_request_database_queries", "Database queries of requests.", ["method", "route"]
)
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


def observe(method: Any, route: Any, status: int, seconds: float, queries: int) -> None:
    """Counts a request. No label contains client data, or a client could exhaust the memory."""
    labels = {"method": method if method in METHODS else "other", "route": route or "none"}
    try:
        DURATION.labels(**labels, status=status).observe(seconds)
        QUERIES.labels(**labels).inc(queries)
    except OSError:
        logger.exception("The metrics folder is gone")  # the request itself must not fail


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics, for a client that sends METRICS_TOKEN as bearer token."""
    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry: Any = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return HttpResponse(render(registry), content_type=CONTENT_TYPE_LATEST)
