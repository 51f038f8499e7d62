from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from .models import Task


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
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("pending", "Pending"), ("completed", "Completed")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "pending":
                return queryset.pending()
            case "completed":
                return queryset.completed()
        return queryset


@admin.register(Task)
class TaskAdmin(admin.ModelAdmin):
    form = TaskForm
    fields = [
        "owner",
        "title",
        "description",
        "priority",
        ("due_date", "due_time"),
        "completed",
        ("created_at", "updated_at"),
    ]
    readonly_fields = ["created_at", "updated_at"]
    autocomplete_fields = ["owner"]
    list_display = ["title", "owner", "is_completed", "priority", "due_date", "created_at"]
    list_filter = [StatusFilter, "priority", "due_date"]
    list_select_related = ["owner"]
    search_fields = ["title", "owner__email"]
    ordering = ["-id"]
    show_full_result_count = False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Task | None:
        """Under a lock when it is about to be written: a PATCH may be under way."""
        task: Task | None = super().get_object(request, object_id, from_field)
        if task and request.method == "POST":
            return Task.objects.select_for_update().filter(pk=task.pk).first()
        return task

    @admin.display(boolean=True, description="completed", ordering="completed_at")
    def is_completed(self, task: Task) -> bool:
        return task.completed
