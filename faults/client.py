"""A client of the API that never repeats a request.

Like every client, it reconnects if the server closed the connection between two requests.
"""

import http.client
import json
import select
import time
from dataclasses import dataclass
from typing import Any

from .stage import must

ACCOUNT = {"email": "ann@example.com", "password": "correct horse battery"}
NO_ANSWER = 0


@dataclass(slots=True)
class Call:
    """A request and its result. Times are from `time.monotonic()`."""

    method: str
    path: str
    at: float
    seconds: float = 0.0
    status: int = NO_ANSWER
    headers: Any = None
    content: bytes = b""
    error: str = ""

    @property
    def end(self) -> float:
        return self.at + self.seconds

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        return json.loads(self.content)

    def is_problem(self) -> bool:
        """True for a complete problem document, with `Retry-After` if the status needs it."""
        if self.headers["Content-Type"] != "application/problem+json":
            return False
        wait = self.headers.get("Retry-After", "")
        members = {"type", "title", "status", "code", "detail"} <= set(self.json())
        return members and (wait.isdecimal() or self.status not in (429, 503))


class Client:
    """One keep-alive connection from a loopback address."""

    def __init__(self, port: int, token: str = "", address: str = "127.0.0.1") -> None:
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=60, source_address=(address, 0)
        )
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Call:
        """A body that is a text is sent as a form, bytes as they are, any other as JSON."""
        self.leave_if_closed()
        call = Call(method, path, time.monotonic())
        form = isinstance(body, str)
        data = body
        if body is not None and not isinstance(body, bytes):
            data = (body if form else json.dumps(body)).encode()
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        typed = {"Content-Type": kind} if data is not None else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self.connection.request(method, path, data, {**self.headers, **typed, **named})
            response = self.connection.getresponse()
            call.content = response.read()
            call.status, call.headers = response.status, response.headers
        except (OSError, http.client.HTTPException) as error:
            call.error = f"{type(error).__name__}: {error}"
            self.connection.close()
        call.seconds = time.monotonic() - call.at
        return call

    def leave_if_closed(self) -> None:
        sock = self.connection.sock
        if sock and select.select([sock], [], [], 0)[0]:
            self.connection.close()


def log_in(port: int, **account: str) -> dict[str, str]:
    """The tokens of a new sign-in."""
    call = Client(port).call("POST", "/api/auth/login", ACCOUNT | account)
    must(call.status == 200, f"log in: {call.status} {call.error} {call.content!r}")
    tokens: dict[str, str] = call.json()
    return tokens


def sign_up(port: int, **account: str) -> str:
    """The access token of a new account."""
    call = Client(port).call("POST", "/api/auth/register", ACCOUNT | account)
    must(call.status == 201, f"register: {call.status} {call.error} {call.content!r}")
    return log_in(port, **account)["access"]
