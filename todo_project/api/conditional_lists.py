"""`ETag` on lists: polling an unchanged list costs one query, which looks up the caller."""

import hashlib
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from .preconditions import matches

# The parts of the URL that `Link` contains, from the web server and proxies.
URL = ["wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO", "HTTP_HOST", "PATH_INFO", "QUERY_STRING"]


class StateTagMixin:
    """For a view whose only GET, or whose list, has an `ETag` of `make_state_tag()`."""


class ConditionalListMixin(StateTagMixin):
    """For the list of an `OwnedViewSet`.

    The tag contains the caller's revision, which every write of the caller's objects changes.
    The revision is read before the rows, so a tag may be older than its list but never newer.
    """

    request: Any
    is_unchanged = False

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        view: Any = super()
        etag = self.list_tag()
        known = request.META.get("HTTP_IF_NONE_MATCH")
        if etag and known and matches(known, etag):
            self.is_unchanged = True  # the objects that its filters refer to still exist
            view.filter_queryset(view.get_queryset())  # raises the same errors as the list
            view.paginator.read(request)
            response = Response(status=304)
        else:
            response = view.list(request, *args, **kwargs)
        if etag:
            response["ETag"] = etag
        return response

    def list_tag(self) -> str | None:
        """The `ETag`; None for the browsable API and for a list that changes with time."""
        view: Any = self
        variant = self.list_variant()
        if variant is None or self.request.accepted_renderer.format != "json":
            return None
        return make_state_tag(self.request, variant, view.serializer_class.Meta.fields)

    def list_variant(self) -> str | None:
        """What else the list depends on besides the caller and the URL; None if it is the time."""
        return ""


def make_state_tag(request: Any, *parts: Any) -> str:
    """The `ETag` of a response that depends on the caller's objects, the URL and these parts.

    Pass the names of the fields as a part, because another release may have other fields.
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
