"""What nginx itself refuses is told as the API tells it, and its configuration holds with TLS too.

A body that is a little too large is left to the API. A flood from one address, headers out of
measure, probes from elsewhere and servers that are gone are nginx's: problem documents each.
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .client import Call, Client, sign_up
from .components import Nginx, Server
from .stage import Stage, must

MIB = 2**20


def run(short: bool) -> str:
    with Stage() as stage:
        server = Server(stage, TRUSTED_PROXIES="1")
        server.start()
        nginx = Nginx(stage, server, server)
        token = sign_up(nginx.port)
        told = [expect(*case) for case in refusals(nginx, token)]
        told.append(flood(nginx, token))
        server.stop()
        gone = Client(nginx.port, token, "127.0.0.4").call("POST", "/api/tasks", {"title": "x"})
        told.append(expect(gone, 502, "server_unavailable"))
        with_tls(nginx)
    return f"told as problems: {', '.join(map(str, told))}; valid with TLS"


def refusals(nginx: Nginx, token: str) -> list[tuple[Call, int, str]]:
    def call(method: str, path: str, body: Any = None, **headers: str) -> Call:
        return Client(nginx.port, token, "127.0.0.2").call(method, path, body, **headers)

    return [
        (call("POST", "/api/tasks", {"title": "x" * 2 * MIB}), 413, "too_large"),
        (call("POST", "/api/tasks", {"title": "x" * 5 * MIB}), 413, "too_large"),
        (call("GET", "/api/tasks", X_Large="x" * 20_000), 431, "headers_too_large"),
        (call("GET", "/ready"), 403, "permission_denied"),
        (call("GET", "/metrics/"), 403, "permission_denied"),
    ]


def expect(call: Call, status: int, code: str) -> int:
    what = f"{call.method} {call.path}: {call.status} {call.error} {call.content[:200]!r}"
    must(call.status == status and call.is_problem(), f"{what}, not a {status}")
    must((call.json()["status"], call.json()["code"]) == (status, code), f"{what}, not {code}")
    must(status not in (429, 502, 503) or call.headers["Retry-After"], f"{what}: when to retry")
    return status


def flood(nginx: Nginx, token: str) -> int:
    """More from one address than the limit and its burst let pass."""

    def ask(number: int) -> list[Call]:
        client = Client(nginx.port, "", "127.0.0.3")
        return [client.call("GET", "/health") for _ in range(150)]

    with ThreadPoolExecutor(8) as pool:
        calls = [call for part in pool.map(ask, range(8)) for call in part]
    refused = [call for call in calls if call.status == 429]
    must(refused, "a flood from one address was let through")
    other = Client(nginx.port, token, "127.0.0.5").call("GET", "/api/tasks")
    must(other.status == 200, f"another address is answered {other.status} in a flood")
    return expect(refused[0], 429, "throttled")


def with_tls(nginx: Nginx) -> None:
    """The lines that are commented out, with a certificate of our own."""
    conf = nginx.folder / "nginx.conf"
    plain = f"listen 127.0.0.1:{nginx.port} default_server;"
    text = conf.read_text().replace(plain, "", 1).replace("#tls ", "")
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
