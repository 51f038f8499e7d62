"""The cost of requests in calls of Python functions, which does not depend on the machine.

The figures were counted with Python 3.11, which counts the most calls. A change that makes one
10 % more expensive fails. A change that makes it cheaper should lower the figure.
"""

import cProfile
import inspect
import itertools
from itertools import islice, repeat

import pytest
from django.db import connection

from tasks.models import Task
from todo_project.api.viewsets import owned

pytestmark = pytest.mark.django_db(transaction=True)  # without savepoints
CALLS = {
    "sqlite": {
        "one": 1999,
        "empty list": 2058,
        "each of a list": 41,
        "new filters": 5476,
        "create": 3303,
        "change": 3249,
        "toggle": 2951,
    },
    "postgresql": {
        "one": 1969,
        "empty list": 2061,
        "each of a list": 3,
        "new filters": 5048,
        "create": 3135,
        "change": 3048,
        "toggle": 2740,
    },
}
NOTHING = repeat(None)
QUERIES = 2  # the user of the token, the tasks


@pytest.fixture
def count(token_client, without_collections):
    """Counts the function calls of a request with a real token.

    A collection would add the calls of `__del__` of objects that earlier tests have left.
    """

    def count(path, forget=False, send=token_client.get, bodies=NOTHING):
        for body in islice(bodies, 4):  # fills all caches
            assert send(path, body).status_code < 300
        if forget:
            owned.cache_clear()
        profile = cProfile.Profile()
        profile.runcall(send, path, next(bodies))
        return sum(entry.callcount for entry in profile.getstats() if not waits(entry.code))

    return count


def waits(code):
    """True for the driver's generators, which run once more for each wait for the server."""
    return getattr(code, "co_flags", 0) & inspect.CO_GENERATOR and "psycopg" in code.co_filename


def within(name, calls):
    return calls <= CALLS[connection.vendor][name] * 1.1


@pytest.fixture
def hundred(alice):
    return Task.objects.bulk_create(
        Task(owner=alice, title=f"Task {n}", due_date="2026-12-01", updated_at="2026-11-20T10:00Z")
        for n in range(100)
    )


def test_calls_for_one_task(count, milk):
    assert within("one", count(f"/api/tasks/{milk.pk}"))


def test_calls_for_a_list(count, request):
    empty = count("/api/tasks")
    request.getfixturevalue("hundred")
    full = count("/api/tasks")

    assert within("empty list", empty)
    assert within("each of a list", (full - empty) / 100)


@pytest.mark.usefixtures("hundred")
def test_a_list_of_repeating_tasks_costs_the_same(count):
    # The same bytes, as the driver reads a longer response in more calls.
    rule = "FREQ=MONTHLY;BYMONTHDAY=31"
    Task.objects.update(description=rule)
    without = count("/api/tasks")
    Task.objects.update(description="", repeat=rule)

    assert count("/api/tasks") <= without


def test_calls_for_a_new_combination_of_filters(count):
    path = "/api/tasks?status=pending&sort=due_date"
    known = count(path)

    assert within("new filters", count(path, forget=True) - known)


def test_calls_for_a_create(count, token_client):
    bodies = repeat({"title": "Buy milk"})

    assert within("create", count("/api/tasks", send=token_client.post, bodies=bodies))


def test_calls_for_a_change(count, token_client, milk):
    bodies = ({"title": f"Buy {n} bottles"} for n in itertools.count())

    assert within("change", count(f"/api/tasks/{milk.pk}", send=token_client.patch, bodies=bodies))


def test_calls_for_a_toggle(count, token_client, milk):
    path = f"/api/tasks/{milk.pk}/complete"

    assert within("toggle", count(path, send=token_client.patch))


@pytest.mark.usefixtures("hundred")
@pytest.mark.parametrize("path", ["/api/tasks", "/api/tasks?status=pending&sort=due_date"])
def test_queries_of_a_read(count, django_assert_num_queries, path):
    count(path)

    with django_assert_num_queries(5 * QUERIES):
        count(path)


@pytest.mark.parametrize("key", [None, "k1"])
def test_queries_of_a_create(token_client, django_assert_num_queries, key):
    headers = {"idempotency_key": key} if key else {}
    # The user of the token; on PostgreSQL, the counter and the task at once.
    queries = 2
    if key or connection.vendor == "sqlite":
        queries = 5  # the user, the beginning, the counter, the task, the end
    if key:
        queries += 2  # one looks it up, one stores it

    with django_assert_num_queries(queries):
        response = token_client.post("/api/tasks", {"title": "Buy milk"}, headers=headers)

    assert response.status_code == 201
