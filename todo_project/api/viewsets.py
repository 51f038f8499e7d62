"""The base of every viewset of things that belong to a user."""

from functools import cache, cached_property
from typing import Any

from django.db import transaction
from django.db.models import BigAutoField, BigIntegerField, QuerySet
from django.http import Http404
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.viewsets import ModelViewSet

from .prepared import Parameter, prepare

CALLER = Parameter("caller", BigAutoField())


class OwnedViewSet(ModelViewSet[Any]):
    """The caller's objects of the model of `queryset`, which has a method `for_user()`.

    An unsafe method of a detail route runs in a transaction that holds the lock on its row.
    """

    lookup_value_regex = "[1-9][0-9]{0,18}"
    locks = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        method = str(request.method).lower()
        if self.detail and request.method not in SAFE_METHODS and hasattr(self, method):
            self.locks = True
            setattr(self, method, transaction.atomic(getattr(self, method)))

    def get_queryset(self) -> QuerySet[Any]:
        queryset: QuerySet[Any] = owned(type(self), self.locks)
        return queryset

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The values of the parameters of the queryset. A filter backend adds its own."""
        return {"caller": self.request.user.pk}

    def find(self, **values: Any) -> Any:
        """The object with these values in its fields, or None."""
        query = prepare(self.get_queryset(), *values)
        return query.first({**values, **self.parameters})

    def get_object(self) -> Any:
        pk = int(self.kwargs["pk"])
        found = self.find(id=pk) if pk <= BigIntegerField.MAX_BIGINT else None
        if found is None:
            raise Http404
        self.check_object_permissions(self.request, found)
        return found


@cache
def owned(view_class: Any, locked: bool) -> Any:
    """One queryset for all requests, as what is made of it is kept with it."""
    queryset = view_class.queryset.for_user(CALLER)
    return queryset.select_for_update(of=("self",)) if locked else queryset
