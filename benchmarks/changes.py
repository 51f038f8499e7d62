"""Compares polls, synchronization and bulk calls with the peer's plain calls: `make bench`.

    python benchmarks/changes.py [--rounds 5] [--seconds 5]

The peer has none of these features. Its clients read the whole list to find changes, and send 100
requests to create 100 tasks. Each round measures every row of the table at 100 connections. 1,000
users have 100 tasks, 50 users have 500 tasks, and 50 users have 1,000 tasks, 900 of them in the
trash. Prints a table and writes benchmarks/changes.md. Needs wrk.
"""

import argparse
import json
import tempfile
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from contenders import Contender, serving, wait_for
from dataset import ROOT, Database, fresh_database
from load import TASK, Measure, run_wrk
from speed import prepare

USERS, TASKS, CONNECTIONS = 1100, 100, 100
RESULTS = ROOT / "benchmarks" / "changes.md"
BULK = json.dumps({"operations": [{"op": "create", "data": json.loads(TASK)}] * 100})
# The columns of a task except its id. Copies the tasks of 50 users.
COLUMNS = """
    SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
    WHERE table_name = 'tasks_task' AND column_name <> 'id'
"""
COPY = """
    INSERT INTO tasks_task ({columns}) SELECT {columns} FROM tasks_task, generate_series(1, {times})
    WHERE owner_id IN (SELECT id FROM accounts_user ORDER BY id LIMIT 50 OFFSET {offset})
"""


class Load:
    """The requests of a row of the table. `worth` is the number of tasks in each request."""

    def __init__(self, contender: Contender, request: list[Any], worth: int = 1) -> None:
        self.contender, self.request, self.worth = contender, request, worth

    def measure(self, seconds: int) -> Measure:
        wait_for(self.contender.url, self.contender.process)  # bulk calls may still be running
        seen = run_wrk(self.contender.url, self.request, CONNECTIONS, seconds)
        return Measure(seen.rate * self.worth, seen.p50, seen.p99, seen.errors)


def fill(database: Database) -> None:
    [[columns]] = database.connection.execute(COLUMNS).fetchall()
    database.execute(COPY.format(columns=columns, times=4, offset=1000))
    [[last]] = database.connection.execute("SELECT max(id) FROM tasks_task").fetchall()
    database.execute(COPY.format(columns=columns, times=9, offset=1050))
    database.execute(f"UPDATE tasks_task SET deleted_at = now() WHERE id > {last}")  # noqa: S608  (an id of ours)
    database.execute("VACUUM ANALYZE tasks_task")


def divide(folder: Path) -> None:
    """Write the tokens files of the three kinds of users."""
    lines = (folder / "project").read_text().splitlines(keepends=True)
    for name, part in {
        "usual": lines[:1000],
        "large": lines[1000:1050],
        "trash": lines[1050:],
    }.items():
        (folder / name).write_text("".join(part))


def with_values(folder: Path, name: str, url: str, path: str, read: Callable[[Any], str]) -> Path:
    """A tokens file in which each user has a value from their response to a request."""
    lines = []
    for line in (folder / "usual").read_text().splitlines():
        token, ids = line.split(" ", 1)
        headers = {"Authorization": f"Bearer {token}"}
        with urllib.request.urlopen(urllib.request.Request(url + path, headers=headers)) as answer:
            lines.append(f"{token} {read(answer)} {ids}\n")
    (folder / name).write_text("".join(lines))
    return folder / name


def loads(folder: Path, project: Contender, peer: Contender) -> dict[str, Load]:
    url = project.url
    tags = with_values(folder, "tags", url, "/api/tasks", lambda answer: answer.headers["ETag"])
    nexts = with_values(folder, "nexts", url, "/api/sync", lambda answer: json.load(answer)["next"])
    usual, large, trash = (folder / name for name in ("usual", "large", "trash"))
    return {
        "list, peer": Load(peer, [folder / "peer", "GET", "/api/tasks", ""]),
        "create, peer": Load(peer, [folder / "peer", "POST", "/api/tasks", TASK]),
        "list": Load(project, [usual, "GET", "/api/tasks", ""]),
        "list, 90 % in the trash": Load(project, [trash, "GET", "/api/tasks", ""]),
        "poll an unchanged list": Load(project, [tags, "GET", "/api/tasks", "", "If-None-Match"]),
        "sync of nothing": Load(project, [nexts, "GET", "/api/sync?since={value}", "", "path"]),
        "sync of 500": Load(project, [large, "GET", "/api/sync?limit=500", ""]),
        "create in bulks of 100": Load(project, [usual, "POST", "/api/tasks/bulk", BULK], 100),
    }


BASES = {"create in bulks of 100": "create, peer", "list, 90 % in the trash": "list"}


def table(figures: dict[str, list[Measure]]) -> str:
    lines = [
        "| | a second | p50 ms | p99 ms | errors | ratio | to |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for name, seen in figures.items():
        base = BASES.get(name, "list, peer")
        ratios = [our.rate / their.rate for our, their in zip(seen, figures[base], strict=True)]
        lines.append(
            f"| {name} | {median(each.rate for each in seen):,.0f}"
            f" | {median(each.p50 for each in seen):.1f} | {median(each.p99 for each in seen):.0f}"
            f" | {sum(each.errors for each in seen)}"
            f" | {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) | {base} |"
        )
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="per measurement")
    parser.add_argument("--port", type=int, default=17200, help="the first of three")
    peer = ROOT / ".venv" / "peer" / "bin" / "python"
    parser.add_argument("--peer", type=Path, default=peer, help="a Python with the peer's packages")
    chosen = parser.parse_args()
    chosen.peer = chosen.peer.absolute()
    return chosen


def run(rows: dict[str, Load], chosen: argparse.Namespace) -> dict[str, list[Measure]]:
    figures: dict[str, list[Measure]] = defaultdict(list)
    for load in rows.values():
        load.measure(1)  # warms up
    for number in range(chosen.rounds):
        for name, load in rows.items():
            seen = load.measure(chosen.seconds)
            figures[name].append(seen)
            print(f"round {number + 1}: {name}: {seen.rate:.0f}/s", flush=True)
    return figures


def write(text: str, chosen: argparse.Namespace) -> None:
    RESULTS.write_text(
        f"# Polls, synchronization and bulk\n\nWritten by `make bench`. {CONNECTIONS} connections,"
        f" {chosen.rounds} rounds of {chosen.seconds} s, medians. 1,000 users with 100 tasks each;"
        " the method is that of [results.md](results.md). A bulk counts as the 100 tasks that it"
        f" creates.\n\n{text}\n"
    )


def main() -> None:
    chosen = arguments()
    with tempfile.TemporaryDirectory() as name, fresh_database("todo_changes") as database:
        folder = Path(name)
        prepare(database, chosen.peer, folder, USERS, TASKS)
        fill(database)
        divide(folder)
        with serving(database, chosen.port, chosen.peer, folder) as (project, peer, _):
            figures = run(loads(folder, project, peer), chosen)
    text = table(figures)
    print(text)
    write(text, chosen)
    errors = sum(seen.errors for each in figures.values() for seen in each)
    raise SystemExit(errors and f"{errors} requests failed")


if __name__ == "__main__":
    main()
