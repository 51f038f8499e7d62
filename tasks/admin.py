from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE
from django.contrib.admin.utils import model_ngettext
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from rest_framework.exceptions import ValidationError as InvalidInApi

from accounts.admin import UserAdmin
from accounts.models import User
from todo_project.admin.owned import OwnedAdmin
from todo_project.api.fields import with_line_feeds
from todo_project.api.writes import Write, write_rows
from todo_project.models import LogEntry

from . import subtasks
from .admin_filters import (
    DueFilter,
    OwnerFilter,
    ProjectFilter,
    StatusFilter,
    TagFilter,
    TrashFilter,
)
from .admin_repeats import RepeatAdmin, RepeatForm
from .exports import export
from .models import Task
from .querysets import TaskQuerySet, is_titled
from .search import LONGEST, Terms, parse
from .search import MOST as MOST_WORDS

MOST = 10_000  # tasks that one action changes
TRIGRAM = 3  # letters that a word needs to be looked up in the index


def has_text(terms: Terms) -> Q:
    wanted = [Q(search_key__contains=word) for word in terms.wanted[:MOST_WORDS]]
    unwanted = [~Q(search_key__contains=word) for word in terms.unwanted[:MOST_WORDS]]
    return Q(*wanted, *unwanted)


def has_trigrams(terms: Terms) -> bool:
    return bool(terms.wanted) and min(map(len, terms.wanted)) >= TRIGRAM


class MultilineField(forms.CharField):
    """Browsers send every line end as CR LF, so one that differs is no change."""

    def to_python(self, value: Any) -> str:
        return with_line_feeds(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.to_python(initial), data)


class TaskForm(RepeatForm):
    completed = forms.BooleanField(required=False)
    etag = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("completed", self.instance.completed)
        self.initial["etag"] = self.instance.etag
        if "parent" in self.fields:  # a task in the trash may have a parent there
            found = Q(deleted_at=None) | Q(pk=self.instance.parent_id)
            field: Any = self.fields["parent"]
            field.queryset = Task.objects.filter(found)

    def clean(self) -> dict[str, Any] | None:
        if self.cleaned_data.get("etag") != self.instance.etag:
            raise ValidationError(
                "The task has changed since you loaded the page. Reload the page and retry."
            )
        self.settle_rule()
        if "completed" in self.cleaned_data:
            self.instance.completed = self.cleaned_data["completed"]
        self.clean_relations()
        return super().clean()

    def _get_validation_exclusions(self) -> set[str]:
        """The form field has checked the parent; the model would reject one in the trash."""
        base: Any = super()
        return {*base._get_validation_exclusions(), "parent"}

    def clean_relations(self) -> None:
        """Applies the rules of the API. The owner is known only after the other fields."""
        owner_id = getattr(self.cleaned_data.get("owner"), "pk", self.instance.owner_id)
        if owner_id is None:  # the form shows the error of the field
            return
        changed = {"project", "parent"} & {*self.changed_data} & self.cleaned_data.keys()
        values = {name: self.cleaned_data[name] for name in changed}
        for name, one in values.items():
            if one and one.owner_id != owner_id:
                self.add_error(name, self.fields[name].error_messages["invalid_choice"])
                return
        try:
            subtasks.check_place(Write({}), self.instance, values)
        except InvalidInApi as error:
            detail: Any = error.detail
            self.add_error("parent", str(detail["parent"][0]))
        self.cleaned_data.update(values)


