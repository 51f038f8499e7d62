"""400 clients send one byte per second through nginx, 200 in the header and 200 in the body.

The p99 of a normal client stays below a second: slow clients use connections of nginx, but no
thread of the server.
"""

import socket
import threading
import time
from contextlib import suppress
from typing import Any

from .client import sign_up
from .components import Nginx, Server
from .load import PAUSE, Load, percentile
from .stage import Stage, must

EACH = 200
HEAD = b"POST /api/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\n"
FULL = HEAD + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
STARTS = {"header": HEAD + b"X-Slow: ", "body": FULL + b'{"title": "'}


class Crowd(threading.Thread):
    """Slow clients. A client that is disconnected connects again."""

    def __init__(self, port: int, start: bytes, number: int) -> None:
        super().__init__(daemon=True)
        self.port, self.start_of_request = port, start
        self.over = threading.Event()
        self.connections = [self.connect(n) for n in range(number)]
        self.cut = 0

    def connect(self, number: int) -> socket.socket:
        own = f"127.0.{1 + number % 2}.{1 + number // 2}"  # different, so no limit applies
        connection = socket.create_connection(("127.0.0.1", self.port), 5, (own, 0))
        connection.sendall(self.start_of_request)
        connection.setblocking(False)
        return connection

    def run(self) -> None:
        while not self.over.wait(1):
            for number, connection in enumerate(self.connections):
                if not is_open(connection):
                    connection.close()
                    self.connections[number] = self.connect(number)
                    self.cut += 1

    def __enter__(self) -> "Crowd":
        self.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.over.set()
        self.join()
        for connection in self.connections:
            connection.close()


def is_open(connection: socket.socket) -> bool:
    """Sends a byte if the connection is open and has no response yet. True if it was sent."""
    with suppress(BlockingIOError):
        try:
            connection.recv(1)
        except BlockingIOError:
            connection.sendall(b"a")
            return True
        except OSError:
            return False
    return False


def run(short: bool) -> str:
    with Stage() as stage:
        server = Server(stage, TRUSTED_PROXIES="1")
        server.start()
        nginx = Nginx(stage, server, server)
        token = sign_up(nginx.port)
        alone = measure(nginx.port, token, 3)
        slow = [Crowd(nginx.port, start, EACH) for start in STARTS.values()]
        with slow[0], slow[1]:
            time.sleep(1)
            among = measure(nginx.port, token, 5 if short else 30)
            held = sum(is_open(one) for crowd in slow for one in crowd.connections)
    must(held > 1.5 * EACH, f"only {held} slow connections were open")
    must(percentile(among.calls) < 1, f"p99 is {percentile(among.calls):.2f} s")
    before, during = percentile(alone.calls) * 1000, percentile(among.calls) * 1000
    cut = sum(crowd.cut for crowd in slow)
    return (
        f"{2 * EACH} slow clients ({cut} reconnected): p99 of {len(among.calls)} calls is "
        f"{during:.0f} ms, without them {before:.0f} ms"
    )


def measure(port: int, token: str, seconds: float) -> Load:
    with Load(port, token, 4, reads=0.8, pause=PAUSE, name=f"for {seconds} s") as load:
        time.sleep(seconds)
    load.only()
    return load
