import re
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import UserFilter
from todo_project.admin.owned import OwnedAdmin

from .models import Project

ID = re.compile("[1-9][0-9]{0,17}")


class OwnerFilter(UserFilter):
    title = parameter_name = "owner"


@admin.register(Project)
class ProjectAdmin(OwnedAdmin):
    fields = ["owner", "name", "color", "archived", "created_at", "updated_at"]
    readonly_fields = ["created_at", "updated_at"]
    autocomplete_fields = ["owner"]
    list_display = ["name", "owner", "archived", "created_at"]
    list_filter = [OwnerFilter, "archived"]
    list_select_related = ["owner"]
    sortable_by = ()  # no index
    search_fields = ["name"]
    search_help_text = "An id, or a part of the name."
    ordering = ["-id"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The owner of a project never changes, as in the API."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "owner"] if obj else fields

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Also by id. Django's `=id` would compare the texts of all ids, without an index."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if ID.fullmatch(search_term.strip()):
            found |= queryset.filter(pk=search_term)
        return found, duplicates