@admin.register(Task)
class TaskAdmin(RepeatAdmin, OwnedAdmin):
    form = TaskForm
    formfield_overrides = {models.TextField: {"form_class": MultilineField, "strip": False}}
    fieldsets = [
        (None, {"fields": ["owner", "title", "description"]}),
        ("Plan", {"fields": ["priority", ("due_date", "due_time"), ("project", "parent"), "tags"]}),
        ("Repeat", {"fields": [("repeat", "repeat_from"), "repeats", "completed_occurrences"]}),
        ("State", {"fields": ["completed", ("created_at", "updated_at", "deleted_at")]}),
    ]
    readonly_fields = ["repeats", "completed_occurrences", "created_at", "updated_at", "deleted_at"]
    autocomplete_fields = ["owner"]
    raw_id_fields = ["project", "parent"]  # too many to list
    list_display = [
        "listed_title",
        "owner",
        "is_completed",
        "priority",
        "due_date",
        "created_at",
        "project",
        "listed_tags",
    ]
    list_filter = [
        OwnerFilter,
        ProjectFilter,
        StatusFilter,
        "priority",
        DueFilter,
        TagFilter,
        TrashFilter,
    ]
    list_select_related = ["owner", "project"]
    sortable_by = ["listed_title", "created_at"]  # what has an index
    search_fields = ["title"]  # shows the search, which get_search_results() does
    search_help_text = (
        'An id; words, "a phrase" and -without of titles and descriptions; '
        "or a part with @ of an owner's address."
    )
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-id"]
    actions = ["complete", "reopen", "discard", "restore", "export_as_csv", "delete_selected"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A task stays its owner's, as in the API."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "owner"] if obj else fields

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Like the API's search, in the order of titles. A part of an address finds its tasks.

        An index finds all of it: a search with a shorter word than `TRIGRAM` finds what begins so.
        """
        term = search_term.strip()
        if not term:
            return queryset, False
        if "@" in term and " " not in term:
            owners = User.objects.filter(email__icontains=term)
            if owners.exists():
                return queryset.filter(owner__in=owners), False
        terms = parse(term[:LONGEST])
        found = has_text(terms) if has_trigrams(terms) else is_titled(term)
        if term.isdecimal() and len(term) < 20:
            found |= Q(pk=term)
        # No index knows what is unwanted. If a word nearly always comes with the unwanted one,
        # PostgreSQL could read all titles in the order of their index to find few.
        key: Any = Upper("title_key") if terms.unwanted else "title_key"
        ordered = queryset if ORDER_VAR in request.GET else queryset.order_by(key, "id")
        return ordered.filter(found), False

    @admin.action(description="Complete selected tasks", permissions=["change"])
    def complete(self, request: HttpRequest, queryset: TaskQuerySet) -> None:
        self.write(
            request, queryset.pending(), "completed", lambda w, task: w.update(task, completed=True)
        )

    @admin.action(description="Reopen selected tasks", permissions=["change"])
    def reopen(self, request: HttpRequest, queryset: TaskQuerySet) -> None:
        self.write(
            request,
            queryset.completed(),
            "reopened",
            lambda w, task: w.update(task, completed=False),
        )

    @admin.action(description="Put selected tasks in the trash", permissions=["delete"])
    def discard(self, request: HttpRequest, queryset: TaskQuerySet) -> None:
        self.write(
            request,
            queryset.live(),
            "put in the trash",
            lambda w, task: w.set(task, deleted_at=w.now),
        )

    @admin.action(description="Restore selected tasks from the trash", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: TaskQuerySet) -> None:
        self.write(
            request, queryset.trashed(), "restored", lambda w, task: w.set(task, deleted_at=None)
        )

    def write(
        self,
        request: HttpRequest,
        queryset: TaskQuerySet,
        done: str,
        change: Callable[[Write, Task], bool],
    ) -> None:
        if self.too_many(request, queryset, MOST):
            return
        with write_rows(queryset) as (writing, tasks):
            # A task that is restored before its parent would lose it.
            for task in sorted(tasks, key=lambda one: one.depth):
                change(writing, task)
            LogEntry.record(request.user, tasks, CHANGE, f"{done.capitalize()}.")
        count = len(tasks)
        self.message_user(request, f"{count:,} {model_ngettext(self.opts, count)} {done}.")

    @admin.action(description="Export selected tasks as CSV", permissions=["view"])
    def export_as_csv(self, request: HttpRequest, queryset: TaskQuerySet) -> StreamingHttpResponse:
        return StreamingHttpResponse(
            export(queryset),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="tasks.csv"'},
        )

    @admin.display(description="title", ordering="title_key")
    def listed_title(self, task: Task) -> str:
        return str(task)

    @admin.display(description="tags")
    def listed_tags(self, task: Task) -> str:
        return ", ".join(task.tags)

    @admin.display(boolean=True, description="completed")
    def is_completed(self, task: Task) -> bool:
        return task.completed


admin.site.unregister(User)


@admin.register(User)
class UserWithTasksAdmin(UserAdmin):
    readonly_fields = [*UserAdmin.readonly_fields, "tasks"]
    activity = ["tasks", *UserAdmin.activity]

    @admin.display
    def tasks(self, user: User) -> SafeString:
        counts = user.tasks.live().summary(user.local_time(timezone.now()))
        url = f"{reverse('admin:tasks_task_changelist')}?owner={user.pk}"
        links = [("", "total"), ("&status=pending", "pending"), ("&status=completed", "completed")]
        return format_html_join(
            ", ",
            '<a href="{}{}">{} {}</a>',
            ((url, query, f"{counts[name]:,}", name) for query, name in links),
        )
