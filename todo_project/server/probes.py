"""Probes for load balancers and orchestrators."""

from typing import Any

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


def missing_migrations() -> list[Any]:
    executor = MigrationExecutor(connection)
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Liveness: 200 if this process can answer. Uses no database."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Readiness: 200 if the database accepts writes and has every migration; otherwise 503."""
    try:
        read_only, missing = is_read_only(), missing_migrations()
    except Error:
        return JsonResponse({"status": "database unreachable"}, status=503)
    if read_only:
        connection.close()  # after a failover, a new connection reaches the new server
        return JsonResponse({"status": "database read-only"}, status=503)
    if missing:
        return JsonResponse({"status": "migrations missing"}, status=503)
    return JsonResponse({"status": "ok"})


def is_read_only() -> bool:
    """True for a PostgreSQL standby or a server that is set to read-only."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone() == ("on",))
