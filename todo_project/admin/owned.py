"""The admin of objects that have an owner. All its writes use `write()`."""

import re
from collections.abc import Sequence
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest

from todo_project.api.writes import write_rows

from .change_lists import LargeTableAdmin


class KeySelect(AutocompleteSelect):
    """Django's fails to show a form again with a value that is not an id."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        keys = [text for text in value if re.fullmatch("[0-9]{1,18}", text)]
        return super().optgroups(name, keys, attr)


class OwnedAdmin(LargeTableAdmin):
    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            options["widget"] = KeySelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **options)

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
