"""The filters of the admin's list of tasks."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin import UserFilter
from projects.models import Project

from .querysets import TaskQuerySet
from .tag_counts import count_tags
from .tags import make_keys

ID = re.compile("[1-9][0-9]{0,17}")


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


class ProjectFilter(admin.SimpleListFilter):
    """Offers no choices, because they are too many. The page of a project links here."""

    title = parameter_name = "project"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = self.value() or ""
        known = value.isascii() and value.isdecimal() and len(value) < 19
        project = Project.objects.filter(pk=value).first() if known else None
        return [(str(project.pk), str(project))] if project else []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.value():
            return queryset
        return queryset.filter(project__in=[pk for pk, _ in self.lookup_choices])


class TagFilter(admin.SimpleListFilter):
    """The tags of the owner who is chosen. Tags of all owners have no index in common."""

    title = parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        owner = request.GET.get("owner", "")
        self.owner_id = int(owner) if ID.fullmatch(owner) else None
        tags = count_tags(self.owner_id) if self.owner_id else []
        return [(tag["name"], tag["name"]) for tag in tags]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        name = self.value()
        if not name or not self.owner_id:
            return queryset
        return queryset.filter(tag_keys__contains=make_keys(self.owner_id, [name]))


class TrashFilter(admin.SimpleListFilter):
    title = "trash"
    parameter_name = "trash"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "In the trash")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Not in the trash"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.trashed() if self.value() else queryset.live()
