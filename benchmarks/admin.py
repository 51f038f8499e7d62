"""Measures the admin's response times with a million tasks and 10,000 users.

    python benchmarks/admin.py [--rounds 20]

One client requests each page from a server with one process, in a new random order each round.
Prints the median and the longest time in milliseconds.
"""

import argparse
import http.client
import random
import re
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from contenders import project, running
from dataset import fresh_database

USERS, TASKS = 10_000, 100  # tasks of each user
EMAIL, PASSWORD = "root@example.com", "correct horse battery"
MONTH = date.today().replace(day=1) - timedelta(days=100)

PAGES = {
    "the front page, with totals": "/admin/",
    "tasks": "/admin/tasks/task/",
    "tasks, page 2,000": "/admin/tasks/task/?p=2000",
    "pending tasks": "/admin/tasks/task/?status=pending",
    "pending tasks, page 1,000": "/admin/tasks/task/?status=pending&p=1000",
    "tasks due today": "/admin/tasks/task/?due=today",
    "pending ones of high priority, overdue": (
        "/admin/tasks/task/?status=pending&priority__exact=3&due=overdue"
    ),
    "tasks of a month": (
        f"/admin/tasks/task/?created_at__year={MONTH.year}&created_at__month={MONTH.month}"
    ),
    "search for an id": "/admin/tasks/task/?q=5000",
    "search for a title, `Buy the bike`": "/admin/tasks/task/?q=Buy+the+bike",
    "search for a word, `fridge`": "/admin/tasks/task/?q=fridge",
    "search for a rare word": "/admin/tasks/task/?q=zebra",
    "search for a title, `B`": "/admin/tasks/task/?q=B",
    "search for an owner": "/admin/tasks/task/?q=user77@example.com",
    "search for a part of an address": "/admin/tasks/task/?q=77@example",
    "tasks by title": "/admin/tasks/task/?o=1",
    "users": "/admin/accounts/user/",
    "users, page 200": "/admin/accounts/user/?p=200",
    "search for a name": "/admin/accounts/user/?q=Fumiko",
    "search for a part of a name": "/admin/accounts/user/?q=umik",
    "the page of a user": "/admin/accounts/user/77/change/",
}


def sign_in(client: http.client.HTTPConnection) -> str:
    """A session cookie."""
    client.request("GET", "/admin/login/")
    response = client.getresponse()
    token = re.search('name="csrfmiddlewaretoken" value="(.+?)"', response.read().decode())
    assert token
    cookie = response.headers["Set-Cookie"].split(";")[0]
    form = {"username": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    client.request("POST", "/admin/login/", urlencode(form), headers)
    response = client.getresponse()
    response.read()
    session = re.search("sessionid=[^;]+", str(response.headers))
    assert session
    return session[0]


def measure(client: http.client.HTTPConnection, session: str, path: str) -> float:
    started = time.perf_counter()
    client.request("GET", path, headers={"Cookie": session})
    response = client.getresponse()
    response.read()
    assert response.status == 200, path
    return (time.perf_counter() - started) * 1000


def ask(rounds: int, once: Callable[[str], float]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in PAGES}
    for number in range(rounds + 1):
        for name in random.sample([*PAGES], len(PAGES)):
            took = once(PAGES[name])
            if number:  # the first round fills caches
                times[name].append(took)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--port", type=int, default=17300)
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(fresh_database("todo_bench_admin"))
        database.seed(USERS, TASKS)
        database.environment["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
        database.run("manage.py", "createsuperuser", "--noinput", "--email", EMAIL)
        database.execute("VACUUM ANALYZE")
        command, address = project(database, chosen.port, WORKERS="1"), f"127.0.0.1:{chosen.port}"
        stack.enter_context(running(command, f"http://{address}", folder / "log"))
        client = http.client.HTTPConnection(address)
        session = sign_in(client)
        times = ask(chosen.rounds, lambda path: measure(client, session, path))
    print("| page | median ms | longest ms |\n|---|--:|--:|")
    for name, values in times.items():
        print(f"| {name} | {median(values):.0f} | {max(values):.0f} |")


if __name__ == "__main__":
    main()
