"""Times lists, moves and renames of one owner with 100,000 tasks on PostgreSQL.

    DATABASE_URL=postgres://…/empty python benchmarks/relations.py

It migrates the database and adds the tasks if they are not there.
"""

import logging
import statistics
import time
from collections.abc import Callable
from typing import Any

from search import prepare  # sets up Django, so import it first

# isort: split

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from projects.models import Project
from tasks.models import Task
from todo_project.api import positions
from todo_project.api.writes import write

ROUNDS = 40
MOVES = 10_000
RENAMED = 10_000  # tasks with the tag that is renamed


def make_owner(name: str, tags: Callable[[int], list[str]], count: int) -> User:
    """A user with tasks that have these tags."""
    user, _ = User.objects.get_or_create(email=f"{name}@example.com")
    user.tasks.all()._raw_delete("default")
    with write(user.pk) as writing:
        writing.create(*(Task(owner=user, title=f"Task {n}", tags=tags(n)) for n in range(count)))
    return user


def sign_in(user: User) -> APIClient:
    client = APIClient(SERVER_NAME="localhost")
    client.force_authenticate(User.objects.get(pk=user.pk))
    return client


def seconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def get(client: APIClient, query: dict[str, Any]) -> float:
    def call() -> None:
        response = client.get("/api/tasks", query)
        assert response.status_code == 200, response.content

    return seconds(call) * 1000


def compare_tags() -> None:
    """Lists of 100 tasks with 0 to 5 tags and without, in turn."""
    names = ["home", "work", "errands", "phone", "waiting"]
    owners = [
        make_owner("tagged", lambda n: names[: n % 6], 100),
        make_owner("plain", lambda n: [], 100),
    ]
    clients = [sign_in(owner) for owner in owners]
    for client in clients:
        with CaptureQueriesContext(connection) as queries:
            get(client, {})
        print(f"queries of a list: {len(queries)}")
    for clock in (time.perf_counter, time.process_time):
        times: list[list[float]] = [[], []]
        for _ in range(ROUNDS * 10):
            for place, client in enumerate(clients):
                started = clock()
                get(client, {})
                times[place].append((clock() - started) * 1000)
        tagged, plain = map(statistics.median, times)
        print(
            f"{clock.__name__}: 0 to 5 tags {tagged:.2f} ms, none {plain:.2f} ms "
            f"({tagged / plain - 1:+.1%})"
        )


def time_filters(owner: User) -> None:
    names = dict(owner.projects.values_list("name", "pk"))
    parent = Task.objects.filter(owner=owner).exclude(parent=None).values_list("parent", flat=True)
    queries: dict[str, dict[str, Any]] = {
        "no filter": {},
        "a project": {"project": next(iter(names.values()))},
        "two projects": {"project": ",".join(map(str, [*names.values()][:2]))},
        "no project": {"project": "none"},
        "few tasks without parent": {"parent": "none", "project": "none", "status": "pending"},
        "subtasks of a task": {"parent": parent[0]},
        "no parent": {"parent": "none"},
        "by position": {"sort": "position"},
        "a project by position": {"project": next(iter(names.values())), "sort": "position"},
        "no project by title": {"project": "none", "sort": "title"},
    }
    client, times = sign_in(owner), {name: list[float]() for name in queries}
    for _ in range(ROUNDS):
        for name, query in queries.items():
            times[name].append(get(client, query))
    for name, each in times.items():
        print(f"{name}: p50 {statistics.median(each):.0f} ms, longest {max(each):.0f} ms")


def time_rename() -> None:
    owner = make_owner("renames", lambda n: ["old", f"tag {n % 50}"], RENAMED)
    client = sign_in(owner)

    def rename() -> None:
        assert client.patch("/api/tags/old", {"name": "new"}).status_code == 200

    print(f"rename of a tag on {RENAMED:,} tasks: {seconds(rename):.1f} s")


def time_moves() -> None:
    """Each move puts the last project after the first. Prints the longest key of all moves."""
    owner, _ = User.objects.get_or_create(email="moves@example.com")
    owner.projects.all()._raw_delete("default")
    with write(owner.pk) as writing:
        writing.create(*(Project(owner=owner, name=str(n)) for n in range(10)))
    longest, order = 0, list(Project.objects.filter(owner=owner).in_order())
    for _ in range(MOVES):
        one = order.pop()
        order.insert(1, one)
        with write(owner.pk) as writing:
            one.refresh_from_db()
            positions.move(writing, one, Project.objects.get(pk=order[0].pk), True)
        longest = max(longest, len(one.position))
    assert list(Project.objects.filter(owner=owner).in_order()) == order
    print(f"the longest key after {MOVES:,} moves to one place: {longest} characters")


def time_text_index() -> None:
    """What the index of trigrams adds to creating 1,000 tasks, in turn with and without it."""
    owner = make_owner("writes", lambda n: [], 0)
    times: dict[bool, list[float]] = {True: [], False: []}
    text = "The number is on the fridge. See the mail of Monday before ten."

    def create() -> None:
        with write(owner.pk) as writing:
            for n in range(1000):
                writing.create(Task(owner=owner, title=f"Task {n}", description=f"{n} {text}"))

    for _ in range(12):
        for indexed in times:
            with transaction.atomic(), connection.cursor() as cursor:
                if not indexed:
                    cursor.execute("DROP INDEX task_by_text")
                times[indexed].append(seconds(create))
                transaction.set_rollback(True)
    slow, fast = (statistics.median(times[key]) * 1000 for key in (True, False))
    print(f"1,000 tasks created: {slow:.0f} ms, without the index of texts {fast:.0f} ms")


def main() -> None:
    logging.getLogger("todo_project").setLevel(logging.ERROR)
    owner = prepare()
    compare_tags()
    time_filters(owner)
    time_rename()
    time_moves()
    time_text_index()


if __name__ == "__main__":
    main()
