"""What is compared: the project, the peer and the raw limit, each served by its own server.

Each has as many workers as there are cores and keeps its own ways: the project is started by
`manage.py serve` with its defaults, the peer by uvicorn, the raw limit by granian. The project and
the peer write a line for each request, as both do by default, to a file.
"""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from dataset import JWT_KEY, ROOT, Database

BENCHMARKS = ROOT / "benchmarks"
CORES = os.cpu_count() or 1


@dataclass
class Contender:
    name: str
    tokens: str  # the file of those that it takes
    table: str | None  # what it writes to
    url: str
    process: subprocess.Popen[bytes]

    def workers(self) -> list[int]:
        """Its processes that hold the application; those that only watch them are small."""
        found = {pid: memory(pid)["Rss"] for pid in descendants(self.process.pid)}
        return [pid for pid, rss in found.items() if rss > max(found.values()) / 2]

    def memory(self) -> dict[str, float]:
        """Of its largest worker, in MiB: resident, shared pages counted in part, private."""
        figures = [memory(pid) for pid in self.workers()]
        return {name: max(figure[name] for figure in figures) for name in ("Rss", "Pss", "Uss")}


def descendants(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            yield child
            yield from descendants(child)


def memory(pid: int) -> dict[str, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    figures = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return {**figures, "Uss": figures["Private_Clean"] + figures["Private_Dirty"]}


def project(database: Database, port: int, **variables: str) -> dict[str, Any]:
    """How the project is started, as its README has it."""
    return {
        "args": [sys.executable, "manage.py", "serve"],
        "cwd": ROOT,
        "env": {**database.environment, "PORT": str(port), **variables},
    }


def commands(database: Database, port: int, peer: Path) -> dict[str, dict[str, Any]]:
    """How each is started; their ports follow each other from `port`."""
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws"]
    granian += ["--blocking-threads", "1", "raw:application"]
    workers = ["--workers", str(CORES), "--port"]
    peer_url = database.url.replace("postgres://", "postgresql://", 1)
    return {
        "project": project(database, port),
        "peer": {
            "args": [str(peer), "-m", "uvicorn", "main:app", *workers, str(port + 1)],
            "cwd": BENCHMARKS / "peer",
            "env": {"PATH": os.environ["PATH"], "DATABASE_URL": peer_url, "JWT_SECRET": JWT_KEY},
        },
        "raw": {
            "args": [*granian, *workers, str(port + 2)],
            "cwd": BENCHMARKS,
            "env": database.environment,
        },
    }


@contextmanager
def serving(database: Database, port: int, peer: Path, logs: Path) -> Iterator[list[Contender]]:
    """All of them, started and answering; stopped in the end."""
    tables = {"project": "tasks_task", "peer": "peer_task"}
    started = []
    with ExitStack() as stack:
        for n, (name, command) in enumerate(commands(database, port, peer).items()):
            url = f"http://127.0.0.1:{port + n}"
            process = stack.enter_context(running(command, url, logs / f"{name}.log"))
            tokens = "peer" if name == "peer" else "project"
            started.append(Contender(name, tokens, tables.get(name), url, process))
        yield started


@contextmanager
def running(command: dict[str, Any], url: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server that answers; stopped in the end."""
    with open(log, "wb") as output:
        process = subprocess.Popen(**command, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(url, process)
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until it answers a request, after all that came before."""
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/health", timeout=60).close()
            return
        except HTTPError:
            return  # the raw limit knows the list alone
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")
