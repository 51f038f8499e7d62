"""Compares the speed with a peer and an upper limit on PostgreSQL: `make bench`.

    python benchmarks/speed.py [--rounds 5] [--seconds 4] [--only "read one"] [--connections 1 100]

The data are 1,000 users with 100 tasks each, 50 users with 500, and 50 whose tasks have tags. Every
round measures each operation for each contender and alternates which contender is first, so that
other load on the machine affects both. Changed tables are restored after each round. The rounds
take place with the logs of requests and without. In between, requests with fixed rates find the
latencies below the capacity. Prints a table and writes benchmarks/results.md. Needs wrk.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from contenders import serving, wait_for
from dataset import ROOT, Database, fresh_database
from load import MANY, Load, Measure, check, loads
from open_load import Generator
from operations import LIST, OPERATIONS, Operation
from results import Figures, summary, write

SHARES = [25, 40, 55, 70, 85, 100]  # of the capacity, in percent
FIXED = [LIST, "read one", "create", "change", "toggle"]
STARTED = time.monotonic()
RESULTS = ROOT / "benchmarks" / "results.md"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [operation.name for operation in OPERATIONS]
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="per measurement")
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--connections", nargs="+", type=int, default=[100])
    parser.add_argument("--fixed", type=int, default=8, help="seconds of each rate; 0 for none")
    parser.add_argument("--port", type=int, default=17100, help="the first of three")
    peer = ROOT / ".venv" / "peer" / "bin" / "python"
    parser.add_argument("--peer", type=Path, default=peer, help="a Python with the peer's packages")
    chosen = parser.parse_args()
    chosen.peer = chosen.peer.absolute()  # not resolved: it links to a Python without its packages
    return chosen


def report(text: str) -> None:
    print(f"{time.monotonic() - STARTED:4.0f} s, {text}", flush=True)


@dataclass
class Comparison:
    database: Database
    loads: dict[str, Load]
    chosen: argparse.Namespace
    figures: Figures
    logs: bool

    def run(self) -> None:
        self.check()
        for number in range(self.chosen.rounds):
            for operation, connections, load in self.round(number):
                seen = self.measure(load, operation, connections, self.chosen.seconds)
                name = load.contender.name
                self.figures.seen[self.logs, operation.name, connections, name].append(seen)
                what = f"round {number + 1}: {operation.name}, {connections}: {name}"
                report(f"{what}: {seen.rate:.0f}/s")
            self.database.restore()

    def operations(self) -> list[Operation]:
        return [operation for operation in OPERATIONS if operation.name in self.chosen.only]

    def taking_part(self, operation: Operation) -> list[Load]:
        """The loads for an operation. The raw limit supports only the plain list."""
        names = ["project"] if operation.against else ["project", "peer"]
        return [self.loads[name] for name in names + ["raw"] * (operation.name == LIST)]

    def check(self) -> None:
        """Checks that all contenders give the same answers. This also warms them up."""
        for operation in self.operations():
            check(self.taking_part(operation), operation)
        self.database.restore_revisions()
        for operation in self.operations():
            for load in self.taking_part(operation):
                self.measure(load, operation, 16, 1)
        self.database.restore()

    def round(self, number: int) -> Iterator[tuple[Operation, int, Load]]:
        for operation in self.operations():
            for connections in self.chosen.connections:
                for load in self.taking_part(operation)[:: -1 if number % 2 else 1]:
                    yield operation, connections, load

    def measure(self, load: Load, operation: Operation, connections: int, seconds: int) -> Measure:
        # Earlier requests may still be running, and those of the peer wait for its pool.
        wait_for(load.contender.url, load.contender.process)
        self.database.wait_until_idle()
        if operation.worth > 1:
            seconds *= 3  # a request takes longer
        return load.measure(operation, connections, seconds)

    def run_fixed(self) -> None:
        """Sends requests to the project at shares of the capacity that `run()` found."""
        for operation in self.operations():
            if operation.name in FIXED:
                for share in SHARES:
                    self.measure_fixed(operation, share)
                self.database.restore()

    def measure_fixed(self, operation: Operation, share: int) -> None:
        load, connections = self.loads["project"], self.chosen.connections[-1]
        seen = self.figures.seen[self.logs, operation.name, connections, "project"]
        rate = median(each.rate for each in seen) * share / 100
        requests = load.requests(operation, share * MANY)  # so that each share changes the tasks
        generator = Generator(requests, operation.status, max(rate, 1), self.chosen.fixed)
        self.database.wait_until_idle()
        arrivals = generator.run(load.contender)
        self.figures.arrivals[operation.name, share] = arrivals
        report(f"fixed: {operation.name}, {share} %: p99 {arrivals.p(99):.0f} ms")


def main() -> None:
    chosen = arguments()
    figures = Figures()
    with tempfile.TemporaryDirectory() as name, fresh_database() as database:
        folder = Path(name)
        database.prepare(folder / "known")
        database.prepare_peer(chosen.peer)
        for logs in (True, False):
            with serving(database, chosen.port, chosen.peer, folder, logs) as contenders:
                found = loads(contenders, folder / "known", folder)
                found["project"].remember()
                comparison = Comparison(database, found, chosen, figures, logs)
                comparison.run()
                if logs and chosen.fixed:
                    comparison.run_fixed()
                for contender in contenders:
                    figures.memory[contender.name] = contender.memory()
    text = summary(figures, chosen)
    print(text)
    write(RESULTS, text, chosen.peer)
    errors = figures.errors()
    raise SystemExit(errors and f"{errors} requests failed")


if __name__ == "__main__":
    main()
