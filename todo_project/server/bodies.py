"""What must be settled before Django makes a request of a message, as Django gets it wrong.

A body without a length, sent in chunks, would be read as empty and a change answered with a 200
that saved nothing; one that is cut short would be read as far as it goes; and `charset` is
believed even for the query string, where `hex` and the like fail outside of every handler.
"""

import io
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

from todo_project.api.problems import problem_response

REFUSAL = "todo_project.refusal"


class Edge:
    """WSGI middleware (PEP 3333) that reads a body whole and notes what is to be refused.

    It leaves the answer to `refuse_at_the_edge`, so that a refusal has the headers of any other.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body, refusal = read_body(environ)
        refusal = refuse_encoding(environ) or refusal
        if refusal:
            environ[REFUSAL] = refusal
            environ["CONTENT_TYPE"], body = "", b""
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        return self.application(environ, start_response)


Refusal = tuple[int, str, str]


def read_body(environ: dict[str, Any]) -> tuple[bytes, Refusal | None]:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if "HTTP_TRANSFER_ENCODING" in environ:
        # The server ends a stream of chunks that breaks off as it ends one that is complete.
        drain(environ["wsgi.input"])
        return b"", (411, "length_required", "Send the body with its Content-Length.")
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()):
        return b"", (400, "bad_length", "The length of the body is not a number.")
    if int(length) > limit:
        drain(environ["wsgi.input"])
        return b"", (413, "too_large", f"The body has more than {limit} bytes.")
    body = environ["wsgi.input"].read(int(length))
    if len(body) < int(length):
        return b"", (400, "body_cut_short", "The body is shorter than its length says.")
    return body, None


def drain(stream: Any) -> None:
    """Read on for 16 MiB: a client that still sends when the connection closes hears no answer."""
    for _ in range(256):
        if not stream.read(2**16):
            break


def refuse_encoding(environ: dict[str, Any]) -> Refusal | None:
    codings = {one.strip() for one in environ.get("HTTP_CONTENT_ENCODING", "").lower().split(",")}
    if codings - {"", "identity"}:  # an empty element counts for nothing (RFC 9110, section 5.6.1)
        return 415, "unsupported_content_encoding", "Send the body as it is, without an encoding."
    try:  # with the parser that Django goes by, or the two could differ
        _, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
    except ValueError:
        parameters = {"charset": "unreadable"}
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        return 415, "unsupported_charset", "Send the body in UTF-8."
    return None


def refuse_at_the_edge(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        if refusal := request.META.get(REFUSAL):
            return problem_response(*refusal)
        return get_response(request)

    return middleware
