"""The admin of objects that have an owner. All its writes use `write()`."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest

from todo_project.api.writes import write_rows

from .change_lists import LargeTableAdmin


class OwnedAdmin(LargeTableAdmin):
    def lock(self, found: Any) -> Any:
        """Locks the owner's row first, in the same order as all writers."""
        get_user_model()._base_manager.select_for_update().filter(pk=found.owner_id).first()
        return super().lock(found)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        stored: Any = self.model._default_manager.get(pk=obj.pk)  # `obj` already has the new values
        stored.change({name: form.cleaned_data[name] for name in form.changed_data})

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with write_rows(queryset) as (writing, rows):
            writing.delete(*rows)
