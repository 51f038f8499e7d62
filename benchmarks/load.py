"""The load of wrk, which sends a request when it has the answer to the previous one."""

import http.client
import json
import random
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contenders import Contender
from dataset import CROWDS, ROOT
from operations import LIST, Operation

THREADS = 1  # of wrk; more would take processor time from the servers
MANY = 20_000  # different requests of an operation; after them, the first is sent again
EMPTY = 1000  # bytes; a response without a body is shorter


@dataclass
class Client:
    """A user, and what the user's program knows from earlier responses."""

    token: str
    ids: list[int]
    repeating: list[int]
    known: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Measure:
    """Requests per second, latencies in milliseconds, and the number of errors and timeouts."""

    rate: float
    p50: float
    p95: float
    p99: float
    errors: int


@dataclass
class Load:
    """The clients of a contender. `folder` gets a file of requests for each operation."""

    contender: Contender
    clients: list[Client]
    folder: Path

    def requests(self, operation: Operation, first: int = 0) -> list[bytes]:
        """Requests with the numbers from `first` on."""
        chance, clients = random.Random(1), self.clients[CROWDS[operation.crowd]]
        return [
            self.request(operation, chance.choice(clients), n, chance)
            for n in range(first, first + MANY // operation.worth)
        ]

    def request(self, operation: Operation, client: Client, n: int, chance: random.Random) -> bytes:
        own = {name: chance.choice(getattr(client, name) or [0]) for name in ("ids", "repeating")}
        path = operation.path.format(id=own["ids"], repeating=own["repeating"], **client.known)
        is_peers = self.contender.name == "peer" and operation.peer_method
        lines = [f"{is_peers or operation.method} {path} HTTP/1.1"]
        lines += [f"Host: {self.contender.address}", f"Authorization: Bearer {client.token}"]
        if operation.known:
            lines.append(f"If-None-Match: {client.known[operation.known]}")
        body = operation.body.replace("{n}", str(n))
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def file(self, operation: Operation) -> Path:
        path = self.folder / f"{self.contender.name}, {operation.name}"
        if not path.exists():
            path.write_bytes(b"".join(one + b"\0" for one in self.requests(operation)))
        return path

    def measure(self, operation: Operation, connections: int, seconds: float) -> Measure:
        seen = run_wrk(self.contender.url, self.file(operation), connections, seconds)
        number, errors = seen["requests"], seen["refused"] + seen["broken"]
        name = f"{self.contender.name}, {operation.name}"
        assert operation.status != 304 or seen["bytes"] < number * EMPTY, f"{name}: not only 304"
        assert operation.name != "change" or number <= MANY, f"{name}: the changes were repeated"
        rate = (number - seen["refused"]) * operation.worth / seen["seconds"]
        return Measure(rate, seen["p50"], seen["p95"], seen["p99"], errors)

    def remember(self) -> None:
        """Reads what clients know of the project after they have read everything once."""
        for client in self.clients[CROWDS["usual"]]:
            client.known["list_tag"] = self.get(client, "/api/tasks")[0]["ETag"]
            client.known["feed_tag"] = self.get(client, "/calendar/{secret}.ics")[0]["ETag"]
            client.known["next"] = json.loads(self.get(client, "/api/sync")[1])["next"]

    def get(self, client: Client, path: str) -> tuple[Any, bytes]:
        request = self.request(Operation("", "GET", path), client, 0, random.Random(1))
        response, content = send(self.contender.address, request)
        assert response.status == 200, content
        return response.headers, content


def run_wrk(url: str, requests: Path, connections: int, seconds: float) -> dict[str, Any]:
    """Sends the requests of a file. Gives what `done()` in requests.lua reports."""
    command = ["wrk", "--threads", str(THREADS), "--connections", str(connections)]
    command += ["--duration", f"{round(seconds)}s", "--timeout", "30s"]
    command += ["--script", str(ROOT / "benchmarks" / "requests.lua"), url, "--", str(requests)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    seen: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return seen


def send(address: str, request: bytes) -> tuple[http.client.HTTPResponse, bytes]:
    parts = urlsplit(f"//{address}")
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response, response.read()


def loads(contenders: list[Contender], known: Path, folder: Path) -> dict[str, Load]:
    """A load for each contender, of the clients that tokens.py wrote to the file `known`."""
    lines = [json.loads(line) for line in known.read_text().splitlines()]
    found = {}
    for contender in contenders:
        clients = [
            Client(
                line["tokens"][contender.kind],
                line["ids"],
                line["repeating"],
                {"secret": line["secret"]},
            )
            for line in lines
        ]
        found[contender.name] = Load(contender, clients, folder)
    return found


def check(loads: list[Load], operation: Operation) -> None:
    """Ends the run unless all contenders give equal, complete answers."""
    for n in (0, 1):
        answers = [ask(load, operation, n) for load in loads]
        assert {status for status, _ in answers} == {operation.status}, (operation.name, answers)
        if operation.against:
            continue
        found = [essence(operation, json.loads(content)) for _, content in answers]
        assert all(each == found[0] for each in found), (operation.name, found)
        assert operation.name != LIST or found[0][-1] == 100, found


def ask(load: Load, operation: Operation, n: int) -> tuple[int, bytes]:
    """Sends one request of the load for a user. Random numbers are the same for all contenders."""
    client = load.clients[CROWDS[operation.crowd]][n]
    request = load.request(operation, client, 0, random.Random(1))
    response, content = send(load.contender.address, request)
    return response.status, content


def essence(operation: Operation, answer: Any) -> Any:
    """The part of an answer that must be equal. The order within a day and new ids may differ."""
    tasks = answer if isinstance(answer, list) else [answer]
    order = "due_date" if "sort=due_date" in operation.path else "created_at"
    days = [str(task[order])[:10] for task in tasks]
    found = [(t["title"], t["description"], t["completed"], str(t["due_date"])[:10]) for t in tasks]
    return days, sorted(found), len(tasks)
