"""Compares lists and creates with several versions of Python, side by side.

    python benchmarks/pythons.py --python PATH [PATH ...] [--rounds 5]

Each Python gets an environment with requirements.txt in .venv/pythons at the first run. All have a
server, and each round measures them in turn. Prints a table. The ratio is to the first. Needs wrk.
"""

import argparse
import subprocess
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from contenders import Contender, project, start
from dataset import ROOT, Database, fresh_database
from load import Load, Measure, loads
from operations import CREATE, LIST, OPERATIONS

OPERATION = {operation.name: operation for operation in OPERATIONS}
CONNECTIONS = 100
Figures = dict[tuple[str, str], list[Measure]]  # keys: operation, Python


def environment(python: str, folder: Path) -> tuple[str, Path]:
    """The version of a Python, and the Python of its environment."""
    code = "import platform; print(platform.python_version())"
    run = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    version = run.stdout.strip()
    place = folder / version
    if not (place / "ready").exists():
        subprocess.run([python, "-m", "venv", place], check=True)
        install = [str(place / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--requirement", str(ROOT / "requirements.txt")], check=True)
        (place / "ready").touch()
    return f"Python {version}", place / "bin" / "python"


def servers(
    stack: ExitStack, database: Database, pythons: dict[str, Path], port: int, folder: Path
) -> list[Contender]:
    return [
        start(stack, name, project(database, port + n, python), port + n, folder, "project")
        for n, (name, python) in enumerate(pythons.items())
    ]


def measure(database: Database, found: list[Load], rounds: int, seconds: int) -> Figures:
    figures: Figures = defaultdict(list)
    for number in range(rounds + 1):
        for operation in (OPERATION[LIST], OPERATION[CREATE]):
            for load in found[:: -1 if number % 2 else 1]:
                database.wait_until_idle()
                seen = load.measure(operation, CONNECTIONS, seconds)
                if number:  # the first round warms up
                    figures[operation.name, load.contender.name].append(seen)
    return figures


def table(figures: Figures, first: str) -> str:
    lines = ["| | | a second | p50 ms | p99 ms | errors | ratio |", "|---|---|--:|--:|--:|--:|--:|"]
    for (operation, name), seen in sorted(figures.items()):
        base = figures[operation, first]
        ratios = [one.rate / other.rate for one, other in zip(seen, base, strict=True)]
        lines.append(
            f"| {operation} | {name} | {median(one.rate for one in seen):,.0f}"
            f" | {median(one.p50 for one in seen):.1f} | {median(one.p99 for one in seen):.0f}"
            f" | {sum(one.errors for one in seen)}"
            f" | {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", nargs="+", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="per measurement")
    parser.add_argument("--port", type=int, default=17400, help="the first; each has the next one")
    parser.add_argument("--environments", type=Path, default=ROOT / ".venv" / "pythons")
    chosen = parser.parse_args()
    pythons = dict(environment(python, chosen.environments) for python in chosen.python)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(fresh_database())
        database.prepare(folder / "known")
        contenders = servers(stack, database, pythons, chosen.port, folder)
        found = list(loads(contenders, folder / "known", folder).values())
        figures = measure(database, found, chosen.rounds, chosen.seconds)
    print(table(figures, contenders[0].name))


if __name__ == "__main__":
    main()
