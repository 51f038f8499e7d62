"""nginx sends its own errors in the API's format, and its configuration is also valid with TLS.

The API refuses a body that is slightly too large. nginx refuses a flood or many connections from
one client, too large headers, malformed paths, probes from other machines, and requests when no
server is available. Each of these errors is a problem document.
"""

import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

from .client import Call, Client, sign_up
from .components import Nginx, Server
from .stage import Stage, eventually, must

MIB = 2**20
CONNECTIONS = 100  # limit for one client in nginx.conf


def run(short: bool) -> str:
    with Stage() as stage:
        server = Server(stage, TRUSTED_PROXIES="1")
        server.start()
        nginx = Nginx(stage, server, server)
        token = sign_up(nginx.port)
        statuses = [expect(*case) for case in refusals(nginx, token)]
        statuses.append(flood(nginx, token))
        statuses.append(hold(nginx, token))
        statuses.append(flood_from_a_network(TrustingNginx(stage, server, server)))
        server.stop()
        gone = Client(nginx.port, token, "127.0.0.4").call("POST", "/api/tasks", {"title": "x"})
        statuses.append(expect(gone, 502, "server_unavailable"))
        check_tls(nginx)
    return f"problem documents: {', '.join(map(str, statuses))}; valid with TLS"


def refusals(nginx: Nginx, token: str) -> list[tuple[Call, int, str]]:
    def call(method: str, path: str, body: Any = None, **headers: str) -> Call:
        return Client(nginx.port, token, "127.0.0.2").call(method, path, body, **headers)

    return [
        (call("POST", "/api/tasks", {"title": "x" * 2 * MIB}), 413, "too_large"),
        (call("POST", "/api/tasks", {"title": "x" * 5 * MIB}), 413, "too_large"),
        (call("GET", "/api/tasks", X_Large="x" * 20_000), 431, "headers_too_large"),
        *(
            (call("GET", path), 400, "bad_request")
            for path in ("/ready%00", "/metrics/%00", "/api/tasks%00", "/api/tasks%")
        ),
        (call_bytes(nginx, b"/api/t\xe4sks"), 400, "bad_request"),
        (call("GET", "/ready"), 403, "permission_denied"),
        (call("GET", "/metrics/"), 403, "permission_denied"),
    ]


def call_bytes(nginx: Nginx, path: bytes) -> Call:
    """Requests a path that Python's HTTP client refuses to send."""
    call = Call("GET", repr(path), time.monotonic())
    with socket.create_connection(("127.0.0.1", nginx.port), 5) as connection:
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path)
        response = HTTPResponse(connection)
        response.begin()
        call.content = response.read()
    call.status, call.headers = response.status, response.headers
    return call


def expect(call: Call, status: int, code: str) -> int:
    what = f"{call.method} {call.path}: {call.status} {call.error} {call.content[:200]!r}"
    must(call.status == status and call.is_problem(), f"{what}, not a {status}")
    must((call.json()["status"], call.json()["code"]) == (status, code), f"{what}, not {code}")
    must(status not in (429, 502, 503) or call.headers["Retry-After"], f"{what}: no Retry-After")
    return status


def flood(nginx: Nginx, token: str) -> int:
    """Sends more requests from one address than the limit and its burst allow."""

    def ask(number: int) -> list[Call]:
        client = Client(nginx.port, "", "127.0.0.3")
        return [client.call("GET", "/health") for _ in range(150)]

    with ThreadPoolExecutor(8) as pool:
        calls = [call for part in pool.map(ask, range(8)) for call in part]
    refused = [call for call in calls if call.status == 429]
    must(refused, "a flood from one address was not limited")
    other = Client(nginx.port, token, "127.0.0.5").call("GET", "/api/tasks")
    must(other.status == 200, f"during the flood, another address got a {other.status}")
    return expect(refused[0], 429, "throttled")


def hold(nginx: Nginx, token: str) -> int:
    """Opens more connections than one client may have, each waiting for a body."""
    head = b"POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"

    def one_more() -> Call:
        return Client(nginx.port).call("GET", "/ready")  # no other limit applies to this path

    with ExitStack() as held:
        for _ in range(CONNECTIONS + 20):
            connection = socket.create_connection(("127.0.0.1", nginx.port), 5)
            held.enter_context(connection).sendall(head)
        eventually(lambda: one_more().status == 429, 5, "the limit of connections for one client")
        refused = one_more()
        other = Client(nginx.port, token, "127.0.0.7").call("GET", "/api/tasks")
    must(other.status == 200, f"during this, another client got a {other.status}")
    return expect(refused, 429, "throttled")


class TrustingNginx(Nginx):
    """Trusts the client address in a header, so that one client can simulate many."""

    def prepare(self) -> None:
        super().prepare()
        conf = self.folder / "nginx.conf"
        believe = "set_real_ip_from 127.0.0.1; real_ip_header X-Client; server_tokens off;"
        conf.write_text(conf.read_text().replace("server_tokens off;", believe, 1))


def flood_from_a_network(nginx: TrustingNginx) -> int:
    """Sends more requests than the limit, each from another address of one /64 network."""

    def ask(part: int) -> list[Call]:
        client = Client(nginx.port)
        addresses = [f"2001:db8:1:2::{part}:{number}" for number in range(150)]
        return [client.call("GET", "/health", X_Client=address) for address in addresses]

    with ThreadPoolExecutor(8) as pool:
        calls = [call for part in pool.map(ask, range(8)) for call in part]
    refused = [call for call in calls if call.status == 429]
    must(refused, "a flood from one network was not limited")
    other = Client(nginx.port).call("GET", "/health", X_Client="2001:db8:1:3::1")
    must(other.status == 200, f"during the flood, another network got a {other.status}")
    return expect(refused[0], 429, "throttled")


def check_tls(nginx: Nginx) -> None:
    """Enables the lines for TLS and checks the configuration with a self-signed certificate."""
    conf = nginx.folder / "nginx.conf"
    text = conf.read_text().replace("#tls ", "")
    for host in ("127.0.0.1", "[::1]"):
        text = text.replace(f"listen {host}:{nginx.port} default_server;", "", 1)
    tls = nginx.folder / "tls.conf"
    tls.write_text(
        text.replace("/etc/ssl/todo", str(nginx.folder)).replace("listen 443", "listen 18443")
    )
    make_certificate(nginx.folder)
    nginx.run("nginx", "-t", "-p", nginx.folder, "-c", tls, "-e", nginx.log)


def make_certificate(folder: Path) -> None:
    subject = ["-subj", "/CN=todo.example", "-days", "1", "-nodes", "-newkey", "rsa:2048"]
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    command = ["openssl", "req", "-x509", *subject, *files]
    subprocess.run(command, check=True, capture_output=True)
