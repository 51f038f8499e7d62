"""Checks of request bodies that must run before Django, which handles three cases wrongly.

Django reads a chunked body without a length as empty, so a PATCH would answer 200 and save
nothing. It accepts the part of a truncated body that arrived. And it decodes the query string with
the `charset` of the body; a charset such as `hex` then fails outside every error handler.
"""

import io
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

from todo_project.api.problems import problem_response

REFUSAL = "todo_project.refusal"


class BodyReader:
    """WSGI middleware (PEP 3333) that reads the whole body and records a refusal, if any.

    `send_refusal` sends the response, so that it gets the headers of every other response.
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
    path = environ.get("PATH_INFO", "").rstrip("/")
    limit = settings.LARGER_BODIES.get(path, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    if "HTTP_TRANSFER_ENCODING" in environ:
        # The server ends a truncated chunked body in the same way as a complete one.
        drain(environ["wsgi.input"])
        return b"", (411, "length_required", "Send a Content-Length with the body.")
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()):
        return b"", (400, "bad_length", "Content-Length is not a number.")
    if int(length) > limit:
        drain(environ["wsgi.input"])
        return b"", (413, "too_large", f"The body is larger than {limit} bytes.")
    body = environ["wsgi.input"].read(int(length))
    if len(body) < int(length):
        return b"", (400, "body_cut_short", "The body is shorter than Content-Length.")
    return body, None


def drain(stream: Any) -> None:
    """Reads up to 16 MiB. A client that is still sending would not receive the response."""
    for _ in range(256):
        if not stream.read(2**16):
            break


def refuse_encoding(environ: dict[str, Any]) -> Refusal | None:
    codings = {one.strip() for one in environ.get("HTTP_CONTENT_ENCODING", "").lower().split(",")}
    if codings - {"", "identity"}:  # empty list elements are ignored (RFC 9110, section 5.6.1)
        return 415, "unsupported_content_encoding", "Send the body without a Content-Encoding."
    try:  # uses Django's parser, as another one could give other results
        _, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
    except ValueError:
        parameters = {"charset": "unreadable"}
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        return 415, "unsupported_charset", "Send the body in UTF-8."
    return None


def send_refusal(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        if refusal := request.META.get(REFUSAL):
            return problem_response(*refusal)
        return get_response(request)

    return middleware
