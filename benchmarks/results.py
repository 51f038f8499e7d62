"""The results as Markdown tables, with the goals, the method and the machine."""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from load import Measure
from machine import machine
from open_load import MOST_LATE, Arrivals
from operations import LIST, OPERATIONS, Operation

WORST_ROUND = 0.9  # of the goal for a ratio
OF_LIMIT = 0.4  # goal for a list, of the raw limit
AT_SHARE, AT_P99 = 70, 50  # goal for fixed arrivals: % of the capacity, ms

METHOD = f"""\
Each contender has one worker per core. The load generator (one thread of wrk) and PostgreSQL use
the same cores, so a figure describes the whole machine, and most of the latency at 100 connections
is waiting. wrk sends a request when it has the answer to the previous one: these latencies are
those of a fully loaded machine. The table of fixed arrivals has those of a fixed request rate,
counted from the time at which each request was planned. A row there is only valid if the generator
itself sent 99 % of the requests at most {MOST_LATE} ms late.

A ratio compares two measurements of one round. Where the peer has no such feature, the ratio is to
what its clients must do instead: read the whole list, complete a task, or create 100 tasks with 100
requests. A bulk counts as the 100 tasks that it creates. The rounds take place twice: with the logs
of requests that both write by default, here to a file, and with both turned off
(`LOG_LEVEL=WARNING` and `--no-access-log`). The table of goals has the worse of the two: the
smaller median, the smaller ratio of a round, and the longer median of the p99. A goal is met if the
median reaches it and the worst round reaches {WORST_ROUND:.0%} of it.

The project looks up the user and the sign-in in each request, locks rows that it changes, and has
`ETag`, pages and strict query parameters. The peer trusts the token and has none of these. *raw* is
one page selected with hand-written SQL after a check of the token."""


@dataclass
class Figures:
    """`seen` has the keys: with logs or without, operation, connections, contender."""

    seen: dict[tuple[bool, str, int, str], list[Measure]] = field(
        default_factory=lambda: defaultdict(list)
    )
    arrivals: dict[tuple[str, int], Arrivals] = field(default_factory=dict)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)

    def ratios(
        self, logs: bool, operation: str, connections: int, contender: str, against: str
    ) -> list[float]:
        """The ratios of the rounds in which the other contender answered."""
        ours = self.seen[logs, operation, connections, "project"]
        theirs = self.seen.get((logs, against or operation, connections, contender))
        pairs = zip(ours, theirs, strict=True) if theirs else []
        return [our.rate / their.rate for our, their in pairs if their.rate]

    def errors(self) -> int:
        measures = (one.errors for each in self.seen.values() for one in each)
        return sum(measures) + sum(each.errors for each in self.arrivals.values())


def summary(figures: Figures, chosen: argparse.Namespace) -> str:
    operations = [operation for operation in OPERATIONS if operation.name in chosen.only]
    return "\n".join(
        [
            f"Rounds: {chosen.rounds}, with {chosen.seconds} s per measurement.",
            "",
            f"## Goals, at {chosen.connections[-1]} connections",
            "",
            "| operation | to | goal | median | worst round | | p99 ms | goal | |",
            "|---|---|--:|--:|--:|---|--:|--:|---|",
            *(goal_row(figures, each, chosen.connections[-1]) for each in operations),
            *limit_row(figures, chosen.connections[-1]),
            "",
            "## Fixed arrivals, with logs",
            "",
            *arrival_rows(figures),
            "",
            "## All measurements, medians of the rounds",
            "",
            *rows(figures),
            "",
            "| memory of a worker, MiB | resident (RSS) | proportional (PSS) | private (USS) |",
            "|---|--:|--:|--:|",
            *memory_rows(figures),
        ]
    )


def verdict(holds: bool) -> str:
    return "met" if holds else "**not met**"


