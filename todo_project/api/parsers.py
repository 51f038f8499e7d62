"""Parsers for request bodies: one strict JSON object, or a form of the browsable API."""

import json
from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser, FormParser, MultiPartParser
from rest_framework.renderers import JSONRenderer


class StrictJSONParser(BaseParser):
    """Parses I-JSON (RFC 7493, a subset of RFC 8259) whose top level is an object.

    Rejects with a 400: encodings other than UTF-8, NaN and infinite numbers, lone surrogates,
    repeated member names, more than 254 levels of nesting, any top level other than an object.
    """

    media_type = "application/json"
    renderer_class = JSONRenderer  # for the browsable API's raw data form

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        body = stream.read()
        try:
            data = orjson.loads(body)
            orjson.dumps(data)  # rejects more than 254 levels
            json.loads(body, object_pairs_hook=refuse_repeated_names)
        except (RecursionError, TypeError, ValueError) as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from error
        if not isinstance(data, dict):
            raise ParseError("The body must be a JSON object.")
        return data


def refuse_repeated_names(pairs: list[tuple[str, Any]]) -> None:
    """Raises `ValueError` for a repeated name, because parsers disagree on which value counts."""
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a member name is repeated")


class SessionFormMixin:
    """Accepts forms from the browsable API only.

    Browsers send forms to other sites without asking. So only requests with a session, which
    pass the CSRF check, may send forms. Bearer clients and anonymous requests (such as a
    sign-in) must send JSON.
    """

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        request = (parser_context or {})["request"]
        # Do not read `request.user` here: the session's CSRF check itself reads the form.
        by_session = any(isinstance(one, SessionAuthentication) for one in request.authenticators)
        scheme = request.headers.get("Authorization", "").partition(" ")[0]
        if not by_session or scheme.lower() == "bearer":
            raise UnsupportedMediaType(media_type or "")
        parser: Any = super()  # the parser class that follows this mixin
        return parser.parse(stream, media_type, parser_context)


class SessionFormParser(SessionFormMixin, FormParser):
    pass


class SessionMultiPartParser(SessionFormMixin, MultiPartParser):
    pass
