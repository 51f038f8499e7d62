"""Compares the speed with another version of the project: the checkout in another folder.

    git worktree add ../before 1.0.0
    python benchmarks/versions.py ../before [--rounds 10] [--only create toggle]

Each version has a database with 1,000 users of 100 tasks and a server with its defaults. Both use
the installed packages. Each round measures both in turn, so other load on the machine affects both.
Prints a table; a ratio above 1 means that this version is faster. Needs wrk.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from contenders import project, start
from dataset import ROOT, Database, on_server
from load import MANY, Client, Load, run_wrk
from operations import OPERATIONS, Operation

CONNECTIONS = 100
COMPARED = {
    operation.name: operation
    for operation in OPERATIONS
    if not operation.against and operation.crowd == "usual"
}
# Writes the token and the ids of each user to a file. Each version runs it, with its own models.
CLIENTS = """
import json
from accounts.models import User
from accounts.tokens import RefreshToken
from tasks.models import Task
ids = lambda user: [*Task.objects.filter(owner=user).values_list("pk", flat=True)]
known = [[str(RefreshToken.for_user(user).access_token), ids(user)] for user in User.objects.all()]
json.dump(known, open({path!r}, "w"))
"""


@contextmanager
def serving(name: str, root: Path, port: int, folder: Path) -> Iterator[Load]:
    database = Database(f"todo_{name}_{os.getpid()}")
    command = {**project(database, port), "cwd": root}
    on_server(f"CREATE DATABASE {database.name}")
    try:
        for arguments in (
            ["migrate", "--verbosity", "0"],
            ["seed", "--users", "1000", "--tasks", "100", "--no-password"],
            ["shell", "--command", CLIENTS.format(path=str(folder / name))],
        ):
            run = [sys.executable, "manage.py", *arguments]
            subprocess.run(run, cwd=root, env=command["env"], check=True)
        known = json.loads((folder / name).read_text())
        with ExitStack() as stack:
            server = start(stack, name, command, port, folder, "project")
            yield Load(server, [Client(token, ids, []) for token, ids in known], folder)
    finally:
        on_server(f"DROP DATABASE {database.name} WITH (FORCE)")


def measure(load: Load, operation: Operation, number: int, seconds: int) -> tuple[float, float]:
    """Requests per second, and the 99th percentile of the latencies in ms."""
    path = load.folder / f"{load.contender.name}.requests"
    requests = load.requests(operation, number * MANY)  # so that each round changes the tasks
    path.write_bytes(b"".join(one + b"\0" for one in requests))
    seen = run_wrk(load.contender.url, path, CONNECTIONS, seconds)
    assert seen["refused"] == seen["broken"] == 0, seen
    assert seen["requests"] <= MANY or not operation.writes, "the writes were repeated"
    return seen["requests"] / seen["seconds"], seen["p99"]


def compare(operation: Operation, versions: list[Load], rounds: int, seconds: int) -> str:
    """A row of the table. The first round warms up."""
    seen: dict[str, list[tuple[float, float]]] = {
        version.contender.name: [] for version in versions
    }
    for number in range(rounds + 1):
        for version in versions[:: -1 if number % 2 else 1]:
            seen[version.contender.name].append(measure(version, operation, number, seconds))
    before, after = (measures[1:] for measures in seen.values())
    ratios = [new / old for (old, _), (new, _) in zip(before, after, strict=True)]
    rates = " | ".join(f"{median(rate for rate, _ in found):,.0f}" for found in (before, after))
    slowest = " | ".join(f"{median(p99 for _, p99 in found):.0f}" for found in (before, after))
    ratio = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    return f"| {operation.name} | {rates} | {slowest} | {ratio} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="the folder of the other version")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=3, help="per measurement")
    parser.add_argument("--only", nargs="+", choices=COMPARED, default=[*COMPARED])
    parser.add_argument("--port", type=int, default=17500, help="the first of two")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # drops the databases
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        roots = {"before": chosen.before, "after": ROOT}
        versions = [
            stack.enter_context(serving(name, root, chosen.port + n, folder))
            for n, (name, root) in enumerate(roots.items())
        ]
        print("| | before, a second | after | p99 before, ms | after | ratio |")
        print("|---|--:|--:|--:|--:|--:|")
        for name in chosen.only:
            print(compare(COMPARED[name], versions, chosen.rounds, chosen.seconds), flush=True)


if __name__ == "__main__":
    main()
