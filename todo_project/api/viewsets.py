"""Base viewsets for objects that belong to a user."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import cache, cached_property, partial
from typing import Any

from django.db.models import BigAutoField, BigIntegerField, QuerySet
from django.http import Http404
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from .prepared import Parameter, prepare
from .writes import LocksNeeded, write, write_optimistically

CALLER = Parameter("caller", BigAutoField())


class OwnedGenericViewSet(GenericViewSet[Any]):
    """The caller's objects. `queryset` must have a method `for_user()`.

    Unsafe methods run within a write. Optimistic actions run first without locks. If that was not
    possible, and for all others, they hold the lock on the caller and, on a detail route, the lock
    on the object's row.
    """

    lookup_value_regex = "[1-9][0-9]{0,18}"
    queryset: Any
    filtered_actions = ["list"]
    optimistic_actions: list[str] = []  # they may run twice
    writing: Any = None  # the `Write` of an unsafe method

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        method = str(request.method).lower()
        if request.method not in SAFE_METHODS and hasattr(self, method):
            setattr(self, method, partial(self.within_write, getattr(self, method)))

    def within_write(self, handler: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Runs a handler within a write. After an exception nothing has changed.

        `perform_create()` must be the last step of an optimistic action: it ends the write.
        """
        work = partial(handler, request, *args, **kwargs)
        if self.action in self.optimistic_actions:
            with suppress(LocksNeeded):
                return self.run_within(write_optimistically(request.user), work)
        return self.run_within(write(request.user.pk), work)

    def run_within(self, change: AbstractContextManager[Any], work: Callable[[], Any]) -> Any:
        try:
            with change as self.writing:
                self.writing.owners[self.request.user.pk] = self.request.user
                return work()
        finally:
            self.writing = None

    def get_queryset(self) -> QuerySet[Any]:
        queryset: QuerySet[Any] = owned(self.queryset, self.writing and self.writing.locked)
        return queryset

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "writing": self.writing}

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The values of the queryset's parameters. The filter backend adds more."""
        return {"caller": self.request.user.pk}

    @cached_property
    def columns(self) -> list[str]:
        """What a list or one object is read from, without instances; empty if it needs them."""
        reads = self.action in ("list", "retrieve")
        is_json = self.request.accepted_renderer.format == "json"
        return getattr(self.get_serializer(), "columns", []) if reads and is_json else []

    def find(self, **values: Any) -> Any:
        """The object with these values in its fields, or None. A tuple of `columns`, if any."""
        query = prepare(self.get_queryset(), *values, columns=self.columns)
        return query.first({**values, **self.parameters})

    def get_object(self) -> Any:
        pk = int(self.kwargs["pk"])
        found = self.find(id=pk) if pk <= BigIntegerField.MAX_BIGINT else None
        if found is None:
            raise Http404
        self.check_object_permissions(self.request, found)
        return found

    def perform_create(self, serializer: Any) -> None:
        serializer.save(owner=self.request.user)
        self.writing.commit()  # the response needs the id

    def get_success_headers(self, data: Any) -> dict[str, str]:
        """The address of a new object is that of the list and its `id`, which must be a field."""
        path = f"{self.request.path}/{data['id']}"
        return {"Location": self.request.build_absolute_uri(path)}

    def perform_destroy(self, instance: Any) -> None:
        self.writing.delete(instance)


class OwnedViewSet(OwnedGenericViewSet, ModelViewSet[Any]):
    """Has all routes of DRF's `ModelViewSet`."""

    optimistic_actions = ["create", "update", "partial_update"]


@cache
def owned(queryset: Any, locked: bool | None) -> Any:
    """One queryset for all requests, because its prepared queries are cached on it.

    `locked` tells whether a write has locks; None if there is no write.
    """
    queryset = queryset.for_user(CALLER)
    if locked:
        return queryset.select_for_update(of=("self",))
    if locked is None:
        return queryset.defer(*queryset.model.unread)  # only writes and filters need these
    return queryset
