"""Many clients send the requests that need the most memory: no worker reaches WORKER_MAX_MIB.

An account has 200 tasks with descriptions of maximum length. HTML escapes each of their characters
as four. Clients read the list as JSON and as a page, and send invalid bodies of a megabyte, to get
an error as JSON and as a page.
"""

import threading
import time
from typing import Any

from .client import Client, sign_up
from .components import Server
from .databases import Postgres
from .processes import memory
from .stage import Stage, must

CLIENTS = 16
LIMIT = 250  # MiB; by default a worker is replaced at 300
LIST, BODY = "/api/tasks?page_size=200", {"title": "<" * 1_000_000}
CALLS = [
    ("GET", LIST, None, "application/json"),
    ("GET", LIST, None, "text/html"),
    ("POST", "/api/tasks", BODY, "text/html"),
    ("POST", "/api/auth/login", BODY, "application/json"),
]


def run(short: bool) -> str:
    with Stage() as stage:
        server = Server(stage, DATABASE_URL=Postgres(stage).url(), WORKERS="2")
        server.start()
        token = sign_up(server.port)
        fill(server.port, token)
        before = max(memory(server).values())
        over = threading.Event()
        clients = [RepeatingClient(server.port, token, CALLS[n % 4], over) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        peak = watch(server, 15 if short else 60)
        over.set()
        for client in clients:
            client.join()
    answers = sum(client.count for client in clients)
    figures = f"{answers} answers; {before:.0f} MiB before, {peak:.0f} MiB at most"
    must(peak <= LIMIT, figures)
    return figures


def fill(port: int, token: str) -> None:
    client = Client(port, token)
    for n in range(200):
        task = {"title": f"Task {n}", "description": "<" * 10_000}
        must(client.call("POST", "/api/tasks", task).status == 201, "a task was not created")


def watch(server: Server, seconds: float) -> float:
    """The peak memory, in MiB, of the server's processes in this time."""
    until, peak = time.monotonic() + seconds, 0.0
    while time.monotonic() < until:
        peak = max(peak, *memory(server).values())
        time.sleep(0.05)
    return peak


class RepeatingClient(threading.Thread):
    """A client that repeats one call and counts the responses."""

    def __init__(
        self, port: int, token: str, call: tuple[str, str, Any, str], over: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self.client, self.request, self.over, self.count = Client(port, token), call, over, 0

    def run(self) -> None:
        method, path, body, accept = self.request
        while not self.over.is_set():
            call = self.client.call(method, path, body, Accept=accept)
            self.count += call.status in (200, 400)
