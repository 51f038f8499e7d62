"""A load with a fixed rate: requests have planned times, whether earlier ones are answered or not.

A latency is the time from the planned time to the end of the response. So a server that stops for a
second makes all requests of that second late, not only those that were already sent. Connections
are persistent. A request for which none is free waits, and the wait is part of its latency.
"""

import gc
import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from contenders import Contender

CONNECTIONS = 100
PATIENCE = 30  # seconds after the last planned time
MOST_LATE = 10  # ms; if the p99 of the delays by the generator is above it, the result is void
MOST_BUSY = 0.5  # of a processor; above it, the generator may read responses late
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Connection:
    def __init__(self, address: str) -> None:
        host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.free_since = self.planned = 0.0

    def send(self, request: bytes, planned: float) -> None:
        self.planned, self.head, self.missing = planned, b"", -1
        assert self.socket.send(request) == len(request)

    def receive(self) -> bool:
        """Reads what has arrived. True if the response is complete."""
        content = self.socket.recv(2**18)
        assert content, "the server closed a connection"
        if self.missing >= 0:
            self.missing -= len(content)
        else:
            self.head += content
            self.read_head()
        return self.missing == 0

    def read_head(self) -> None:
        head, end, rest = self.head.partition(b"\r\n\r\n")
        if end:
            self.status = int(head[9:12])
            length = LENGTH.search(head)
            expected = int(length[1]) if length and self.status != 304 else 0
            self.missing = expected - len(rest)


@dataclass
class Arrivals:
    """The result of a load. Times are in milliseconds, the two shares are of the elapsed time."""

    rate: float
    latencies: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)  # of sending, by the generator itself
    errors: int = 0
    own_share: float = 0.0  # the processor time of the generator
    server_share: float = 0.0  # the processor time of the server, without the database

    @property
    def is_valid(self) -> bool:
        """True if the generator kept its schedule and had processor time to spare."""
        return self.late <= MOST_LATE and self.own_share <= MOST_BUSY

    @property
    def late(self) -> float:
        return percentile(self.delays, 99)

    def p(self, number: int) -> float:
        return percentile(self.latencies, number)


def percentile(values: list[float], number: int) -> float:
    if len(values) < 2:
        return float("inf")
    return quantiles(values, n=100, method="inclusive")[number - 1]


class Generator:
    def __init__(self, requests: list[bytes], status: int, rate: float, seconds: float) -> None:
        self.requests, self.status, self.rate = requests, status, rate
        self.total, self.sent = int(rate * seconds), 0
        self.free: deque[Connection] = deque()
        self.seen = Arrivals(rate)

    def run(self, contender: Contender) -> Arrivals:
        used, own = contender.processor_time(), time.process_time()
        with selectors.DefaultSelector() as selector, no_garbage_collection():
            connections = [Connection(contender.address) for _ in range(CONNECTIONS)]
            for connection in connections:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            self.start = time.perf_counter()
            self.free.extend(connections)
            self.loop(selector)
            elapsed = time.perf_counter() - self.start
            for connection in connections:
                connection.socket.close()
        self.seen.own_share = (time.process_time() - own) / elapsed
        self.seen.server_share = (contender.processor_time() - used) / elapsed
        return self.seen

    def loop(self, selector: selectors.BaseSelector) -> None:
        until = self.planned(self.total) + PATIENCE
        while len(self.seen.latencies) < self.total:
            now = self.send_due()
            if now > until:
                self.seen.errors += self.total - len(self.seen.latencies)
                return
            waits = self.free and self.sent < self.total
            for key, _ in selector.select(self.planned(self.sent) - now if waits else 1):
                if key.data.receive():
                    self.finish(key.data)
                    self.send_due()

    def planned(self, number: int) -> float:
        return self.start + number / self.rate

    def send_due(self) -> float:
        """Sends the requests whose time has come. Gives the time."""
        now = time.perf_counter()
        while self.sent < self.total and self.free and self.planned(self.sent) <= now:
            connection, planned = self.free.popleft(), self.planned(self.sent)
            connection.send(self.requests[self.sent % len(self.requests)], planned)
            self.seen.delays.append((now - max(planned, connection.free_since)) * 1000)
            self.sent += 1
            now = time.perf_counter()
        return now

    def finish(self, connection: Connection) -> None:
        connection.free_since = time.perf_counter()
        self.free.append(connection)
        self.seen.latencies.append((connection.free_since - connection.planned) * 1000)
        self.seen.errors += connection.status != self.status


@contextmanager
def no_garbage_collection() -> Iterator[Any]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
