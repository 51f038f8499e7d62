"""Which tasks, in which order, and how many."""

import sys
from datetime import date
from typing import Any, Protocol, Self

from django.db.models import Count, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce

from todo_project.api.owned import OwnedQuerySet


class Literal(Value):
    """A date in the text of the SQL, so that a plan for all values can use an index."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return f"'{self.value.isoformat()}'", []


def due_keys(kind: type[Value]) -> dict[str, Coalesce]:
    """What sorts compare by `due_date`. Tasks without one come last in both directions."""
    last = {"due_date": date.max, "-due_date": date.min}
    return {name: Coalesce(F("due_date"), kind(value)) for name, value in last.items()}


# The column for each sort key of the API. `due_date` may be null, so `DUE_KEYS` has expressions
# for it.
SORT_KEYS = {
    "created": "created_at",
    "updated": "updated_at",
    "title": "title_key",
    "priority": "priority",
    "position": "position",
}
DUE_KEYS = due_keys(Literal)


class Clock(Protocol):
    """A local date and time: a `datetime`, or parameters of a queryset."""

    def date(self) -> Any: ...

    def time(self) -> Any: ...


def is_overdue(now: Clock) -> Q:
    """Matches open tasks that are past due. A task without a due time is due until its day ends."""
    earlier_today = Q(due_date=now.date(), due_time__lt=now.time())
    return Q(completed_at=None) & (Q(due_date__lt=now.date()) | earlier_today)


def is_titled(beginning: str) -> Q:
    """Matches titles that begin with this text, ignoring case."""
    key = beginning.casefold()
    # A range, because an index can find it.
    return Q(title_key__gte=key, title_key__lt=key + chr(sys.maxunicode))


class TaskQuerySet(OwnedQuerySet):
    """The argument `now` of its methods is the owner's local time (`User.local_time`)."""

    def live(self) -> Self:
        return self.filter(deleted_at=None)

    def trashed(self) -> Self:
        return self.filter(deleted_at__isnull=False)

    def pending(self) -> Self:
        return self.filter(completed_at=None)

    def completed(self) -> Self:
        return self.exclude(completed_at=None)

    def dated(self) -> Self:
        return self.exclude(due_date=None)

    def undated(self) -> Self:
        return self.filter(due_date=None)

    def overdue(self, now: Clock) -> Self:
        return self.filter(is_overdue(now))

    def due_today(self, now: Clock) -> Self:
        return self.filter(due_date=now.date())

    def upcoming(self, now: Clock) -> Self:
        return self.filter(due_date__gt=now.date())

    def with_leaves(self) -> Self:
        """Each has `is_leaf`, True if no tasks are below it. Then a write need not read them."""
        below = self.model._base_manager.filter(parent=OuterRef("pk"))
        return self.annotate(is_leaf=~Exists(below))

    def sorted_by(self, *names: str) -> Self:
        """Sorted by these keys of the API; `-` reverses. Ties break by id, like the last key."""
        tasks, order = self, []
        for name in names:
            sign, bare = ("-", name[1:]) if name.startswith("-") else ("", name)
            if name in DUE_KEYS:
                tasks = tasks.annotate(due_key=DUE_KEYS[name])
            order.append(sign + SORT_KEYS.get(bare, "due_key"))
        return tasks.order_by(*order, f"{sign}id")

    def summary(self, now: Clock) -> dict[str, int]:
        """Counts the tasks by state, in one query."""
        return self.aggregate(
            total=Count("pk"),
            pending=Count("pk", filter=Q(completed_at=None)),
            completed=Count("completed_at"),
            overdue=Count("pk", filter=is_overdue(now)),
            due_today=Count("pk", filter=Q(due_date=now.date())),
        )
