"""Load: threads that each send a request, wait for the response and repeat.

Each thread records the acknowledged writes, which are later compared with the stored tasks. No
request is sent twice, so a write without a response is in doubt.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from .client import NO_ANSWER, Call, Client
from .stage import must

PAUSE = 0.015  # seconds after each call, so that a worker stays below nginx's limit per address


class Worker(threading.Thread):
    """One client, and the expected state of the tasks that it created."""

    def __init__(self, load: "Load", number: int) -> None:
        super().__init__(daemon=True)
        self.load, self.name = load, f"{load.name} {number}"
        self.client = Client(load.port, load.token, f"127.0.3.{number + 1}")
        self.random = random.Random(self.name)
        self.titles: dict[int, list[str]] = {}  # possible titles of each task that must exist
        self.deleted: set[int] = set()
        self.perhaps_deleted: set[int] = set()
        self.perhaps_made: set[str] = set()
        self.count = 0

    def run(self) -> None:
        while not self.load.over.is_set():
            write = self.random.random() >= self.load.reads
            call = self.write() if write else self.read()
            if call.succeeded:
                call.headers, call.content = None, b""  # not needed, and there are many
            self.load.calls.append(call)
            # Wait longer after an error, or the client would retry in a tight loop.
            time.sleep(self.load.pause if call.succeeded else 0.05)

    def read(self) -> Call:
        paths = ["/api/tasks?page_size=20", "/api/tasks/summary"]
        paths += [f"/api/tasks/{pk}" for pk in list(self.titles)[-1:]]
        return self.client.call("GET", self.random.choice(paths))

    def write(self) -> Call:
        self.count += 1
        if len(self.titles) < 3 or self.random.random() < 0.5:
            return self.create(f"{self.name} {self.count}")
        pk = self.random.choice(list(self.titles)[-20:])
        return self.delete(pk) if self.random.random() < 0.3 else self.rename(pk)

    def create(self, title: str) -> Call:
        call = self.client.call("POST", "/api/tasks", {"title": title})
        if call.succeeded:
            self.titles[call.json()["id"]] = [title]
        elif call.status in self.load.doubt:
            self.perhaps_made.add(title)
        return call

    def rename(self, pk: int) -> Call:
        title = f"{self.name} {self.count} of {pk}"
        call = self.client.call("PATCH", f"/api/tasks/{pk}", {"title": title})
        if call.succeeded:
            self.titles[pk] = [title]
        elif call.status in self.load.doubt:
            self.titles[pk].append(title)
        return call

    def delete(self, pk: int) -> Call:
        call = self.client.call("DELETE", f"/api/tasks/{pk}")
        if call.succeeded:
            del self.titles[pk]
            self.deleted.add(pk)
        elif call.status in self.load.doubt:
            del self.titles[pk]
            self.perhaps_deleted.add(pk)
        return call

    def compare(self, stored: dict[int, str]) -> Iterable[str]:
        """The differences between the stored and the expected tasks."""
        for pk, titles in self.titles.items():
            if stored.get(pk) not in titles:
                yield f"task {pk} is {stored.get(pk)!r}, not {titles[-1]!r}"
        yield from (f"task {pk} is back" for pk in self.deleted & set(stored))


class Load:
    """Workers on one account. `reads` is the share of requests that only read."""

    def __init__(
        self, port: int, token: str, workers: int = 8, *, name: str = "load", reads: float = 0.0,
        pause: float = 0.0, doubt: Collection[int] = (NO_ANSWER,),
    ) -> None:  # fmt: skip
        self.port, self.token, self.name, self.reads, self.pause = port, token, name, reads, pause
        self.doubt = doubt  # statuses that leave open whether a write was stored
        self.calls: list[Call] = []
        self.over = threading.Event()
        self.workers = [Worker(self, number) for number in range(workers)]

    def __enter__(self) -> "Load":
        for worker in self.workers:
            worker.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.over.set()
        for worker in self.workers:
            worker.join()
            worker.client.connection.close()

    def statuses(self) -> Counter[int]:
        return Counter(call.status for call in self.calls)

    def acknowledged(self) -> int:
        return sum(call.succeeded and call.method != "GET" for call in self.calls)

    def refused(self) -> int:
        return sum(call.status in (503, 507) for call in self.calls)

    def only(self, *statuses: int) -> None:
        """Raises if a response is neither a success nor one of these statuses."""
        for call in list(self.calls):
            what = f"{call.method} {call.path}: {call.status} {call.error} {call.content[:200]!r}"
            must(call.succeeded or call.status in statuses, what)
            must(call.succeeded or call.status == NO_ANSWER or call.is_problem(), what)


def percentile(calls: Iterable[Call], share: float = 0.99) -> float:
    """The maximum duration, in seconds, of this share of calls."""
    times = sorted(call.seconds for call in calls)
    must(times, "no calls to measure")
    return times[min(int(len(times) * share), len(times) - 1)]
