"""The compared programs: the project, the peer and the raw limit, each with its own server.

Each has one worker per core. `manage.py serve` starts the project with its defaults, uvicorn the
peer and granian the raw limit. The project and the peer log each request to a file, as both do by
default.
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
    tokens: str  # file with its access tokens
    table: str | None  # the table that it changes
    url: str
    process: subprocess.Popen[bytes]

    def workers(self) -> list[int]:
        """The processes that run the application. Parent processes are smaller."""
        found = {pid: memory(pid)["Rss"] for pid in descendants(self.process.pid)}
        return [pid for pid, rss in found.items() if rss > max(found.values()) / 2]

    def memory(self) -> dict[str, float]:
        """The memory of its largest worker, in MiB: resident, proportional and private."""
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
    """The command that starts the project, as in the README."""
    return {
        "args": [sys.executable, "manage.py", "serve"],
        "cwd": ROOT,
        "env": {**database.environment, "PORT": str(port), **variables},
    }


def commands(database: Database, port: int, peer: Path) -> dict[str, dict[str, Any]]:
    """The contenders with their commands. Their ports are consecutive, starting with `port`."""
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
    """Starts all contenders, waits until they answer, and stops them at the end."""
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
    """Starts a server, waits until it answers, and stops it at the end."""
    with open(log, "wb") as output:
        process = subprocess.Popen(**command, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(url, process)
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Waits until the server answers a request, so earlier requests have been processed."""
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/health", timeout=60).close()
            return
        except HTTPError:
            return  # the raw limit answers only the list
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")
