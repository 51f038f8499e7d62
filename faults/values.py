"""Filters with values that never come twice leave the memory of a worker and of PostgreSQL flat.

A cache of SQL keeps one entry for each shape of a query. If it kept one for each value, a client
that counts through dates would fill the worker, and prepared statements the backend.
"""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

from .client import Client, sign_up
from .components import Server
from .databases import Postgres
from .processes import memory
from .stage import Stage, must

THREADS = 4
WORKER_GROWTH, BACKEND_GROWTH = 8, 2  # MiB
KINDS = [
    "due_after={day}",
    "due_before={day}&sort=title",
    "due_after=1970-01-01&due_before={day}&sort=-priority",
    "completed_after={day}&completed_before={day}",
    "due_after={day}&status=pending&priority=low,none",
]


def run(short: bool) -> str:
    with Stage() as stage:
        postgres = Postgres(stage)
        server = Server(stage, DATABASE_URL=postgres.url(), WORKERS="1", THREADS=str(THREADS))
        server.start()
        token = sign_up(server.port)
        queries = different_queries()
        ask(server.port, token, queries, 2_000)
        worker, backends = max(memory(server).values()), backend_memory(postgres)
        count = 3_000 if short else 100_000
        ask(server.port, token, queries, count)
        worker_after, backends_after = max(memory(server).values()), backend_memory(postgres)
    figures = (
        f"{count} values: worker {worker:.1f} MiB before, {worker_after:.1f} after; "
        f"its PostgreSQL backends {backends:.1f} before, {backends_after:.1f} after"
    )
    must(worker_after <= worker + WORKER_GROWTH, figures)
    must(backends_after <= backends + BACKEND_GROWTH * THREADS, figures)
    return figures


def different_queries() -> Iterator[str]:
    first = date(1970, 1, 1)
    for number in itertools.count():
        day = first + timedelta(days=number // len(KINDS))
        yield KINDS[number % len(KINDS)].format(day=day)


def ask(port: int, token: str, queries: Iterator[str], count: int) -> None:
    """Send so many of the queries, from as many clients as the worker has threads."""
    lock, numbers = threading.Lock(), iter(range(count))

    def ask_in_turn(_: int) -> None:
        client = Client(port, token)
        while True:
            with lock:
                if next(numbers, None) is None:
                    return
                query = next(queries)
            call = client.call("GET", f"/api/tasks?{query}")
            must(call.status == 200, f"{query} is {call.status}")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(ask_in_turn, range(THREADS)))


def backend_memory(postgres: Postgres) -> float:
    """MiB that the backends of the server have for themselves."""
    with postgres.connect() as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchall()
    return sum(private(pid) for (pid,) in rows)


def private(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024
