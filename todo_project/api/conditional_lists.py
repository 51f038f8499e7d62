"""`ETag` on lists: to poll one that has not changed costs the look-up of the caller alone."""

import hashlib
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from .preconditions import matches

# What `Link` is made of, as the web server and proxies tell it.
URL = ["wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO", "HTTP_HOST", "PATH_INFO", "QUERY_STRING"]


class ConditionalListMixin:
    """For the list of an `OwnedViewSet`.

    The tag is made of the caller's revision, which every write of what they own changes. It is
    read before the rows are, so a tag may be older than its list, but is never newer.
    """

    request: Any

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        view: Any = super()
        etag = self.list_tag()
        known = request.META.get("HTTP_IF_NONE_MATCH")
        if etag and known and matches(known, etag):
            view.filter_queryset(view.get_queryset())  # refuses what the list refuses
            view.paginator.read(request)
            response = Response(status=304)
        else:
            response = view.list(request, *args, **kwargs)
        if etag:
            response["ETag"] = etag
        return response

    def list_tag(self) -> str | None:
        """None for a list that depends on the minute, and for a page of the browsable API."""
        view: Any = self
        variant = self.list_variant()
        if variant is None or self.request.accepted_renderer.format != "json":
            return None
        return make_state_tag(self.request, variant, view.serializer_class.Meta.fields)

    def list_variant(self) -> str | None:
        """What the list depends on beside the caller and the URL; None if it is the time."""
        return ""


def make_state_tag(request: Any, *parts: Any) -> str:
    """The `ETag` of an answer that depends on what the caller owns, the URL and these parts.

    One of them should be the names of the fields, as another release may have others.
    """
    user = request.user
    state = [
        user.pk,
        user.sync_epoch,
        user.revision,
        *(request.META.get(name) for name in URL),
        request.accepted_media_type,
        *parts,
    ]
    return f'"{hashlib.sha256(repr(state).encode()).hexdigest()[:32]}"'