def goal_row(figures: Figures, operation: Operation, connections: int) -> str:
    modes = {key[0] for key in figures.seen}
    ratios = [
        figures.ratios(logs, operation.name, connections, "peer", operation.against)
        for logs in modes
    ]
    p99 = max(
        median(each.p99 for each in figures.seen[logs, operation.name, connections, "project"])
        for logs in modes
    )
    return (
        f"| {operation.name} | peer's {operation.against or operation.name}"
        f" | {ratio_cells(ratios, operation.goal)} | {p99:.0f}"
        f" | {operation.p99 or ''} | {verdict(p99 < operation.p99) if operation.p99 else ''} |"
    )


def limit_row(figures: Figures, connections: int) -> Iterator[str]:
    modes = {key[0] for key in figures.seen}
    ratios = [figures.ratios(logs, LIST, connections, "raw", "") for logs in modes]
    if any(ratios):
        yield f"| {LIST} | raw limit | {ratio_cells(ratios, OF_LIMIT)} | | | |"


def ratio_cells(modes: list[list[float]], goal: float) -> str:
    """The goal, the smallest median, the smallest ratio, and whether they reach it."""
    found = [ratios for ratios in modes if ratios]
    if not found:
        return f"{goal or ''} | | | "
    middle, worst = min(map(median, found)), min(map(min, found))
    holds = verdict(middle >= goal and worst >= WORST_ROUND * goal) if goal else ""
    return f"{goal or ''} | {middle:.2f} | {worst:.2f} | {holds}"


def arrival_rows(figures: Figures) -> Iterator[str]:
    yield (
        "| operation | % of capacity | a second | p50 ms | p95 ms | p99 ms | errors"
        " | processor: server | generator | goal for the p99 |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|---|"
    for (operation, share), seen in figures.arrivals.items():
        times = " | ".join(f"{seen.p(number):.1f}" for number in (50, 95, 99))
        goal = f"{AT_P99}: {verdict(seen.p(99) < AT_P99)}" if share == AT_SHARE else ""
        if not seen.is_valid:
            times, goal = "void | | ", f"the generator was {seen.late:.0f} ms late or too busy"
        yield (
            f"| {operation} | {share} | {seen.rate:,.0f} | {times} | {seen.errors}"
            f" | {seen.server_share:.0%} | {seen.own_share:.0%} | {goal} |"
        )


def rows(figures: Figures) -> Iterator[str]:
    against = {operation.name: operation.against for operation in OPERATIONS}
    yield (
        "| operation | logs | connections | | a second | p50 ms | p95 ms | p99 ms | errors"
        " | to the peer |"
    )
    yield "|---|---|--:|---|--:|--:|--:|--:|--:|--:|"
    for logs, operation, connections, name in sorted(figures.seen, key=[*figures.seen].index):
        seen = figures.seen[logs, operation, connections, name]
        ratios = figures.ratios(logs, operation, connections, "peer", against[operation])
        cells = [
            operation,
            "on" if logs else "off",
            f"{connections}",
            name,
            f"{median(each.rate for each in seen):,.0f}",
            f"{median(each.p50 for each in seen):.1f}",
            f"{median(each.p95 for each in seen):.1f}",
            f"{median(each.p99 for each in seen):.0f}",
            f"{sum(each.errors for each in seen)}",
            spread(ratios) if name == "project" and ratios else "",
        ]
        yield "| " + " | ".join(cells) + " |"


def spread(ratios: list[float]) -> str:
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def memory_rows(figures: Figures) -> Iterator[str]:
    for name, mib in figures.memory.items():
        yield f"| {name} | {mib['Rss']:.0f} | {mib['Pss']:.0f} | {mib['Uss']:.0f} |"


def write(path: Path, text: str, peer: Path) -> None:
    path.write_text(
        "# Speed\n\nWritten by `make bench`: 1,000 users with 100 tasks each on PostgreSQL,"
        f" requested at random.\n\n{text}\n\n## Method\n\n{METHOD}\n\n{machine(peer)}\n"
    )
