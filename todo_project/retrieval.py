from typing import Any

from django.db.models import BigIntegerField
from django.http import Http404
from rest_framework.generics import GenericAPIView

from .prepared import prepare


class RetrievalMixin(GenericAPIView[Any]):
    """For views whose `get_queryset()` gives one of a few querysets with parameters."""

    def get_parameters(self) -> dict[str, Any]:
        """The values of those parameters."""
        return {}

    def find(self, **values: Any) -> Any:
        """The object that has these values in its fields, if there is one."""
        query = prepare(self.get_queryset(), *values)
        return query.first({**values, **self.get_parameters()})

    def get_object(self) -> Any:
        """By its id in the path, where the view's `lookup_value_regex` lets numbers through."""
        pk = int(self.kwargs["pk"])
        found = self.find(id=pk) if pk <= BigIntegerField.MAX_BIGINT else None
        if found is None:
            raise Http404
        self.check_object_permissions(self.request, found)
        return found
