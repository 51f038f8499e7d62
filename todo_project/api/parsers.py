"""What a request body may be: one strict JSON object, or a form from the browsable API."""

import json
from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser, FormParser, MultiPartParser
from rest_framework.renderers import JSONRenderer


class StrictJSONParser(BaseParser):
    """RFC 8259 as I-JSON (RFC 7493) narrows it, an object at the top.

    Refused with a 400: other encodings than UTF-8, NaN and infinite numbers, lone surrogates,
    repeated member names, more than 254 levels of nesting, anything but an object.
    """

    media_type = "application/json"
    renderer_class = JSONRenderer  # the browsable API's raw data form asks for it

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        body = stream.read()
        try:
            data = orjson.loads(body)
            orjson.dumps(data)  # which bounds the depth, at 254 levels
            json.loads(body, object_pairs_hook=refuse_repeated_names)
        except (RecursionError, TypeError, ValueError) as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from error
        if not isinstance(data, dict):
            raise ParseError("The body must be a JSON object.")
        return data


def refuse_repeated_names(pairs: list[tuple[str, Any]]) -> None:
    """Which of two members of one name counts is up to the reader, so a body has no such pair."""
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a member name is repeated")


class SessionFormMixin:
    """Forms are for the browsable API only.

    A browser sends forms across sites without asking, so only a session, which is behind the
    CSRF check, may use them; bearer clients and anonymous calls (sign-in above all) send JSON.
    """

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        request = (parser_context or {})["request"]
        # Who signed in cannot be asked: the session's CSRF check itself reads the form.
        by_session = any(isinstance(one, SessionAuthentication) for one in request.authenticators)
        scheme = request.headers.get("Authorization", "").partition(" ")[0]
        if not by_session or scheme.lower() == "bearer":
            raise UnsupportedMediaType(media_type or "")
        parser: Any = super()  # of the class that this is mixed into
        return parser.parse(stream, media_type, parser_context)


class SessionFormParser(SessionFormMixin, FormParser):
    pass


class SessionMultiPartParser(SessionFormMixin, MultiPartParser):
    pass
