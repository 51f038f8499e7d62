"""Measures whether a list takes longer with more data. Run `make bench`, or

    python benchmarks/growth.py [--requests 300] [--small]

A client with one connection to one worker times lists of 100 tasks: the first page of owners with
100, 10,000 and 100,000 tasks in a table of a million, page 1,000 of the last owner, and the first
page of owners with 100 tasks in tables of 10,000 and of a million tasks. It requests all of them in
turn, in a new random order each time, so that other load on the machine affects all equally. Prints
the medians and draws them to docs/growth.svg.
"""

import argparse
import http.client
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
from dataset import ROOT, Database, fresh_database
from plot import draw

PAGES = 1000
OTHERS = 20  # number of owners of 100 tasks; requests alternate between them


@dataclass
class Place:
    """A server, one connection to it, and the users' tokens in order."""

    address: str
    tokens: list[str]

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(self.address)

    def get(self, token: str, target: str = "/api/tasks") -> tuple[http.client.HTTPResponse, bytes]:
        self.connection.request("GET", target, headers={"Authorization": f"Bearer {token}"})
        response = self.connection.getresponse()
        content = response.read()
        assert response.status == 200, content
        return response, content


@dataclass
class Point:
    group: str
    label: str
    place: Place
    tokens: Iterator[str]
    target: str = "/api/tasks"
    times: list[float] = field(default_factory=list)

    def ask(self) -> None:
        token = next(self.tokens)
        self.place.get(token, self.target)  # not timed: warms up caches
        started = time.perf_counter()
        _, content = self.place.get(token, self.target)
        self.times.append((time.perf_counter() - started) * 1000)
        assert content.count(b'"id":') == 100


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


def fill(database: Database, *crowds: tuple[int, int]) -> None:
    for users, tasks in crowds:
        database.seed(users, tasks)
    database.execute("VACUUM ANALYZE")


def place(stack: ExitStack, name: str, port: int, *crowds: tuple[int, int]) -> Place:
    """A database with users and tasks of each, and a server that uses it."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    database = stack.enter_context(fresh_database(f"todo_bench_{name}"))
    fill(database, *crowds)
    database.run("benchmarks/tokens.py", folder, OTHERS + 2)
    command, address = project(database, port, WORKERS="1"), f"127.0.0.1:{port}"
    stack.enter_context(running(command, f"http://{address}", folder / "log"))
    lines = (folder / "project").read_text().splitlines()
    return Place(address, [line.split()[0] for line in lines])


def points(small: Place, large: Place, pages: int) -> list[Point]:
    most, many, *others = large.tokens
    tasks, table, paging = "tasks of the owner", "tasks in the table", "of one owner's pages"
    far = page(large, most, pages)
    return [
        Point(tasks, "100", large, cycle(others)),
        Point(tasks, f"{pages * 10:,}", large, cycle([many])),
        Point(tasks, f"{pages * 100:,}", large, cycle([most])),
        Point(table, f"{pages * 10:,}", small, cycle(small.tokens[2:])),
        Point(table, f"{pages * 1000:,}", large, cycle(others)),
        Point(paging, "the first", large, cycle([most])),
        Point(paging, f"number {pages:,}", large, cycle([most]), far),
    ]


def table(measured: list[Point]) -> Iterator[str]:
    yield "| a list of 100 | | median ms | quartiles |"
    yield "|---|--:|--:|--:|"
    for point in measured:
        low, middle, high = quantiles(point.times, n=4)
        yield f"| {point.group} | {point.label} | {middle:.2f} | {low:.2f} to {high:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=300, help="number for each figure")
    parser.add_argument("--small", action="store_true", help="a tenth of the tasks, and no plot")
    parser.add_argument("--port", type=int, default=17200, help="the first of two")
    chosen = parser.parse_args()
    pages = PAGES // 10 if chosen.small else PAGES
    with ExitStack() as stack:
        few = place(stack, "few", chosen.port, (pages // 10, 100))
        crowds = [(1, pages * 100), (1, pages * 10), (pages * 89 // 10, 100)]
        many = place(stack, "many", chosen.port + 1, *crowds)
        measured = points(few, many, pages)
        for _ in range(chosen.requests):
            for point in random.sample(measured, len(measured)):
                point.ask()
    print("\n".join(table(measured)))
    if not chosen.small:
        bars = [(point.group, point.label, median(point.times)) for point in measured]
        (ROOT / "docs" / "growth.svg").write_text(draw("A list of 100 tasks, ms", bars))


if __name__ == "__main__":
    main()
