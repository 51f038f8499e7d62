"""Conditional requests (RFC 9110, section 13): clients do not overwrite changes of others."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.utils.http import parse_etags
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from .owned import make_tag
from .renderers import as_json


class PreconditionFailed(APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition_failed"
    default_detail = "The object has changed since you fetched it. Fetch it again and retry."
    members: dict[str, Any] = {}  # added to the members of every problem


class MergeConflict(PreconditionFailed):
    """Reports which of the sent members have changed, and the current object."""

    def __init__(self, current: Any, conflicts: list[str]) -> None:
        super().__init__(
            f"These members have changed since you fetched them: {', '.join(conflicts)}."
        )
        self.members = {"current": current, "conflicts": conflicts}


class ETagMixin:
    """For views of objects that have an `etag`.

    Responses with one object have its `ETag`. A GET whose `If-None-Match` lists it gets a 304. A
    write is checked when the object is found, before the body is validated. After that the object
    is locked, or a change of it starts the write again. Who may not see it gets a 404 first.

    A stale PATCH with `Prefer: handling=lenient` (RFC 7240) is merged if none of the members that
    it sets has changed since, nor a member that they depend on (`Owned.depends`).
    """

    request: Any
    merge_base: int | None = None  # the revision on which a stale PATCH is based

    @cached_property
    def columns(self) -> list[str]:
        """Those of the view, if the `ETag` can be made of them."""
        view: Any = super()
        columns: list[str] = view.columns
        return columns if {"id", "revision"} <= {*columns} else []

    def get_object(self) -> Any:
        view: Any = super()
        found = view.get_object()
        if self.request.method not in SAFE_METHODS:
            self.merge_base = None  # an optimistic write may start again
            expected = self.request.headers.get("If-Match", self.tag_in_form())
            unexpected = self.request.headers.get("If-None-Match")
            if expected is not None and not matches(expected, found.etag):
                self.merge_base = self.find_merge_base(expected, found)
            if unexpected is not None and matches(unexpected, found.etag):
                raise PreconditionFailed()
        return found

    def find_merge_base(self, header: str, found: Any) -> int:
        """The newest revision of this object in the header. Raises `PreconditionFailed`."""
        known = [tag.removeprefix("W/").strip('"').split("-") for tag in parse_etags(header)]
        revisions = [
            int(revision)
            for pk, revision in (parts for parts in known if len(parts) == 2)
            if pk == str(found.pk) and re.fullmatch("[0-9]{1,19}", revision)
        ]
        base = max((one for one in revisions if one < found.revision), default=None)
        if base is None or self.request.method != "PATCH" or not prefers_merging(self.request):
            raise PreconditionFailed()
        return base

    def refuse_conflicts(self, serializer: Any, names: Iterable[str]) -> None:
        """Raises `MergeConflict` if one of these members has changed since a stale PATCH's base.

        The serializer represents the object.
        """
        if self.merge_base is None:
            return
        current = serializer.instance
        conflicts = [name for name in names if has_changed(current, name, self.merge_base)]
        if conflicts:
            raise MergeConflict(as_json(serializer.to_representation(current)), conflicts)

    def perform_update(self, serializer: Any) -> None:
        self.refuse_conflicts(serializer, serializer.validated_data)
        view: Any = super()
        view.perform_update(serializer)

    def tag_in_form(self) -> str | None:
        """The tag in the hidden field of a form: the browsable API cannot send headers."""
        if "form" not in (self.request.content_type or ""):
            return None
        form: Any = self.request.data
        return str(form["etag"]) if "etag" in form else None  # a file gives its name

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        etag = represented_tag(response.data)
        # A tag identifies one representation, so HTML pages of the object have none.
        if etag and not response.exception and request.accepted_renderer.format == "json":
            known = request.headers.get("If-None-Match", "")
            if request.method in ("GET", "HEAD") and matches(known, etag):
                response = Response(status=status.HTTP_304_NOT_MODIFIED)
            response["ETag"] = etag
        if self.merge_base is not None and not response.exception:
            response["Preference-Applied"] = "handling=lenient"
        view: Any = super()
        finalized: Response = view.finalize_response(request, response, *args, **kwargs)
        return finalized


def represented_tag(data: Any) -> str | None:
    """The `ETag` of the object that a serializer has represented, if it has one."""
    represented = getattr(getattr(data, "serializer", None), "instance", None)
    if isinstance(represented, tuple):
        return make_tag(data["id"], data["revision"])
    return getattr(represented, "etag", None)


def has_changed(one: Any, name: str, base: int) -> bool:
    """True if a write after this revision has changed a member, or one that it depends on."""
    names = [name, *one.depends.get(name, [])]
    return any(one.member_revisions.get(each, 0) > base for each in names)


def prefers_merging(request: Request) -> bool:
    """True if `Prefer` has `handling=lenient`. Only the first `handling` counts."""
    preferences = [part.split(";")[0] for part in request.headers.get("Prefer", "").split(",")]
    pairs = [re.sub(r'[\s"]', "", one).lower().partition("=") for one in preferences]
    return next((value for name, _, value in pairs if name == "handling"), "") == "lenient"


def matches(header: str, etag: str) -> bool:
    """True if the header lists this ETag or is `*`.

    Our tags are strong, but proxies that compress responses make them weak. So `W/` is ignored.
    """
    return any(known in ("*", etag, f"W/{etag}") for known in parse_etags(header))
