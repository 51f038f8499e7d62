from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import UserFilter
from todo_project.admin.owned import OwnedAdmin

from .models import Project


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
    search_fields = ["=id"]
    search_help_text = "An id."
    ordering = ["-id"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The owner of a project never changes, as in the API."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "owner"] if obj else fields
