"""The compared programs: the project, the peer and the raw limit, each with its own server.

Each has one worker per core. `manage.py serve` starts the project with its defaults, uvicorn the
peer and granian the raw limit. By default, the project and the peer log each request, here to a
file. Both can be started without these logs.
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
# One address sends the requests of all clients. The calls are still counted.
LIMITS = dict.fromkeys(["THROTTLE_ANON", "THROTTLE_USER"], "1000000/min")
CORES = os.cpu_count() or 1


@dataclass
class Contender:
    name: str
    url: str
    process: subprocess.Popen[bytes]
    kind: str = "project"  # whose tokens it accepts

    @property
    def address(self) -> str:
        return self.url.removeprefix("http://")

    def workers(self) -> list[int]:
        """The processes that run the application. Parent processes are smaller."""
        found = {pid: memory(pid)["Rss"] for pid in descendants(self.process.pid)}
        return [pid for pid, rss in found.items() if rss > max(found.values()) / 2]

    def memory(self) -> dict[str, float]:
        """The memory of its largest worker, in MiB: resident, proportional and private."""
        figures = [memory(pid) for pid in self.workers()]
        return {name: max(figure[name] for figure in figures) for name in ("Rss", "Pss", "Uss")}

    def processor_time(self) -> float:
        """The seconds of processor time that its processes have used."""
        return sum(map(processor_time, [self.process.pid, *descendants(self.process.pid)]))


def descendants(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            yield child
            yield from descendants(child)


def memory(pid: int) -> dict[str, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    figures = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return {**figures, "Uss": figures["Private_Clean"] + figures["Private_Dirty"]}


def processor_time(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def project(
    database: Database, port: int, python: str | Path = sys.executable, **variables: str
) -> dict[str, Any]:
    """The command that starts the project, as in the README."""
    return {
        "args": [str(python), "manage.py", "serve"],
        "cwd": ROOT,
        "env": {**database.environment, **LIMITS, "PORT": str(port), **variables},
    }


def commands(database: Database, port: int, peer: Path, logs: bool) -> dict[str, dict[str, Any]]:
    """The contenders with their commands. Their ports are consecutive, starting with `port`."""
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws"]
    granian += ["--blocking-threads", "1", "raw:application"]
    workers = ["--workers", str(CORES), "--port"]
    uvicorn = [str(peer), "-m", "uvicorn", "main:app"]
    return {
        "project": project(database, port, LOG_LEVEL="INFO" if logs else "WARNING"),
        "peer": {
            "args": [*uvicorn, *([] if logs else ["--no-access-log"]), *workers, str(port + 1)],
            "cwd": BENCHMARKS / "peer",
            "env": {
                "PATH": os.environ["PATH"],
                "DATABASE_URL": database.peer_url,
                "JWT_SECRET": JWT_KEY,
            },
        },
        "raw": {
            "args": [*granian, *workers, str(port + 2)],
            "cwd": BENCHMARKS,
            "env": database.environment,
        },
    }


@contextmanager
def serving(
    database: Database, port: int, peer: Path, folder: Path, logs: bool = True
) -> Iterator[list[Contender]]:
    """Starts all contenders, waits until they answer, and stops them at the end."""
    with ExitStack() as stack:
        yield [
            start(stack, name, command, port + n, folder)
            for n, (name, command) in enumerate(commands(database, port, peer, logs).items())
        ]


def start(
    stack: ExitStack, name: str, command: dict[str, Any], port: int, folder: Path, kind: str = ""
) -> Contender:
    url = f"http://127.0.0.1:{port}"
    process = stack.enter_context(running(command, url, folder / f"{name}.log"))
    return Contender(name, url, process, kind or name)


@contextmanager
def running(command: dict[str, Any], url: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Starts a server, waits until it answers, and stops it at the end.

    If the run fails, it prints the end of the log.
    """
    with open(log, "wb") as output:
        process = subprocess.Popen(**command, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(url, process)
            yield process
        except (Exception, SystemExit):
            print(log.name, log.read_text(errors="replace")[-2000:], file=sys.stderr)
            raise
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
