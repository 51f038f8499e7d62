"""Conditional requests (RFC 9110, section 13): nobody overwrites a change they have not seen."""

from typing import Any

from django.utils.http import parse_etags
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response


class PreconditionFailed(APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition_failed"
    default_detail = "It has changed since. Read it again."


class ETagMixin:
    """For views of objects that have an `etag`.

    Answers about one object carry its `ETag`; a GET that knows it is answered 304. A write is
    checked as soon as the object is found, which is under the lock on its row, and before what
    was sent is looked at; whoever may not see the object is told 404 before that.
    """

    request: Any

    def get_object(self) -> Any:
        view: Any = super()
        found = view.get_object()
        if self.request.method not in SAFE_METHODS:
            expected = self.request.headers.get("If-Match", self.tag_in_form())
            unexpected = self.request.headers.get("If-None-Match")
            if expected is not None and not matches(expected, found.etag):
                raise PreconditionFailed()
            if unexpected is not None and matches(unexpected, found.etag):
                raise PreconditionFailed()
        return found

    def tag_in_form(self) -> str | None:
        """A form of the browsable API has no header for it, but a hidden field."""
        if "form" not in (self.request.content_type or ""):
            return None
        form: Any = self.request.data
        return str(form["etag"]) if "etag" in form else None  # or the name of a file

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        instance = getattr(getattr(response.data, "serializer", None), "instance", None)
        etag = getattr(instance, "etag", None)
        # A tag is of one representation: the browsable page of the object has none.
        if etag and not response.exception and request.accepted_renderer.format == "json":
            known = request.headers.get("If-None-Match", "")
            if request.method in ("GET", "HEAD") and matches(known, etag):
                response = Response(status=status.HTTP_304_NOT_MODIFIED)
            response["ETag"] = etag
        view: Any = super()
        finalized: Response = view.finalize_response(request, response, *args, **kwargs)
        return finalized


def matches(header: str, etag: str) -> bool:
    """Whether a list of entity tags has this one, or is `*`.

    Ours are strong, but a proxy that compresses answers makes weak ones of them: a `W/` before
    the tag is not held against it.
    """
    return any(known in ("*", etag, f"W/{etag}") for known in parse_etags(header))
