"""`X-Ignored-Members`: lists the members of a body that were not used.

Front ends send whole objects, which include members of their own, so unknown members are not an
error. But a client that writes `done` instead of `completed` should see that it had no effect.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.response import Response

from .renderers import as_json

HEADER = "X-Ignored-Members"
LONGEST_NAME, LONGEST_VALUE = 50, 1000  # characters


class IgnoredMembersMixin:
    """Lists the unknown members of a JSON body and the read-only members that differ.

    A read-only member is compared with the value stored before the request.
    """

    ignored_members: list[str] = []

    def get_serializer(self, *args: Any, **options: Any) -> Any:
        view: Any = super()
        serializer = view.get_serializer(*args, **options)
        if "data" in options and not isinstance(options["data"], QueryDict):
            self.ignored_members = find_ignored_members(serializer)
        return serializer

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        view: Any = super()
        finalized: Response = view.finalize_response(request, response, *args, **kwargs)
        if self.ignored_members and not finalized.exception:
            finalized[HEADER] = write_header(self.ignored_members)
        return finalized


def find_ignored_members(serializer: Any) -> list[str]:
    sent, fields = serializer.initial_data, serializer.fields
    read_only = {name for name in sent if name in fields and fields[name].read_only}
    stored: Mapping[str, Any] = {}
    if read_only and serializer.instance is not None:
        stored = as_json(serializer.to_representation(serializer.instance))
    return [
        name
        for name, value in sent.items()
        if name not in fields or (name in read_only and value != stored.get(name))
    ]


def write_header(names: list[str]) -> str:
    """The percent-encoded names, separated by commas. A list that is too long ends with `...`."""
    value = ", ".join(quote(name[:LONGEST_NAME], safe="") for name in names)
    if len(value) <= LONGEST_VALUE:
        return value
    return value[:LONGEST_VALUE].rpartition(", ")[0] + ", ..."
