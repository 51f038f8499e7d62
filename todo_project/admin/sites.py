from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.urls import reverse


class TodoAdminSite(AdminSite):
    site_header = site_title = "Todo API"
    index_title = "Administration"
    password_change_form: Any = None
    login_template = "admin/login_with_code.html"

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        may = super().has_permission(request)
        return may and (not settings.STAFF_SECOND_FACTOR or user.has_second_factor)

    def get_log_entries(self, request: HttpRequest) -> Any:
        """For the latest actions on the front page: our log entries with their objects."""
        from todo_project.models import LogEntry

        return LogEntry.objects.select_related("content_type").prefetch_related("object")

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Like Django's, with the form class that an app sets. The form gets the request."""
        from django.contrib.auth.views import PasswordChangeView

        view = PasswordChangeView.as_view(
            form_class=partial(self.password_change_form, request=request),
            success_url=reverse("admin:password_change_done"),
            template_name="registration/password_change_form.html",
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return view(request)


class TodoAdminConfig(AdminConfig):
    default_site = "todo_project.admin.sites.TodoAdminSite"
