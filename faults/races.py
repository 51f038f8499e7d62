"""Races between real threads with real connections: `make races`.

Runs 1,000 rounds of each race, or the number in the first argument, in a test database on the
server in DATABASE_URL. The test database is dropped afterwards. A round with an unexpected outcome
stops the run with an error.
"""

from faults.crew import Crew, clients_of  # sets up Django, so import it first

# isort: split

import sys
import time
from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.test.utils import setup_test_environment, teardown_test_environment

from accounts.models import User
from faults.bulk_races import bulks
from faults.relation_races import cycles, ends_of_projects, renames
from faults.repeat_races import deletions_of_series, moves, occurrences, undos
from faults.sign_in_races import changes, claims, codes, recovery_codes, refreshes, registrations
from tasks.models import Task

THREADS = 8


PRIORITIES = [None, "low", "medium", "high"]  # in the order of their numbers


def patches(crew: Crew, rounds: int) -> Counter[str]:
    """Parallel PATCHes of different members are all stored."""
    user = User.objects.create_user("patch@example.com")
    clients = clients_of(user, crew.size)
    task = Task.objects.create(owner=user, title="0")
    seen: Counter[str] = Counter()
    for number in range(1, rounds + 1):
        day = date(2026, 1, 1) + timedelta(days=number)
        members: list[tuple[str, Any]] = [
            ("title", f"Task {number}"),
            ("description", f"Round {number}"),
            ("priority", PRIORITIES[number % 4]),
            ("due_date", str(day)),
        ]
        before = task.revision

        def patch(n: int, members: list[tuple[str, Any]] = members) -> int:
            body = dict([members[n % len(members)]])
            return clients[n].patch(f"/api/tasks/{task.pk}", body).status_code

        assert crew.together(patch) == [200] * crew.size
        task.refresh_from_db()
        priority = PRIORITIES[task.priority]
        kept = [task.title, task.description, priority, str(task.due_date)]
        assert kept == [value for _, value in members], kept
        assert task.revision == before + len(members)
        seen.update(kept=len(kept), lost=0)
    return seen


def deletions(crew: Crew, rounds: int) -> Counter[str]:
    """A PATCH in parallel with a DELETE never restores the row."""
    user = User.objects.create_user("delete@example.com")
    clients = clients_of(user, crew.size)
    seen: Counter[str] = Counter()
    for _ in range(rounds):
        task = Task.objects.create(owner=user, title="Buy milk")

        def act(n: int, pk: int = task.pk) -> int:
            if n == 0:
                return clients[n].delete(f"/api/tasks/{pk}").status_code
            return clients[n].patch(f"/api/tasks/{pk}", {"title": f"by {n}"}).status_code

        deleted, *patched = crew.together(act)
        assert deleted == 204
        assert set(patched) <= {200, 404}, patched
        assert not Task.objects.live().filter(pk=task.pk).exists()
        seen.update(f"PATCH {status}" for status in patched)
        seen.update(resurrected=0)
    return seen


def toggles(crew: Crew, rounds: int) -> Counter[str]:
    """No toggle is lost."""
    user = User.objects.create_user("toggle@example.com")
    clients = clients_of(user, crew.size)
    task = Task.objects.create(owner=user, title="Buy milk")
    togglers = crew.size - 1
    seen: Counter[str] = Counter()
    for _ in range(rounds):
        completed, revision = task.completed, task.revision

        def toggle(n: int) -> int:
            if n == togglers:
                return 200  # with an odd number of toggles, a lost one changes the result
            return clients[n].patch(f"/api/tasks/{task.pk}/complete").status_code

        assert crew.together(toggle) == [200] * crew.size
        task.refresh_from_db()
        assert task.completed is not completed
        assert task.revision == revision + togglers
        seen.update(toggles=togglers)
    return seen


def keys(crew: Crew, rounds: int) -> Counter[str]:
    """Parallel POSTs with one Idempotency-Key create one row."""
    user = User.objects.create_user("key@example.com")
    clients = clients_of(user, crew.size)
    seen: Counter[str] = Counter()
    for number in range(rounds):

        def create(n: int, number: int = number) -> Any:
            headers = {"idempotency_key": f"key-{number}"}
            return clients[n].post("/api/tasks", {"title": f"Task {number}"}, headers=headers)

        responses = crew.together(create)
        assert {response.status_code for response in responses} == {201}
        assert len({response.json()["id"] for response in responses}) == 1
        replayed = sum("Idempotent-Replayed" in response for response in responses)
        assert replayed == crew.size - 1, replayed
        seen.update(made=1, replayed=replayed)
    assert Task.objects.filter(owner=user).count() == rounds
    return seen


def conditions(crew: Crew, rounds: int) -> Counter[str]:
    """Exactly one of several parallel PATCHes with the same If-Match succeeds."""
    user = User.objects.create_user("etag@example.com")
    clients = clients_of(user, crew.size)
    task = Task.objects.create(owner=user, title="Buy milk")
    seen: Counter[str] = Counter()
    for number in range(rounds):

        def patch(n: int, number: int = number, etag: str = task.etag) -> int:
            body, headers = {"title": f"{number} by {n}"}, {"if_match": etag}
            return clients[n].patch(f"/api/tasks/{task.pk}", body, headers=headers).status_code

        statuses = crew.together(patch)
        task.refresh_from_db()
        assert sorted(statuses) == [200] + [412] * (crew.size - 1), statuses
        assert task.title == f"{number} by {statuses.index(200)}"
        seen.update(str(status) for status in statuses)
    return seen


RACES = [
    refreshes,
    registrations,
    codes,
    recovery_codes,
    changes,
    claims,
    patches,
    deletions,
    toggles,
    keys,
    conditions,
    bulks,
    renames,
    cycles,
    ends_of_projects,
    occurrences,
    undos,
    moves,
    deletions_of_series,
]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    setup_test_environment()
    test_settings = connection.settings_dict["TEST"]
    test_settings["NAME"] = f"{test_settings['NAME'] or 'test_todo'}_races"
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    crew = Crew(THREADS)
    try:
        for race in RACES:
            started = time.perf_counter()
            seen = race(crew, rounds)
            seconds = time.perf_counter() - started
            outcome = ", ".join(f"{count} {what}" for what, count in sorted(seen.items()))
            print(
                f"{connection.vendor}: {race.__name__}: {rounds} rounds of {crew.size}: "
                f"{outcome} ({seconds:.0f} s)"
            )
    finally:
        crew.dismiss()
        time.sleep(0.5)
        connection.creation.destroy_test_db(name, verbosity=0)
        teardown_test_environment()


if __name__ == "__main__":
    main()
