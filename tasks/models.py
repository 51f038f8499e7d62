import sys
from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, F, Q, Value
from django.db.models.functions import Coalesce, Length
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils import timezone

from accounts.models import User
from todo_project.api.prepared import Parameter
from todo_project.api.validators import validate_no_control_characters

from .dates import FIRST_DUE_DATE, LAST_DUE_DATE

# Names in the API for the columns that a list is sorted by. `due_date` is not among them:
# it may be null, so what sorts is its key, `DUE_KEYS`.
SORT_KEYS = {
    "created": "created_at",
    "updated": "updated_at",
    "title": "title_key",
    "priority": "priority",
}
# Tasks without a due date come last, whichever the direction.
DUE_KEYS = {
    "due_date": Coalesce(F("due_date"), Value(date.max)),
    "-due_date": Coalesce(F("due_date"), Value(date.min)),
}

# Unicode's embeddings, overrides and isolates, to delete.
DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])

# What is stored of a member of a task, where that is not a column of its name.
COLUMNS = {"title": ["title", "title_key"], "completed": ["completed_at"]}


class Clock(Protocol):
    """An instant on somebody's clock: a `datetime`, or what stands for one in a queryset."""

    def date(self) -> Any: ...

    def time(self) -> Any: ...


def is_overdue(now: Clock) -> Q:
    """Open and past, by `now` on the owner's clock; a task without a time has its whole day."""
    earlier_today = Q(due_date=now.date(), due_time__lt=now.time())
    return Q(completed_at=None) & (Q(due_date__lt=now.date()) | earlier_today)


def is_titled(beginning: str) -> Q:
    """Of a title that begins so, in whatever case; a range, as that is what an index finds."""
    key = beginning.casefold()
    return Q(title_key__gte=key, title_key__lt=key + chr(sys.maxunicode))


class TaskQuerySet(models.QuerySet["Task"]):
    """Where a method takes `now`, it is an instant on the owner's clock (`User.local_time`)."""

    def for_user(self, user: User | Parameter) -> Self:
        return self.filter(owner=user)

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

    def sorted_by(self, *names: str) -> Self:
        """By names of the API, `-` reverses; ties by id in the direction of the last name."""
        tasks, order = self, []
        for name in names:
            sign, bare = ("-", name[1:]) if name.startswith("-") else ("", name)
            if name in DUE_KEYS:
                tasks = tasks.annotate(due_key=DUE_KEYS[name])
            order.append(sign + SORT_KEYS.get(bare, "due_key"))
        return tasks.order_by(*order, f"{sign}id")

    def set_completed(self, value: bool) -> list["Task"]:
        """Complete or reopen them, as `Task.change` does one; gives those that it changed.

        Within a transaction. The rows are locked in the order of their ids, so that two of these
        never wait for each other.
        """
        others = self.pending() if value else self.completed()
        changed: list[Task] = list(others.order_by("pk").select_for_update(of=["self"]))
        now = timezone.now()
        Task.objects.filter(pk__in=[task.pk for task in changed]).update(
            completed_at=now if value else None, updated_at=now, version=F("version") + 1
        )
        return changed

    def summary(self, now: Clock) -> dict[str, int]:
        """How many there are, in one query."""
        return self.aggregate(
            total=Count("pk"),
            pending=Count("pk", filter=Q(completed_at=None)),
            completed=Count("completed_at"),
            overdue=Count("pk", filter=is_overdue(now)),
            due_today=Count("pk", filter=Q(due_date=now.date())),
        )


class CaseFoldedField(models.TextField):
    """Another field's text with its case folded, kept for sorting.

    Its order is that of code points. SQLite's LOWER() knows only ASCII and PostgreSQL's order
    depends on the locale that the cluster was made with, so no expression sorts alike on both.
    """

    def __init__(self, source: str, **options: Any) -> None:
        self.source = source
        super().__init__(editable=False, **options)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, arguments, options = super().deconstruct()
        del options["editable"]
        return name, path, [self.source, *arguments], options

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters

    def pre_save(self, instance: models.Model, add: bool) -> str:
        folded: str = getattr(instance, self.source).casefold()
        setattr(instance, self.attname, folded)
        return folded


