"""Keyset pagination: all pages cost the same, and rows that are inserted or deleted between two
requests neither repeat nor hide other rows."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django.template.loader import render_to_string
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from .keysets import bare, find_page, key_fields, make_page, names_of, with_keys
from .prepared import PreparedQuery, cached_for
from .problems import invalid


class KeysetPagination(BasePagination):
    """Pages of a queryset that is ordered by columns or annotations without nulls.

    The body is a plain array. The `Link` header (RFC 8288) has `next` and `prev` if these pages
    exist. The cursor in a link is signed, so clients cannot change it. The signature includes the
    path and the other query parameters, because a position in one order means nothing in another.
    """

    query_parameters = ("page_size", "cursor")
    page_size = 100
    max_page_size = 200
    display_page_controls = True  # of the browsable API
    links: dict[str, str] = {}
    columns: list[str] = []  # of rows that are tuples

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        size, backward, position = self.read(request)
        order = names_of(queryset)
        if position:
            check_position(queryset, position)
        if hasattr(view, "parameters"):
            rows = self.fetch_prepared(queryset, size, backward, position, view)
        else:
            rows = list(find_page(queryset, backward, position)[: size + 1])
        page = rows[:size]
        # A position means that rows precede this page; an extra row means that rows follow.
        has_previous, has_next = bool(position), len(rows) > size
        if backward:
            page.reverse()
            has_previous, has_next = has_next, has_previous
        self.links = {}
        if has_next:
            self.links["next"] = self.link(False, order, page[-1:])
        if has_previous:
            self.links["prev"] = self.link(True, order, page[:1])
        return page

    def fetch_prepared(
        self, queryset: Any, size: int, backward: bool, position: list[Any], view: Any
    ) -> list[Any]:
        """Writes the default limit into the SQL, because PostgreSQL then chooses a better plan."""
        usual = size + 1 if size == self.page_size else None
        self.columns = with_keys(view.columns, names_of(queryset))
        shape = usual, backward, bool(position), tuple(view.columns)
        query: PreparedQuery = cached_for(make_page, queryset)(*shape)
        keys = {f"key {place}": key for place, key in enumerate(position)}
        return query.fetch({**keys, **view.parameters}, None if usual else size + 1)

    def get_paginated_response(self, data: Any) -> Response:
        link = ", ".join(f'<{url}>; rel="{relation}"' for relation, url in self.links.items())
        return Response(data, headers={"Link": link} if link else None)

    def to_html(self) -> str:
        """The links to other pages, for the browsable API."""
        if not self.links:
            return ""
        urls = {"previous_url": self.links.get("prev"), "next_url": self.links.get("next")}
        return render_to_string("rest_framework/pagination/previous_and_next.html", urls)

    def read(self, request: Request) -> tuple[int, bool, list[Any]]:
        """The size, direction and position of the requested page."""
        self.request = request
        return self.read_page_size(), *self.read_cursor()

    def read_page_size(self) -> int:
        text = self.request.query_params.get("page_size", "")
        if not text:
            return self.page_size
        if not re.fullmatch("[1-9][0-9]{0,2}", text) or int(text) > self.max_page_size:
            raise invalid("page_size", f"Must be a whole number from 1 to {self.max_page_size}.")
        return int(text)

    def read_cursor(self) -> tuple[bool, list[Any]]:
        """The direction and the keys of the row to continue from; no keys to start at an end."""
        text = self.request.query_params.get("cursor", "")
        if not text:
            return False, []
        try:
            backward, position = signing.loads(text, salt=self.salt())
        except signing.BadSignature:
            raise bad_cursor() from None
        return backward, position

    def link(self, backward: bool, order: Sequence[str], edge: Sequence[Any]) -> str:
        """The URL of the page before or after `edge`, the first or last row of this page.

        `edge` is empty if this page is empty: then the URL of the last or first page.
        """
        url = self.request.build_absolute_uri()
        for name, value in self.request.query_params.items():
            if not value:  # sent by browsers; rejected by the JSON API
                url = remove_query_param(url, name)
        if not edge and not backward:
            return remove_query_param(url, "cursor")
        keys = [self.key_of(row, bare(name)) for row in edge for name in order]
        position = [key if isinstance(key, int) else str(key) for key in keys]
        cursor = signing.dumps([backward, position], salt=self.salt(), compress=True)
        return replace_query_param(url, "cursor", cursor)

    def key_of(self, row: Any, name: str) -> Any:
        return row[self.columns.index(name)] if isinstance(row, tuple) else getattr(row, name)

    def salt(self) -> str:
        given = sorted(self.request.query_params.lists())
        others = [
            (name, value)
            for name, values in given
            for value in values
            if value and name not in self.query_parameters
        ]
        return f"{self.request.path_info.rstrip('/')}?{urlencode(others)}"

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size}
        return [
            {
                "name": "page_size",
                "in": "query",
                "description": "The number of rows per page.",
                "schema": {**size, "default": self.page_size},
            },
            {
                "name": "cursor",
                "in": "query",
                "description": "An opaque value from a `Link` header: where the page starts.",
                "schema": {"type": "string"},
            },
        ]


def check_position(queryset: QuerySet[Any], position: Sequence[Any]) -> None:
    """Rejects keys of another order: from a release in which this list had other keys."""
    try:
        for field, key in zip(key_fields(queryset), position, strict=True):
            field.to_python(key)
    except (DjangoValidationError, TypeError, ValueError):
        raise bad_cursor() from None


def bad_cursor() -> ValidationError:
    return invalid("cursor", "Use a cursor from a `Link` header, with the same other parameters.")
