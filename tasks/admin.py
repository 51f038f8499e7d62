from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin import UserFilter
from accounts.models import User
from todo_project.change_lists import LargeTableAdmin

from .models import Task, TaskQuerySet, is_titled


class TaskForm(forms.ModelForm):
    completed = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("completed", self.instance.completed)

    def clean(self) -> dict[str, Any] | None:
        if "completed" in self.cleaned_data:
            self.instance.completed = self.cleaned_data["completed"]
        return super().clean()


class StatusFilter(admin.SimpleListFilter):
    title = parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("pending", "Pending"), ("completed", "Completed")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "pending":
                return queryset.pending()
            case "completed":
                return queryset.completed()
        return queryset


class DueFilter(admin.SimpleListFilter):
    title = "due date, in your time zone"
    parameter_name = "due"
    methods: dict[str | None, Callable[..., TaskQuerySet]] = {
        "overdue": TaskQuerySet.overdue,
        "today": TaskQuerySet.due_today,
        "upcoming": TaskQuerySet.upcoming,
        "any": lambda tasks, now: tasks.dated(),
        "none": lambda tasks, now: tasks.undated(),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(name), str(name).capitalize()) for name in self.methods]

    def queryset(self, request: Any, queryset: Any) -> Any:
        method = self.methods.get(self.value())
        return method(queryset, request.user.local_time(timezone.now())) if method else queryset


class OwnerFilter(UserFilter):
    title = parameter_name = "owner"


@admin.register(Task)
class TaskAdmin(LargeTableAdmin):
    form = TaskForm
    fieldsets = [
        (None, {"fields": ["owner", "title", "description"]}),
        ("Plan", {"fields": ["priority", ("due_date", "due_time")]}),
        ("State", {"fields": ["completed", ("created_at", "updated_at")]}),
    ]
    readonly_fields = ["created_at", "updated_at"]
    autocomplete_fields = ["owner"]
    list_display = ["listed_title", "owner", "is_completed", "priority", "due_date", "created_at"]
    list_filter = [OwnerFilter, StatusFilter, "priority", DueFilter]
    list_select_related = ["owner"]
    sortable_by = ["listed_title", "created_at"]  # what has an index
    search_fields = ["title"]  # shows the search, which get_search_results() does
    search_help_text = "An id, the beginning of a title, or of the owner's address up to its @."
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Task | None:
        """Under a lock when it is about to be written: a PATCH may be under way."""
        task: Task | None = super().get_object(request, object_id, from_field)
        if task and request.method == "POST":
            return Task.objects.select_for_update().filter(pk=task.pk).first()
        return task

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """By what an index finds and, of titles, in its order; Django's would look into each."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if "@" in term and " " not in term:
            owners = User.objects.filter(email__startswith=term.lower())
            return queryset.filter(owner__in=owners), False
        found = is_titled(term)
        if term.isdecimal() and len(term) < 20:
            found |= Q(pk=term)
        ordered = queryset if ORDER_VAR in request.GET else queryset.order_by("title_key", "id")
        return ordered.filter(found), False

    @admin.display(description="title", ordering="title_key")
    def listed_title(self, task: Task) -> str:
        return str(task)

    @admin.display(boolean=True, description="completed")
    def is_completed(self, task: Task) -> bool:
        return task.completed
