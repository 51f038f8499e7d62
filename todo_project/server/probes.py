"""What a load balancer or an orchestrator asks."""

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from todo_project.api.problems import UNAVAILABLE


def missing_migrations() -> list[Any]:
    executor = MigrationExecutor(connection)
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Alive: this process answers. Touches nothing else."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Ready to serve: the database is there and has every migration; otherwise a 503."""
    try:
        missing = missing_migrations()
    except UNAVAILABLE:
        return JsonResponse({"status": "database unreachable"}, status=503)
    if missing:
        return JsonResponse({"status": "migrations missing"}, status=503)
    return JsonResponse({"status": "ok"})
