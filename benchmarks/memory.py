"""Sends a million mixed requests and reports the memory of the workers.

    python benchmarks/memory.py [--requests 1000000]

Fails if a worker has 150 MiB or more at the end, if a worker was replaced, or if a request failed.
The requests are those of speed.py in random order, with fewer bulks. Needs wrk.
"""

import argparse
import random
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from contenders import project, start
from dataset import fresh_database
from load import Load, loads, run_wrk
from operations import OPERATIONS

LIMIT = 150  # MiB
CONNECTIONS, SECONDS = 100, 30  # of one measurement
EACH = 1000  # requests of an operation, and ten bulks, which are then repeated


def mixed(load: Load) -> Path:
    """A file of requests of all operations."""
    requests = [one for operation in OPERATIONS for one in load.requests(operation, EACH)]
    random.Random(1).shuffle(requests)
    path = load.folder / "mixed"
    path.write_bytes(b"".join(one + b"\0" for one in requests))
    return path


def run(load: Load, requests: int, seconds: int) -> None:
    path, workers = mixed(load), set(load.contender.workers())
    sent, started = 0, time.monotonic()
    while sent < requests:
        seen = run_wrk(load.contender.url, path, CONNECTIONS, seconds)
        sent += seen["requests"]
        resident = load.contender.memory()["Rss"]
        print(
            f"{sent:,} requests, {time.monotonic() - started:.0f} s: {resident:.0f} MiB", flush=True
        )
        assert not seen["refused"] + seen["broken"], seen
    assert workers == set(load.contender.workers()), "a worker was replaced"
    assert resident < LIMIT, f"{resident:.0f} MiB are not below {LIMIT}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="between two reports")
    parser.add_argument("--port", type=int, default=17300)
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(fresh_database())
        database.prepare(folder / "known")
        command = project(database, chosen.port)
        contender = start(stack, "project", command, chosen.port, folder)
        load = loads([contender], folder / "known", folder)["project"]
        load.remember()
        run(load, chosen.requests, chosen.seconds)


if __name__ == "__main__":
    main()
