"""Failures of real components: `make faults`.

    python -m faults [--short] [name ...]

Each scenario prints one line of figures. If a scenario fails, the others still run, and then the
command exits with an error. Needs root (for disks and users), and the system's PostgreSQL,
PgBouncer, Redis, nginx and sqlite3.
"""

import argparse
import importlib
import sys
import time
import traceback

from .stage import Broken

SCENARIOS = [
    "kill",
    "outage",
    "slow",
    "front",
    "sigterm",
    "two_servers",
    "disk",
    "redis",
    "backup",
    "soak",
    "recycle",
    "memory",
    "values",
    "hostile",
    "imports",
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m faults")
    parser.add_argument("--short", action="store_true", help="a few seconds each")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(SCENARIOS))
    arguments = parser.parse_intermixed_args()
    if unknown := set(arguments.names) - set(SCENARIOS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    # A list, so that all run: a failed scenario must not hide the failures of others.
    results = [attempt(name, arguments.short) for name in arguments.names or SCENARIOS]
    sys.exit(not all(results))


def attempt(name: str, short: bool) -> bool:
    started = time.monotonic()
    try:
        figures = importlib.import_module(f".{name}", __package__).run(short)
    except Exception as reason:
        if not isinstance(reason, Broken):
            traceback.print_exc()
        figures = f"BROKEN: {reason!s}"
    seconds = time.monotonic() - started
    print(f"{name}: {figures} ({seconds:.0f} s)", flush=True)
    return not figures.startswith("BROKEN")


if __name__ == "__main__":
    main()
