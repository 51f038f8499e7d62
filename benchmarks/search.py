"""Times the tag filter and searches of one owner with 100,000 tasks on PostgreSQL.

    DATABASE_URL=postgres://…/empty python benchmarks/search.py

It migrates the database and adds the tasks if they are not there.
"""

import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "todo_project.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from tasks.models import Task

TASKS = 100_000
ROUNDS = 20
QUERIES = {
    "no filter": {},
    "a tag of a seventh": {"tag": "home"},
    "three tags": {"tag": "home,work,phone"},
    "a tag that no task has": {"tag": "nothing"},
    "a frequent word": {"search": "the"},
    "a rare word": {"search": "zebra"},
    "a word that no task has": {"search": "xylophone"},
    "two letters": {"search": "zq"},
    "a frequent and a rare word": {"search": "the zebra"},
    "a frequent word, a rare one not": {"search": "the -zebra"},
    "a frequent word by title": {"search": "the", "sort": "title"},
    "a rare word by due date": {"search": "zebra", "sort": "due_date"},
}


def prepare() -> User:
    call_command("migrate", verbosity=0)
    if not User.objects.filter(email="user1@example.com").exists():
        call_command("seed", tasks=TASKS, no_password=True)
        user = User.objects.get(email="user1@example.com")
        for n in range(20):
            Task.objects.create(owner=user, title=f"Feed zebra {n}", tags=["zoo"])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE tasks_task")
    return User.objects.get(email="user1@example.com")


def measure(client: APIClient, query: dict[str, str]) -> float:
    started = time.perf_counter()
    response = client.get("/api/tasks", query)
    assert response.status_code == 200, response.content
    return (time.perf_counter() - started) * 1000


def main() -> None:
    client = APIClient()
    client.force_authenticate(prepare())
    times: dict[str, list[float]] = {name: [] for name in QUERIES}
    for _ in range(ROUNDS):  # in turn, as a plan that serves one word may be bad for another
        for name, query in QUERIES.items():
            times[name].append(measure(client, query))
    for name, taken in times.items():
        p50, worst = statistics.median(taken), max(taken)
        print(f"| {name} | {p50:.1f} | {worst:.1f} |")
    tags = [measure_tags(client) for _ in range(ROUNDS)]
    print(f"| `GET /api/tags` | {statistics.median(tags):.1f} | {max(tags):.1f} |")


def measure_tags(client: APIClient) -> float:
    started = time.perf_counter()
    assert client.get("/api/tags").status_code == 200
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
