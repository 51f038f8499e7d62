from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django_filters import rest_framework as filters
from django_filters.fields import BaseCSVField

from todo_project.api.filters import FilterParameter, OwnedKeyFilter, ParameterMixin

from .dates import DATE, FIRST_DUE_DATE, LAST_DUE_DATE
from .models import Task
from .querysets import TaskQuerySet
from .text_filters import SearchFilter, TagFilter

STATUSES = {
    "all": TaskQuerySet.all,
    "pending": TaskQuerySet.pending,
    "completed": TaskQuerySet.completed,
}
DUES = ["none", "any", "today", "overdue", "upcoming"]
SORTS = ["created", "updated", "title", "due_date", "priority", "position"]


class CallersClock:
    """The caller's day and time, which the view gives to each query."""

    def date(self) -> FilterParameter:
        return FilterParameter("today", models.DateField())

    def time(self) -> FilterParameter:
        return FilterParameter("time", models.TimeField())


class UniqueCSVField(BaseCSVField):
    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        names = [str(name).removeprefix("-") for name in cleaned or []]
        if "" in names or len(names) != len(set(names)):
            raise forms.ValidationError(
                "Separate values by one comma, each given once.", code="invalid"
            )
        return cleaned


class CalendarDateField(forms.DateField):
    """A date in the one form of the API. The error says whether the form or the day is wrong."""

    default_error_messages = {
        "invalid": "There is no such date.",
        "format": "Must be a date: YYYY-MM-DD.",
    }

    def to_python(self, value: Any) -> Any:
        if value and not DATE.fullmatch(value):
            raise forms.ValidationError(self.error_messages["format"], code="invalid")
        return super().to_python(value)


class CalendarDateFilter(ParameterMixin, filters.DateFilter):
    field_class = CalendarDateField


class DayParameter(FilterParameter):
    """The instant at which a day begins in the caller's zone, some days after the given one."""

    def __init__(self, name: str, days: int) -> None:
        super().__init__(name, models.DateTimeField())
        self.days = days

    def value(self, values: Mapping[str, Any]) -> Any:
        day = values[self.name] + timedelta(days=self.days)
        start = datetime.combine(day, time(), ZoneInfo(values["zone"]))
        return super().value({self.name: start})


class CalendarDayFilter(CalendarDateFilter):
    """Compares an instant with a day of the caller: `gte` its beginning, or `lt` its end."""

    def make_parameter(self, name: str, shape: Any) -> FilterParameter:
        return DayParameter(name, days=1 if self.lookup_expr == "lt" else 0)


class SortFilter(filters.OrderingFilter):
    base_field_class = UniqueCSVField

    def filter(self, qs: Any, value: list[str] | None) -> Any:
        return qs.sorted_by(*value) if value else qs


class PriorityFilter(filters.BaseInFilter, filters.ChoiceFilter):
    base_field_class = UniqueCSVField

    def filter(self, qs: Any, value: list[str] | None) -> Any:
        return super().filter(qs, [Task.Priority[word.upper()] for word in value or []])


class ProjectsFilter(OwnedKeyFilter, filters.BaseCSVFilter):
    base_field_class = UniqueCSVField


def one_of(names: list[str]) -> dict[str, Any]:
    """Options of a filter that takes one of `names`. The error of another value lists them."""
    return {
        "choices": [(name, name) for name in names],
        "empty_label": "",
        "error_messages": {"invalid_choice": f"Must be one of: {', '.join(names)}."},
    }


def calendar_date(column: str) -> dict[str, Any]:
    return {
        "field_name": column,
        "widget": forms.DateInput(attrs={"type": "date"}),
        "validators": [MinValueValidator(FIRST_DUE_DATE), MaxValueValidator(LAST_DUE_DATE)],
    }


class CountFilter(filters.FilterSet):
    """The filters of the summary, which has no order."""

    status = filters.ChoiceFilter(label="Status", method="filter_status", **one_of([*STATUSES]))
    priority = PriorityFilter(
        label="Priority",
        help_text="",
        **one_of([name.lower() for name in Task.Priority.names]),
    )
    due = filters.ChoiceFilter(label="Due", method="filter_due", **one_of(DUES))
    due_after = CalendarDateFilter(
        label="Due on this day or later", lookup_expr="gte", **calendar_date("due_date")
    )
    due_before = CalendarDateFilter(
        label="Due on this day or earlier", lookup_expr="lte", **calendar_date("due_date")
    )
    completed_after = CalendarDayFilter(
        label="Completed on this day or later", lookup_expr="gte", **calendar_date("completed_at")
    )
    completed_before = CalendarDayFilter(
        label="Completed on this day or earlier", lookup_expr="lt", **calendar_date("completed_at")
    )
    project = ProjectsFilter(label="Project: ids, none", help_text="")
    parent = OwnedKeyFilter(label="Parent: an id, none")
    tag = TagFilter(label="Tags, all of them", help_text="")
    search = SearchFilter(label='Words, "a phrase", -without')

    def filter_status(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        return STATUSES[value](tasks)

    def filter_due(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        now = CallersClock()
        match value:
            case "none":
                return tasks.undated()
            case "any":
                return tasks.dated()
            case "today":
                return tasks.due_today(now)
            case "overdue":
                return tasks.overdue(now)
        return tasks.upcoming(now)


class TaskFilter(CountFilter):
    sort = SortFilter(
        label="The order; - reverses",
        **one_of([sign + name for name in SORTS for sign in ("", "-")]),
    )

    def filter_queryset(self, queryset: Any) -> Any:
        tasks: Any = super().filter_queryset(queryset)
        return tasks if tasks.ordered else tasks.sorted_by("-created")
