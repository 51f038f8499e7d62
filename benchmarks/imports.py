"""Times the feed, the export and the import of 10,000 tasks, and who waits for the import.

    THROTTLE_USER= DATABASE_URL=postgres://…/empty python benchmarks/imports.py
    THROTTLE_USER= DATABASE_URL=sqlite:///var/exchange.sqlite3 python benchmarks/imports.py

It migrates the database.
"""

import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from datetime import date, timedelta
from datetime import time as clock
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import search  # noqa: F401  (sets up Django, so import it first)

# isort: split

import logging

from django.core.management import call_command
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from exchange.files import read_named
from exchange.importer import load
from exchange.models import CalendarFeed
from projects.models import Project
from tasks.models import Task
from todo_project.api.writes import write

TASKS = 10_000
RULES = ["FREQ=DAILY;COUNT=999", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=WEEKLY;BYDAY=MO,TH"]


def make_user(name: str) -> User:
    User.objects.filter(email=f"{name}@example.com").delete()
    user = User.objects.create_user(f"{name}@example.com")
    User.objects.filter(pk=user.pk).update(timezone="Europe/Berlin")
    return User.objects.get(pk=user.pk)


def make_owner(count: int) -> User:
    """A tenth of the tasks repeat and a tenth are subtasks. All have a due date."""
    user, today = make_user(f"exchange{count}"), date(2027, 1, 1)
    with write(user.pk) as writing:
        projects = [Project(owner=user, name=f"Project {n}") for n in range(10)]
        writing.create(*projects)
        writing.flush()
        tasks = [
            Task(
                owner=user,
                title=f"Task {n}",
                description="The number is on the fridge. See the mail of Monday.",
                due_date=today + timedelta(n % 700),
                due_time=clock(n % 24) if n % 2 else None,
                repeat=RULES[n % 3] if n % 10 == 0 else None,
                project=projects[n % 10],
                tags=["home", "phone"][: n % 3],
            )
            for n in range(count - len(projects))
        ]
        tops = count * 9 // 10
        writing.create(*tasks[:tops])
        writing.flush()
        for place, task in enumerate(tasks[tops:]):
            task.parent, task.project = tasks[place], tasks[place].project
            writing.create(task)
    return user


def sign_in(user: User) -> APIClient:
    client = APIClient(SERVER_NAME="localhost")
    client.force_authenticate(user)
    return client


def seconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def download(client: APIClient, path: str) -> bytes:
    response = client.get(path)
    assert response.status_code == 200, response
    body = b"".join(response)
    response.close()
    return body


def time_download(what: str, path: Callable[[User], str]) -> bytes:
    """Prints the seconds, and the most memory beside the file itself."""
    for count in (TASKS // 4, TASKS):
        user = User.objects.get(email=f"exchange{count}@example.com")
        client, url = sign_in(user), path(user)
        body = download(client, url)
        taken = min(seconds(lambda: client.get(url).close()) for _ in range(3))
        tracemalloc.start()
        client.get(url).close()
        most = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        size = len(body) / 2**20
        print(f"{what} of {count:,} tasks: {taken:.2f} s, {most:.1f} MiB for {size:.1f} MiB")
    return body


def feed(user: User) -> str:
    return f"/calendar/{CalendarFeed.replace(user.pk)}.ics"


def time_unchanged(client: APIClient) -> None:
    """A feed that the program already has."""
    user = User.objects.get(email=f"exchange{TASKS}@example.com")
    url = feed(user)
    tag = client.get(url).headers["ETag"]
    get = partial(client.get, url, headers={"If-None-Match": tag})
    assert get().status_code == 304
    taken = median(seconds(get) for _ in range(500)) * 1000
    print(f"unchanged feed of {TASKS:,} tasks: {taken:.2f} ms")


def time_import(name: str, body: bytes) -> None:
    """Another process imports; this one sends the requests of another user."""
    make_user("importer")
    client, reads, writes = sign_in(make_user("other")), [0.0], [0.0]
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(body)
        command = [sys.executable, __file__, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            while process.poll() is None:
                reads.append(seconds(lambda: get(client)))
                writes.append(seconds(lambda: post(client)))
            assert process.stdout
            print(f"{name}: {process.stdout.read().strip()}")
    longest = f"longest read {max(reads):.2f} s, longest write {max(writes):.2f} s"
    print(f"{name}: another user's {longest}")


def get(client: APIClient) -> None:
    assert client.get("/api/tasks?page_size=20").status_code == 200


def post(client: APIClient) -> None:
    response = client.post("/api/tasks", {"title": "Buy milk"}, format="json")
    assert response.status_code == 201, response.content


def run_import(path: Path) -> None:
    user = User.objects.get(email="importer@example.com")
    started = time.perf_counter()
    with path.open("rb") as stream:
        result = load(user, read_named(path.name, stream))
    taken = time.perf_counter() - started
    print(f"{result['created']:,} objects imported in {taken:.1f} s")


def main() -> None:
    logging.getLogger("todo_project").setLevel(logging.ERROR)
    if sys.argv[1:]:
        run_import(Path(sys.argv[1]))
        return
    print(connection.vendor)
    call_command("migrate", verbosity=0)
    for count in (TASKS // 4, TASKS):
        make_owner(count)
    time_download("feed", feed)
    todos = time_download("to-dos", lambda user: f"{feed(user)}?as=todo")
    time_unchanged(APIClient(SERVER_NAME="localhost"))
    document = time_download("export", lambda user: "/api/export")
    time_import("export.json", document)
    time_import("todos.ics", todos)
    rows = b"".join(b"task,Task %d,,1,1,2027-01-01\n" % n for n in range(TASKS))
    time_import("todoist.csv", b"TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,DATE\n" + rows)


if __name__ == "__main__":
    main()
