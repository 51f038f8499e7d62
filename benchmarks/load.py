"""The requests that wrk sends to the contenders."""

import json
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contenders import Contender
from dataset import ROOT

THREADS = 1  # of wrk; more would take processor time from the servers


@dataclass(frozen=True)
class Operation:
    """An operation. `{id}` is a random task of a random user, `{n}` a new number each time."""

    name: str
    method: str
    path: str
    body: str = ""
    status: int = 200
    writes: bool = False
    peer_method: str = ""  # if the peer uses another method


TASK = '{"title": "Buy milk {n}", "description": "Two litres"}'
OPERATIONS = [
    Operation("list 100", "GET", "/api/tasks"),
    Operation("list filtered, sorted", "GET", "/api/tasks?status=pending&sort=due_date"),
    Operation("read one", "GET", "/api/tasks/{id}"),
    Operation("create", "POST", "/api/tasks", TASK, status=201, writes=True),
    Operation("change", "PATCH", "/api/tasks/{id}", '{"title": "Changed {n}"}', 200, True, "PUT"),
    Operation("toggle", "PATCH", "/api/tasks/{id}/complete", writes=True),
]


@dataclass(frozen=True)
class Measure:
    """Requests per second, latencies in milliseconds, and the number of errors and timeouts."""

    rate: float
    p50: float
    p99: float
    errors: int


def method_for(contender: Contender, operation: Operation) -> str:
    return (contender.name == "peer" and operation.peer_method) or operation.method


def measure(
    contender: Contender, operation: Operation, connections: int, seconds: float, tokens: Path
) -> Measure:
    method = method_for(contender, operation)
    request = [tokens / contender.tokens, method, operation.path, operation.body]
    return run_wrk(contender.url, request, connections, seconds)


def run_wrk(url: str, request: list[Any], connections: int, seconds: float) -> Measure:
    """Sends the request that the arguments of requests.lua describe, again and again."""
    command: list[Any] = ["wrk", "--threads", THREADS, "--connections", connections, "--duration"]
    command += [f"{round(seconds)}s", "--timeout", "30s", "--script"]
    command += [ROOT / "benchmarks" / "requests.lua", url, "--", *request]
    command = [str(part) for part in command]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    seen = json.loads(run.stdout.splitlines()[-1])
    good = seen["requests"] - seen["refused"]
    errors = seen["refused"] + seen["broken"]
    return Measure(good / seen["seconds"], seen["p50"], seen["p99"], errors)


def ask(contender: Contender, operation: Operation, tokens: Path, n: int = 0) -> tuple[int, Any]:
    """Sends one request of the load, for the user on line `n` of the tokens file."""
    token, task, *_ = (tokens / contender.tokens).read_text().splitlines()[n].split()
    request = urllib.request.Request(
        contender.url + operation.path.replace("{id}", task),
        operation.body.replace("{n}", "0").encode() or None,
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method=method_for(contender, operation),
    )
    with urllib.request.urlopen(request) as response:
        return response.status, json.load(response)


def check(contenders: list[Contender], operation: Operation, tokens: Path) -> None:
    """Ends the run unless all contenders give equal, complete answers."""
    for n in (0, 1):
        answers = [ask(contender, operation, tokens, n) for contender in contenders]
        assert {status for status, _ in answers} == {operation.status}, answers
        found = [essence(body) for _, body in answers]
        assert all(each == found[0] for each in found), (operation.name, found)
        assert operation.name != "list 100" or found[0][-1] == 100, found


def essence(answer: Any) -> Any:
    """The part of an answer that must be equal. Order of ties and new ids may differ."""
    tasks = answer if isinstance(answer, list) else [answer]
    names = ("title", "description", "completed")
    days = [str(task["due_date"])[:10] for task in tasks]
    return days, sorted([task[name] for name in names] for task in tasks), len(tasks)