class Task(models.Model):
    class Priority(models.IntegerChoices):
        NONE = 0
        LOW = 1
        MEDIUM = 2
        HIGH = 3

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="tasks",
        db_index=False,  # every index below begins with it
    )
    title = models.CharField(max_length=200, validators=[validate_no_control_characters])
    title_key = CaseFoldedField("title")
    description = models.TextField(max_length=10_000, blank=True, default="")
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NONE)
    due_date = models.DateField(
        null=True,
        blank=True,
        validators=[MinValueValidator(FIRST_DUE_DATE), MaxValueValidator(LAST_DUE_DATE)],
    )
    due_time = models.TimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(editable=False)
    # Counts the changes; clocks may stand still or go back.
    version = models.PositiveIntegerField(default=1, editable=False)
    # What the request that made it was known by, so that the same one sent again is recognised;
    # null when it had no key, as the constraint is on keys alone.
    idempotency_key = models.CharField(max_length=255, null=True, editable=False)  # noqa: DJ001
    idempotency_digest = models.CharField(max_length=64, blank=True, default="", editable=False)

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="task_idempotency_key_once",
            ),
            models.CheckConstraint(
                condition=GreaterThan(Length("title"), 0) & LessThanOrEqual(Length("title"), 200),
                name="task_title_length",
                violation_error_message="A title has 1 to 200 characters.",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("description"), 10_000),
                name="task_description_length",
                violation_error_message="A description has at most 10,000 characters.",
            ),
            models.CheckConstraint(
                condition=Q(priority__range=(0, 3)),
                name="task_priority_is_known",
                violation_error_message="A priority is 0, 1, 2 or 3.",
            ),
            models.CheckConstraint(
                condition=Q(due_date__range=(FIRST_DUE_DATE, LAST_DUE_DATE)),
                name="task_due_date_in_range",
                violation_error_message="A due date is in the years 1970 to 9998.",
            ),
            models.CheckConstraint(
                condition=Q(due_time=None) | Q(due_date__isnull=False),
                name="task_due_time_needs_a_date",
                violation_error_message="A due time needs a due date.",
            ),
        ]
        # Each serves a list in its order, both ways, a page costing the same wherever it is; the
        # last three those of the admin, of all owners: its order and its drill-down, a title's
        # beginning, and what is due on a day.
        indexes = [
            models.Index(fields=["owner", "created_at", "id"], name="task_by_created"),
            models.Index(fields=["owner", "title_key", "id"], name="task_by_title"),
            models.Index("owner", DUE_KEYS["due_date"], "id", name="task_by_due_date"),
            models.Index("owner", DUE_KEYS["-due_date"], "id", name="task_by_due_date_reversed"),
            models.Index(fields=["created_at", "id"], name="task_of_all_by_created"),
            models.Index(fields=["title_key"], name="task_of_all_by_title"),
            models.Index(
                fields=["due_date"],
                condition=Q(due_date__isnull=False),  # SQLite would look for null by it
                name="task_of_all_by_due_date",
            ),
        ]

    def __str__(self) -> str:
        """The title, without what would turn the direction of the text that it stands in."""
        shown = self.title.translate(DIRECTIONS)
        visible = any(letter.isprintable() and not letter.isspace() for letter in shown)
        return shown if visible else f"Task {self.pk}"

    def save(self, *args: Any, **options: Any) -> None:
        if self._state.adding:
            self.updated_at = self.created_at
        else:
            self.updated_at = timezone.now()
            self.version += 1
        super().save(*args, **options)

    @property
    def etag(self) -> str:
        return f'"{self.pk}-{self.version}"'

    @property
    def completed(self) -> bool:
        return self.completed_at is not None

    @completed.setter
    def completed(self, value: bool) -> None:
        if value != self.completed:
            self.completed_at = timezone.now() if value else None

    def change(self, values: Mapping[str, Any]) -> None:
        """Set what differs and write its columns alone; when nothing does, write nothing.

        The caller holds the lock on the row: it was read by `select_for_update()`.
        """
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, values[name])
        if changed:
            columns = [column for name in changed for column in COLUMNS.get(name, [name])]
            self.save(update_fields=[*columns, "updated_at", "version"])
