"""The history of actions in the admin, stored as `LogEntry`."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse

from todo_project.models import LogEntry


class HistoryMixin(admin.ModelAdmin):
    """Uses our `LogEntry` instead of Django's."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        LogEntry.record(request.user, [obj], ADDITION, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if message:  # empty if a form was saved without a change
            LogEntry.record(request.user, [obj], CHANGE, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        LogEntry.record(request.user, queryset, DELETION)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        kind = ContentType.objects.get_for_model(self.model)
        entries = LogEntry.objects.filter(content_type=kind, object_id=unquote(object_id))
        entries = entries.select_related("user").order_by("action_time")
        paginator = self.get_paginator(request, entries, 100)
        page = paginator.get_page(request.GET.get(PAGE_VAR, 1))
        context = {
            "action_list": page,
            "page_range": paginator.get_elided_page_range(page.number),
            "pagination_required": page.has_other_pages(),
        }
        return super().history_view(request, object_id, {**context, **(extra_context or {})})
