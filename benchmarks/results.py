"""The results as Markdown tables, with the method and the machine."""

import argparse
import os
import platform
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from statistics import median

from dataset import on_server
from load import Measure

Figures = dict[tuple[str, int, str], list[Measure]]  # keys: operation, connections, contender

OURS = ["Django", "djangorestframework", "granian", "psycopg", "orjson"]
PEERS = ["fastapi", "sqlmodel", "pydantic", "uvicorn", "psycopg2-binary"]

METHOD = """\
Each contender has one worker per core. The load generator (one thread of wrk) and PostgreSQL use
the same cores, so a figure describes the whole machine, and most of the latency at 100 connections
is waiting. wrk sends a request when it has the answer to the previous one: the latencies are those
of a fully loaded machine, not of a fixed request rate. A ratio compares two consecutive
measurements of one round. The table shows the median, the minimum and the maximum of the rounds.

The project and the peer log each request to a file, as both do by default. The project looks up the
user and the sign-in in each request, locks rows that it changes, and has `ETag`, pages and strict
query parameters. The peer trusts the token and has none of these. *raw* is one page selected with
hand-written SQL after a check of the token."""


def summary(
    figures: Figures, memory: dict[str, dict[str, float]], chosen: argparse.Namespace
) -> str:
    lines = [
        f"Rounds: {chosen.rounds}, with {chosen.seconds} s per measurement. Medians of the rounds.",
        "",
        "| operation | connections | | requests/s | p50 ms | p99 ms | errors | to peer | to raw |",
        "|---|--:|---|--:|--:|--:|--:|--:|--:|",
        *rows(figures),
        "",
        "| memory of a worker, MiB | resident (RSS) | proportional (PSS) | private (USS) |",
        "|---|--:|--:|--:|",
    ]
    for name, mib in memory.items():
        lines.append(f"| {name} | {mib['Rss']:.0f} | {mib['Pss']:.0f} | {mib['Uss']:.0f} |")
    return "\n".join(lines)


def rows(figures: Figures) -> Iterator[str]:
    for operation, connections, name in sorted(figures, key=[*figures].index):
        seen = figures[operation, connections, name]
        peer = figures[operation, connections, "peer"]
        raw = figures.get((operation, connections, "raw"))
        cells = [
            operation,
            f"{connections}",
            name,
            f"{median(each.rate for each in seen):,.0f}",
            f"{median(each.p50 for each in seen):.1f}",
            f"{median(each.p99 for each in seen):.0f}",
            f"{sum(each.errors for each in seen)}",
            ratio(seen, peer) if name == "project" else "",
            ratio(seen, raw) if name == "project" and raw else "",
        ]
        yield "| " + " | ".join(cells) + " |"


def ratio(ours: list[Measure], theirs: list[Measure]) -> str:
    """The ratios of the rounds in which the other contender answered."""
    pairs = zip(ours, theirs, strict=True)
    ratios = [our.rate / their.rate for our, their in pairs if their.rate]
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def machine(peer: Path) -> str:
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", info)
    [[server]] = on_server("SHOW server_version")
    wrk = subprocess.run(["wrk", "-v"], capture_output=True, text=True).stdout.split()[1]
    parts = [
        f"{os.cpu_count()} cores, {model[1] if model else platform.machine()}",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in OURS),
        f"PostgreSQL {server.split()[0]} as its package configures it",
        f"wrk {wrk}",
    ]
    return f"{', '.join(parts)}. The peer: {', '.join(peers(peer))}."


def peers(python: Path) -> list[str]:
    code = "import sys, importlib.metadata as m; print(*map(m.version, sys.argv[1:]))"
    command = [str(python), "-c", code, *PEERS]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return [f"{name} {found}" for name, found in zip(PEERS, run.stdout.split(), strict=True)]


def write(path: Path, text: str, peer: Path) -> None:
    path.write_text(
        "# Speed\n\nWritten by `make bench`: 1,000 users with 100 tasks each on PostgreSQL,"
        f" requested at random.\n\n{text}\n\n{METHOD}\n\n{machine(peer)}\n"
    )
