"""How the admin shows that a task repeats, and checks its rule."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from rest_framework.exceptions import ValidationError

from todo_project.admin.change_lists import LargeTableAdmin

from . import completions
from .admin_filters import OwnerFilter
from .models import Task
from .templatetags.repeats import next_date, repeat_text

SHOWN = 20  # completed occurrences
RULE = ("due_date", "repeat", "repeat_from")
BREAK = mark_safe("<br>")


class RepeatForm(forms.ModelForm):
    """Puts a rule into its canonical form."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "repeat_from" in self.fields:
            self.fields["repeat_from"].required = False

    def clean_repeat_from(self) -> str:
        return str(self.cleaned_data["repeat_from"] or self.instance.repeat_from)

    def settle_rule(self) -> None:
        sent: dict[str, Any] = self.cleaned_data
        names: list[str] = [name for name in RULE if name in sent]
        values = {name: sent[name] for name in names}
        try:
            completions.settle(self.instance, values)
        except ValidationError as error:
            detail: Any = error.detail
            for name, messages in detail.items():
                self.add_error(name, [str(message) for message in messages])
        else:
            self.set_settled(values)

    def set_settled(self, values: dict[str, Any]) -> None:
        """What differs from the stored value counts as changed, whether it was typed or not."""
        self.cleaned_data.update(values)
        stored = self.instance
        changed = [name for name in values if stored.differs(name, values[name])]
        self.changed_data += [name for name in changed if name not in self.changed_data]


class RepeatAdmin(admin.ModelAdmin):
    @admin.display(description="in words")
    def repeats(self, task: Task) -> str:
        following = next_date(task, task.owner) if task.pk else None
        after = f", next on {following:%a} {following.day} {following:%b %Y}" if following else ""
        return repeat_text(vars(task)) + after or "-"

    @admin.display
    def completed_occurrences(self, task: Task) -> str:
        """The last ones."""
        rows = task.completions.order_by("-occurrence")[:SHOWN] if task.pk else []
        lines = [
            (row.occurrence, row.due_date, f"{row.completed_at:%Y-%m-%d %H:%M}") for row in rows
        ]
        return format_html_join(BREAK, "{}: due {}, completed {} UTC", lines) or "-"


@admin.register(completions.Completion)
class CompletionAdmin(LargeTableAdmin):
    """Staff see completions and change none: undoing one also moves its task back."""

    view_only = True  # they are deleted with their user, without a permission of their own
    list_display = ["occurrence", "task", "owner", "due_date", "completed_at", "next_due_date"]
    list_filter = [OwnerFilter]
    list_select_related = ["task", "owner"]
    sortable_by = ()  # no index
    ordering = ["-id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
