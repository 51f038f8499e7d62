"""Measures the processor time that each mechanism saves in a list of 100 tasks, for docs/speed.md.

    DATABASE_URL=postgres://… python benchmarks/mechanisms.py [ROUNDS]

Requests run in this process, without a server. Each round turns each mechanism off in turn, so
other load affects all alike. Uses a test database on the server of DATABASE_URL.
"""

import gc
import logging
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "todo_project.settings"
os.environ["THROTTLE_USER"] = "1000000/min"

import django

django.setup()
logging.disable()

from django.core import signals
from django.db import connection
from django.db.backends.postgresql.psycopg_any import get_adapters_template
from django.test import RequestFactory
from django.test.utils import setup_test_environment
from psycopg.pq import Format
from psycopg.types.datetime import TimestamptzLoader
from rest_framework.serializers import ModelSerializer

from accounts.models import User
from accounts.tokens import RefreshToken
from tasks.models import Task
from todo_project.api import filters, pagination, prepared, statements
from todo_project.api.serializers import CompiledModelSerializer
from todo_project.api.writes import write
from todo_project.server import garbage
from todo_project.wsgi import application

REQUESTS = 60
TIMESTAMPTZ = 1184  # the type's number


def compile_each_time(function: Callable[..., Any], queryset: Any) -> Callable[..., Any]:
    return partial(function, queryset)


@contextmanager
def sql_each_time() -> Iterator[None]:
    with (
        patch.object(prepared, "cached_for", compile_each_time),
        patch.object(filters, "cached_for", compile_each_time),
        patch.object(pagination, "cached_for", compile_each_time),
    ):
        yield


def instances() -> AbstractContextManager[Any]:
    return patch.object(CompiledModelSerializer, "columns", [])


@contextmanager
def rest_framework_fields() -> Iterator[None]:
    method = ModelSerializer.to_representation
    with (
        patch.object(CompiledModelSerializer, "whole_plan", None),
        patch.object(CompiledModelSerializer, "to_representation", method),
    ):
        yield


@contextmanager
def no_prepared_statements() -> Iterator[None]:
    database: Any = connection.connection
    threshold, database.prepare_threshold = database.prepare_threshold, None
    yield
    database.prepare_threshold = threshold


@contextmanager
def health_query() -> Iterator[None]:
    """Django sends it before each request that uses a persistent connection."""

    def query(sender: Any, **options: Any) -> None:
        connection.connection.execute("SELECT 1")

    signals.request_started.connect(query)
    yield
    signals.request_started.disconnect(query)


@contextmanager
def django_loader() -> Iterator[None]:
    loaders: Any = get_adapters_template(use_tz=True, timezone=connection.timezone)
    use_loader(loaders.get_loader(TIMESTAMPTZ, Format.TEXT))
    yield
    use_loader(TimestamptzLoader)


def use_loader(loader: Any) -> None:
    connection.connection.adapters.register_loader("timestamptz", loader)
    statements.kept.cursors.clear()  # they keep the loaders


def new_cursors() -> AbstractContextManager[Any]:
    return patch.object(statements, "find_cursor", lambda name: connection.cursor())


def kept_references() -> AbstractContextManager[Any]:
    return patch.object(garbage, "release", lambda response: False)


@contextmanager
def scanned_objects() -> Iterator[None]:
    gc.unfreeze()
    with kept_references():
        yield
    gc.freeze()


MECHANISMS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "all mechanisms": nullcontext,
    "SQL compiled in each request": sql_each_time,
    "instances in place of tuples": instances,
    "DRF's own conversion of fields": rest_framework_fields,
    "no prepared statements": no_prepared_statements,
    "a new cursor for each statement": new_cursors,
    "Django's query for the health of the connection": health_query,
    "Django's loader for instants": django_loader,
    "the circular references of DRF": kept_references,
    "the same, and a collector that looks at all objects": scanned_objects,
}


def main(rounds: int) -> None:
    setup_test_environment()
    name = connection.creation.create_test_db(verbosity=0)
    try:
        request = prepare()
        gc.freeze()
        times = measure(request, rounds)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    usual = median(times["all mechanisms"])
    for mechanism, seen in times.items():
        print(f"{mechanism:50} {median(seen):.2f} ms {median(seen) / usual - 1:+.0%}")


def prepare() -> Callable[[], str]:
    """A request of a user with 100 tasks."""
    user = User.objects.create_user("ann@example.com")
    with write(user.pk) as writing:
        writing.create(*(Task(owner=user, title=f"Task {number}") for number in range(100)))
    access = RefreshToken.for_user(user).access_token
    factory = RequestFactory(headers={"authorization": f"Bearer {access}"})

    def request() -> str:
        statuses: list[str] = []
        environ = factory.get("/api/tasks").environ
        application(environ, lambda status, headers: statuses.append(status))
        return statuses[0]

    return request


def measure(request: Callable[[], str], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for mechanism, without in MECHANISMS.items():
            with without():
                request()
                started = process_time()
                for _ in range(REQUESTS):
                    assert request() == "200 OK"
                times[mechanism].append((process_time() - started) / REQUESTS * 1000)
    return times


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
