"""Compares requests with a personal access token and with an access token, for docs/speed.md.

    DATABASE_URL=postgres://… python benchmarks/personal_tokens.py [ROUNDS]

Requests run in this process, without a server. The kinds of tokens take turns in each round, so
other load affects both alike. Uses a test database on the server of DATABASE_URL.
"""

import gc
import logging
import os
import sys
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "todo_project.settings")

import django

django.setup()
logging.disable()

from django.db import connection
from django.test import Client
from django.test.utils import setup_test_environment

from accounts.credentials import digest, make_token
from accounts.models import User
from accounts.tokens import RefreshToken
from tasks.models import Task
from todo_project.api.writes import write

REQUESTS = 60
CLOCKS = {"processor time": process_time, "elapsed time": perf_counter}


def main(rounds: int) -> None:
    setup_test_environment()
    name = connection.creation.create_test_db(verbosity=0)
    try:
        clients, paths = prepare()
        gc.freeze()
        for path, label in paths.items():
            report(label, [measure(clients, path, number) for number in range(rounds)])
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def prepare() -> tuple[dict[str, Client], dict[str, str]]:
    """A client for each kind of token of a user with 100 tasks, and what they read."""
    user = User.objects.create_user("ann@example.com")
    with write(user.pk) as writing:
        writing.create(*(Task(owner=user, title=f"Task {number}") for number in range(100)))
    personal = make_token()
    user.personal_tokens.create(name="x", digest=digest(personal), scopes="tasks:read")
    tokens = {"access": RefreshToken.for_user(user).access_token, "personal": personal}
    clients = {
        kind: Client(headers={"authorization": f"Bearer {token}"}) for kind, token in tokens.items()
    }
    return clients, {f"/api/tasks/{user.tasks.all()[0].pk}": "one task", "/api/tasks": "100 tasks"}


def measure(clients: dict[str, Client], path: str, number: int) -> dict[str, dict[str, float]]:
    """Milliseconds per request of a round, by kind of token and clock."""
    kinds = list(clients)
    return {
        kind: time_requests(clients[kind], path)
        for kind in (kinds if number % 2 else reversed(kinds))
    }


def time_requests(client: Client, path: str) -> dict[str, float]:
    assert client.get(path).status_code == 200
    started = {name: clock() for name, clock in CLOCKS.items()}
    for _ in range(REQUESTS):
        client.get(path)
    return {name: (CLOCKS[name]() - at) / REQUESTS * 1000 for name, at in started.items()}


def report(label: str, rounds: list[dict[str, dict[str, float]]]) -> None:
    for clock in CLOCKS:
        access, personal = ([one[kind][clock] for one in rounds] for kind in ("access", "personal"))
        ratios = sorted(a / p for a, p in zip(access, personal, strict=True))
        print(
            f"{label}, {clock}: access token {median(access):.2f} ms, "
            f"personal access token {median(personal):.2f} ms, "
            f"ratio {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
