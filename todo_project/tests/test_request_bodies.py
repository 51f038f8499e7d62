"""Bodies and framing, sent as bytes to a server that is started as in the README."""

import http.client
import io
import json
import socket
from contextlib import suppress

import pytest

from todo_project.server.bodies import REFUSAL, BodyReader

MIB = 2**20


@pytest.fixture(scope="module")
def exchange(server):
    """Sends bytes and gives the status, the headers and the JSON of the response."""
    host, port = server.removeprefix("http://").split(":")

    def send(*parts, shut=False):
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            for part in parts:
                connection.sendall(part)
            if shut:
                with suppress(OSError):  # the server may have closed it
                    connection.shutdown(socket.SHUT_WR)
            response = http.client.HTTPResponse(connection)
            try:
                response.begin()
                content, headers = response.read(), response.headers
            except (http.client.BadStatusLine, http.client.IncompleteRead, ConnectionError):
                return None  # the server noticed that the client closed the connection
        media_type = headers.get("Content-Type", "")
        return response.status, headers, json.loads(content) if "json" in media_type else content

    return send


@pytest.fixture(scope="module")
def token(exchange):
    body = b'{"email": "edge@example.com", "password": "correct horse battery"}'
    for path in ("register", "login"):
        status, _, answer = exchange(head("POST", f"/api/auth/{path}", body), body)
        assert status in (200, 201)
    return answer["access"]


def head(method, path, body=None, token=None, **headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    headers = {"content_type": "application/json", **headers}
    if body is not None:
        headers.setdefault("content_length", len(body))
    if token:
        headers["authorization"] = f"Bearer {token}"
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def chunked(*chunks):
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


@pytest.fixture
def task(exchange, token):
    body = b'{"title": "Buy milk"}'
    return exchange(head("POST", "/api/tasks", body, token), body)[2]


@pytest.mark.parametrize(
    "body",
    [
        chunked(b'{"title": ', b'"Buy ', b'oats"}'),
        chunked(b" " * 3 * MIB),
        b'11\r\n{"title":"trunc"}\r\nZZ\r\n',
        b'11\r\n{"title":"trunc"}\r\n',
        b"15\r\n",
        b"",
    ],
)
@pytest.mark.parametrize("path", ["", "/complete"])
def test_a_chunked_body_is_refused(exchange, token, task, body, path):
    """The server cannot distinguish a complete chunked body from a truncated one."""
    url = f"/api/tasks/{task['id']}"
    start = head("PATCH", url + path, token=token, transfer_encoding="chunked")

    answer = exchange(start, body, shut=True)

    assert answer is None or (answer[0], answer[2]["code"]) == (411, "length_required")
    unchanged = exchange(head("GET", url, token=token))[2]
    assert unchanged == task


def test_a_chunked_body_gets_the_411(exchange, token):
    start = head("POST", "/api/tasks", token=token, transfer_encoding="chunked")

    status, headers, problem = exchange(start, chunked(b'{"title": "Buy oats"}'))

    assert (status, problem["code"]) == (411, "length_required")
    assert headers["Content-Type"] == "application/problem+json"


def test_http_2_is_refused(exchange):
    answer = exchange(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", bytes(9), shut=True)

    assert answer is None or answer[0] >= 400


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "+5", "5, 5", "٣", " "])
def test_a_length_that_is_not_a_number_is_refused(length):
    environ = {"CONTENT_LENGTH": length, "wsgi.input": io.BytesIO(b"{}")}
    seen = {}

    BodyReader(lambda environ, _: seen.update(environ) or [b""])(environ, None)

    assert seen[REFUSAL][:2] == (400, "bad_length")
    assert (seen["CONTENT_LENGTH"], seen["wsgi.input"].read()) == ("0", b"")


@pytest.mark.parametrize("size", [MIB, 10 * MIB])
def test_a_body_over_the_limit_is_refused(exchange, token, size):
    body = b'{"title": "' + b"x" * size + b'"}'

    status, _, problem = exchange(head("POST", "/api/tasks", body, token), body)

    assert (status, problem["code"]) == (413, "too_large")


def test_a_body_at_the_limit_is_read(exchange, token):
    body = b'{"title": "Buy milk"}'.ljust(MIB)

    assert exchange(head("POST", "/api/tasks", body, token), body)[0] == 201


def test_a_truncated_body_changes_nothing(exchange, token, task):
    path = f"/api/tasks/{task['id']}"
    body = b'{"title": "Buy oats"}'
    start = head("PATCH", path, token=token, content_length=len(body) + 5)

    answer = exchange(start, body, shut=True)

    # The server may also close the connection without a response, because the client is gone.
    assert answer is None or answer[0] == 400
    assert exchange(head("GET", path, token=token))[2]["title"] == "Buy milk"


@pytest.mark.parametrize(
    "charset",
    ["hex", "bz2", "rot13", "undefined", "punycode", "utf-16", "latin-1", '""', "x"]
    + ["utf-8; charset=hex", "utf-8; charset*0=hex", "utf-8; x*=nope'en'y", "UTF-8; CHARSET=bz2"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_charset_is_refused(exchange, token, charset, method):
    body = b'{"title": "Buy milk"}' if method == "POST" else b""
    media_type = f"application/json; charset={charset}"
    path = "/api/tasks" if method == "POST" else "/api/tasks?status=all"

    status, _, problem = exchange(head(method, path, body, token, content_type=media_type), body)

    assert (status, problem["code"]) == (415, "unsupported_charset")


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_utf_8_is_read(exchange, token, charset):
    body = '{"title": "Käse kaufen"}'.encode()
    media_type = f"application/json; charset={charset}"

    status, _, task = exchange(
        head("POST", "/api/tasks", body, token, content_type=media_type), body
    )

    assert (status, task["title"]) == (201, "Käse kaufen")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity"])
def test_an_encoded_body_is_refused(exchange, token, encoding):
    body = b'{"title": "Buy milk"}'

    status, _, problem = exchange(
        head("POST", "/api/tasks", body, token, content_encoding=encoding), body
    )

    assert (status, problem["code"]) == (415, "unsupported_content_encoding")


@pytest.mark.parametrize("encoding", ["", ",", "identity", "Identity, "])
def test_identity_encoding_is_accepted(exchange, token, encoding):
    body = b'{"title": "Buy milk"}'

    status, _, task = exchange(
        head("POST", "/api/tasks", body, token, content_encoding=encoding), body
    )

    assert (status, task["title"]) == (201, "Buy milk")


def test_an_error_has_cors_headers(exchange, token):
    body = b"{}"
    origin = {"origin": "http://localhost:3000", "content_encoding": "gzip"}

    status, headers, _ = exchange(head("POST", "/api/tasks", body, token, **origin), body)

    assert status == 415
    assert headers["Access-Control-Allow-Origin"] == "http://localhost:3000"


def test_the_next_request_works(exchange, token):
    assert exchange(head("GET", "/api/tasks", token=token))[0] == 200
