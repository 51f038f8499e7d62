"""Compares the speed with a peer and an upper limit on PostgreSQL: `make bench`.

    python benchmarks/speed.py [--rounds 5] [--seconds 5] [--only "read one"] [--connections 1 100]

The data are 1,000 users with 100 tasks each. Every round measures each operation for each contender
at 1, 16 and 100 connections, and alternates which contender is first. A ratio compares two
consecutive measurements, so that other load on the machine affects both. Changed tables are
restored before the next measurement. Prints a table and writes benchmarks/results.md. Needs wrk.
"""

import argparse
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contenders import Contender, serving, wait_for
from dataset import ROOT, Database, fresh_database
from load import OPERATIONS, Measure, Operation, check, measure
from results import Figures, summary, write

USERS, TASKS = 1000, 100
RESULTS = ROOT / "benchmarks" / "results.md"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [operation.name for operation in OPERATIONS]
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="per measurement")
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--connections", nargs="+", type=int, default=[1, 16, 100])
    parser.add_argument("--port", type=int, default=17100, help="the first of three")
    peer = ROOT / ".venv" / "peer" / "bin" / "python"
    parser.add_argument("--peer", type=Path, default=peer, help="a Python with the peer's packages")
    chosen = parser.parse_args()
    chosen.peer = chosen.peer.absolute()  # not resolved: it links to a Python without its packages
    return chosen


def prepare(
    database: Database, peer: Path, folder: Path, users: int = USERS, tasks: int = TASKS
) -> None:
    database.seed(users, tasks)
    database.run("benchmarks/tokens.py", folder, users)
    peer_url = database.url.replace("postgres://", "postgresql://", 1)
    # Otherwise its workers would all try to create the tables.
    subprocess.run(
        [peer, "-c", "import main"],
        cwd=ROOT / "benchmarks" / "peer",
        env={"DATABASE_URL": peer_url, "JWT_SECRET": "unused"},
        check=True,
    )
    database.fill_peer()


@dataclass
class Comparison:
    database: Database
    contenders: list[Contender]
    tokens: Path
    chosen: argparse.Namespace

    def run(self) -> Figures:
        self.check()
        figures: Figures = defaultdict(list)
        for number, operation, connections, contender in self.plan():
            seen = self.measure(contender, operation, connections, self.chosen.seconds)
            figures[operation.name, connections, contender.name].append(seen)
            print(f"round {number + 1}: {operation.name}, {connections}: ", end="")
            print(f"{contender.name}: {seen.rate:.0f}/s", flush=True)
        return figures

    def operations(self) -> list[Operation]:
        return [operation for operation in OPERATIONS if operation.name in self.chosen.only]

    def taking_part(self, operation: Operation) -> list[Contender]:
        """The contenders for an operation. The raw limit supports only the plain list."""
        raw_too = operation is OPERATIONS[0]
        return [each for each in self.contenders if raw_too or each.name != "raw"]

    def check(self) -> None:
        """Checks that all contenders give the same answers. This also warms them up."""
        for operation in self.operations():
            check(self.taking_part(operation), operation, self.tokens)
            for contender in self.taking_part(operation):
                self.measure(contender, operation, 16, 1)

    def plan(self) -> Iterator[tuple[int, Operation, int, Contender]]:
        for number in range(self.chosen.rounds):
            for operation in self.operations():
                for connections in self.chosen.connections:
                    for contender in self.taking_part(operation)[:: -1 if number % 2 else 1]:
                        yield number, operation, connections, contender

    def measure(
        self, contender: Contender, operation: Operation, connections: int, seconds: int
    ) -> Measure:
        wait_for(contender.url, contender.process)  # earlier requests may still be running
        seen = measure(contender, operation, connections, seconds, self.tokens)
        if operation.writes and contender.table:
            self.database.restore(contender.table)
        return seen


def main() -> None:
    chosen = arguments()
    with tempfile.TemporaryDirectory() as name, fresh_database() as database:
        folder = Path(name)
        prepare(database, chosen.peer, folder)
        with serving(database, chosen.port, chosen.peer, folder) as contenders:
            figures = Comparison(database, contenders, folder, chosen).run()
            memory = {contender.name: contender.memory() for contender in contenders}
    text = summary(figures, memory, chosen)
    print(text)
    write(RESULTS, text, chosen.peer)
    errors = sum(seen.errors for each in figures.values() for seen in each)
    raise SystemExit(errors and f"{errors} requests failed")


if __name__ == "__main__":
    main()
