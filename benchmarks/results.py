"""The figures as text: tables in Markdown, and what they were measured on."""

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

Figures = dict[tuple[str, int, str], list[Measure]]  # by operation, connections and contender

OURS = ["Django", "djangorestframework", "granian", "psycopg", "orjson"]
PEERS = ["fastapi", "sqlmodel", "pydantic", "uvicorn", "psycopg2-binary"]

METHOD = """\
Each contender has as many workers as there are cores. The load generator (one thread of wrk) and
PostgreSQL share those cores with them, so a figure is of the whole machine, and the latency at 100
connections is mostly waiting for a turn. wrk sends a request when the one before is answered: the
latencies are those of a machine that is kept busy, not of a given rate of arrivals. A ratio is of
two measures that follow each other in one round; the one in the table is the median of the rounds,
with the least and the most.

The project and the peer write a line for each request, as both do by default, to a file. The
project looks its user and sign-in up at each request, locks what it changes, has `ETag`, paging and
strict queries; the peer believes the token and has none of these. *raw* is a page selected by
hand-written SQL behind nothing but a check of the token."""


def summary(
    figures: Figures, memory: dict[str, dict[str, float]], chosen: argparse.Namespace
) -> str:
    lines = [
        f"Rounds: {chosen.rounds}, of {chosen.seconds} s a measure. Medians of the rounds.",
        "",
        "| operation | connections | | requests/s | p50 ms | p99 ms | errors | to peer | to raw |",
        "|---|--:|---|--:|--:|--:|--:|--:|--:|",
        *rows(figures),
        "",
        "| memory of a worker, MiB | resident | shared in part (PSS) | its own (USS) |",
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
    """Of the rounds in which the other answered at all."""
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
        f" asked for at random.\n\n{text}\n\n{METHOD}\n\n{machine(peer)}\n"
    )
