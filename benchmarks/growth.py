"""Measures whether requests take longer with more data. Run `make bench`, or

    python benchmarks/growth.py [--requests 100] [--whole]

There are tables of 10,000, 100,000 and a million tasks, with --whole also of 10 million. Most
owners have 100 tasks. In the largest table, others have 1,000, 10,000 and so on up to a tenth of
it, and some have 1,000 tasks of which 900 are in the trash. A client with one connection to one
worker for each table times a list of 100 tasks, the last page of the largest owner, a sync of 100,
searches for a word that all tasks have and for one that 10 tasks of an owner have, the summary, and
a poll.

It requests all of them in turn, in a new random order each time, so that other load on the machine
affects all equally. Writes benchmarks/growth.md, and draws the lists to docs/growth.svg.
"""

import argparse
import http.client
import json
import random
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

from contenders import project, running
from crowds import FEW, OTHERS, Crowd, crowd, powers
from dataset import ROOT, fresh_database
from plot import draw

GOAL = 1.2  # times as long as with the smallest amount of data
REQUESTS = {
    "list": "/api/tasks",
    "sync": "/api/sync?limit=100",
    "search, frequent": "/api/tasks?search=milk",
    "search, rare": "/api/tasks?search=zebra",
    "summary": "/api/tasks/summary",
    "poll": "/api/tasks",
}
RESULTS = ROOT / "benchmarks" / "growth.md"


@dataclass
class Place:
    """A server, one connection to it, and the users' tokens in order."""

    address: str
    tokens: list[str]

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(self.address)

    def get(
        self, token: str, target: str = "/api/tasks", etag: str = ""
    ) -> tuple[http.client.HTTPResponse, bytes]:
        headers = {"Authorization": f"Bearer {token}"} | ({"If-None-Match": etag} if etag else {})
        self.connection.request("GET", target, headers=headers)
        response = self.connection.getresponse()
        content = response.read()
        assert response.status == (304 if etag else 200), content
        return response, content


@dataclass
class Point:
    """Requests of one kind with one amount of data."""

    request: str
    group: str
    label: str
    place: Place
    tokens: list[str]
    target: str = ""
    times: list[float] = field(default_factory=list)
    etags: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.target = self.target or REQUESTS[self.request]
        self.turn = cycle(self.tokens)
        if self.request == "poll":
            self.etags = {
                token: str(self.place.get(token, self.target)[0].headers["ETag"])
                for token in self.tokens
            }
            return
        expected = {"search, rare": 10, "summary": 0}.get(self.request, 100)
        _, content = self.place.get(self.tokens[0], self.target)
        assert content.count(b'"id":') == expected, (self, content)

    def ask(self) -> None:
        token = next(self.turn)
        etag = self.etags.get(token, "")
        self.place.get(token, self.target, etag)  # not timed: warms up caches
        started = time.perf_counter()
        self.place.get(token, self.target, etag)
        self.times.append((time.perf_counter() - started) * 1000)


def page(place: Place, token: str, number: int) -> str:
    """The path of a page, found by following `Link` headers like every client."""
    target = "/api/tasks"
    for _ in range(number - 1):
        response, _ = place.get(token, target)
        found = re.search('<([^>]*)>; rel="next"', response.headers["Link"])
        assert found
        parts = urlsplit(found[1])
        target = f"{parts.path}?{parts.query}"
    return target


def place(stack: ExitStack, port: int, total: int, owners: Crowd) -> Place:
    """A database with these owners, and a server that uses it."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    database = stack.enter_context(fresh_database(f"bench_growth_{total}"))
    started = time.monotonic()
    owners.build(database)
    print(f"{total:,} tasks: built in {time.monotonic() - started:.0f} s", flush=True)
    database.run("benchmarks/tokens.py", folder / "known", owners.measured)
    command, address = project(database, port, WORKERS="1"), f"127.0.0.1:{port}"
    stack.enter_context(running(command, f"http://{address}", folder / "log"))
    lines = (folder / "known").read_text().splitlines()
    return Place(address, [json.loads(line)["tokens"]["project"] for line in lines])


def points(places: dict[int, Place], owners: Crowd) -> Iterator[Point]:
    *_, largest = places.values()
    special = len(owners.sizes[: owners.measured]) - 2 * OTHERS
    few, trash = largest.tokens[-OTHERS:], largest.tokens[special : special + OTHERS]
    pages = owners.sizes[0] // 100
    for request in REQUESTS:
        for total, place in places.items():
            yield Point(request, "tasks in the table", f"{total:,}", place, place.tokens[-OTHERS:])
        yield Point(request, "tasks of the owner", f"{FEW:,}", largest, few)
        for n in reversed(range(special)):
            label = f"{owners.sizes[n]:,}"
            yield Point(request, "tasks of the owner", label, largest, [largest.tokens[n]])
        yield Point(request, "in the trash", "none", largest, few)
        yield Point(request, "in the trash", "90 %", largest, trash)
    yield Point("list", "page of an owner", "1", largest, largest.tokens[:1])
    far = page(largest, largest.tokens[0], pages)
    yield Point("list", "page of an owner", f"{pages:,}", largest, largest.tokens[:1], far)


def table(measured: list[Point]) -> Iterator[str]:
    yield "| | | | median ms | quartiles | to the smallest | |"
    yield "|---|---|--:|--:|--:|--:|---|"
    smallest: dict[tuple[str, str], float] = {}
    for point in measured:
        low, middle, high = quantiles(point.times, n=4)
        ratio = middle / smallest.setdefault((point.request, point.group), middle)
        verdict = "met" if ratio <= GOAL else "**not met**"
        yield (
            f"| {point.request} | {point.group} | {point.label} | {middle:.2f}"
            f" | {low:.2f} to {high:.2f} | {ratio:.2f} | {verdict} |"
        )


def write(measured: list[Point], text: str) -> None:
    RESULTS.write_text(
        "# Growth\n\nWritten by `make bench` (`benchmarks/growth.py`). One client sends each"
        " request twice and times the second. The goal is at most"
        f" {GOAL} times as long as with the smallest amount of data.\n\n{text}\n"
    )
    lists = [point for point in measured if point.request == "list"]
    bars = [(point.group, point.label, median(point.times)) for point in lists]
    (ROOT / "docs" / "growth.svg").write_text(draw("A list of 100 tasks, ms", bars))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100, help="number for each figure")
    parser.add_argument("--whole", action="store_true", help="up to 10 million tasks")
    parser.add_argument("--most", type=int, default=10**6, help="tasks in the largest table")
    parser.add_argument("--port", type=int, default=17200, help="the first of four")
    chosen = parser.parse_args()
    most = 10**7 if chosen.whole else chosen.most
    totals = [total for total in powers(most) if total >= 10**4]
    crowds = {total: crowd(total, total == most) for total in totals}
    with ExitStack() as stack:
        places = {
            total: place(stack, chosen.port + n, total, owners)
            for n, (total, owners) in enumerate(crowds.items())
        }
        measured = list(points(places, crowds[most]))
        for each in places.values():
            each.connection.close()  # it was idle; a request opens it again
        for _ in range(chosen.requests):
            for point in random.sample(measured, len(measured)):
                point.ask()
    text = "\n".join(table(measured))
    print(text)
    if most >= 10**6:
        write(measured, text)


if __name__ == "__main__":
    main()
