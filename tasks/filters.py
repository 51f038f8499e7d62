from collections import OrderedDict
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from django_filters.fields import BaseCSVField
from rest_framework.viewsets import GenericViewSet

from accounts.requests import AuthenticatedRequest

from .dates import DATE, FIRST_DUE_DATE, LAST_DUE_DATE
from .models import Task, TaskQuerySet

STATUSES = {
    "all": TaskQuerySet.all,
    "pending": TaskQuerySet.pending,
    "completed": TaskQuerySet.completed,
}
DUES = ["none", "any", "today", "overdue", "upcoming"]
SORTS = ["created", "updated", "title", "due_date", "priority"]


class ListFilterBackend(filters.DjangoFilterBackend):
    """Filters are for lists. A single task is found by its id, without a filter form's cost."""

    def get_filterset_class(
        self, view: GenericViewSet, queryset: QuerySet[Any] | None = None
    ) -> type[filters.FilterSet] | None:
        return super().get_filterset_class(view, queryset) if view.action == "list" else None


class UniqueCSVField(BaseCSVField):
    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        names = [name.removeprefix("-") for name in cleaned or []]
        if "" in names or len(names) != len(set(names)):
            raise forms.ValidationError(
                "Separate values by one comma, each given once.", code="invalid"
            )
        return cleaned


class CalendarDateField(forms.DateField):
    def to_python(self, value: Any) -> Any:
        if value and not DATE.fullmatch(value):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class CalendarDateFilter(filters.DateFilter):
    field_class = CalendarDateField


class SortFilter(filters.OrderingFilter):
    base_field_class = UniqueCSVField

    def filter(self, qs: Any, value: list[str] | None) -> Any:
        return qs.sorted_by(*value) if value else qs


class PriorityFilter(filters.BaseInFilter, filters.ChoiceFilter):
    base_field_class = UniqueCSVField


def one_of(names: list[str]) -> dict[str, Any]:
    """Options of a filter that takes one of `names` and says so when it is given another."""
    return {
        "choices": [(name, name) for name in names],
        "empty_label": None,
        "error_messages": {"invalid_choice": f"Must be one of: {', '.join(names)}."},
    }


def calendar_date() -> dict[str, Any]:
    return {
        "field_name": "due_date",
        "error_messages": {"invalid": "Must be a date: YYYY-MM-DD."},
        "validators": [MinValueValidator(FIRST_DUE_DATE), MaxValueValidator(LAST_DUE_DATE)],
    }


class TaskFilter(filters.FilterSet):
    """Makes the filters that a query names, and the form of those once.

    Django-filter makes all filters, their form and its class for every request. The browsable
    API, which shows the form, still gets the whole of it.
    """

    request: AuthenticatedRequest
    form_classes: dict[tuple[str, ...], Any] = {}

    status = filters.ChoiceFilter(method="filter_status", **one_of([*STATUSES]))
    priority = PriorityFilter(**one_of([str(value) for value in Task.Priority.values]))
    due = filters.ChoiceFilter(method="filter_due", **one_of(DUES))
    due_after = CalendarDateFilter(lookup_expr="gte", **calendar_date())
    due_before = CalendarDateFilter(lookup_expr="lte", **calendar_date())
    sort = SortFilter(
        label="The order; `-` reverses.",
        **one_of([sign + name for name in SORTS for sign in ("", "-")]),
    )

    def __init__(self, data: Any, queryset: Any, *, request: Any, **options: Any) -> None:
        if request.accepted_renderer.format == "json":
            named = {name: one for name, one in self.base_filters.items() if name in data}
            self.base_filters = OrderedDict(named)
        super().__init__(data, queryset, request=request, **options)

    def get_form_class(self) -> Any:
        names = tuple(self.filters)
        if names not in self.form_classes:
            self.form_classes[names] = super().get_form_class()
        return self.form_classes[names]

    def filter_queryset(self, queryset: Any) -> Any:
        tasks: Any = super().filter_queryset(queryset)
        return tasks if tasks.ordered else tasks.sorted_by("-created")

    def filter_status(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        return STATUSES[value](tasks)

    def filter_due(self, tasks: TaskQuerySet, name: str, value: str) -> TaskQuerySet:
        now = self.request.user.local_time(timezone.now())
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
