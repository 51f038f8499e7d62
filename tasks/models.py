import sys
from datetime import date, datetime
from typing import Any, ClassVar, Protocol, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, F, Q, Value
from django.db.models.functions import Coalesce, Length
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils import timezone

from todo_project.api.owned import OwnedQuerySet
from todo_project.api.text_lists import ListLength
from todo_project.api.validators import validate_no_control_characters

from .dates import FIRST_DUE_DATE, LAST_DUE_DATE
from .nested import live_index
from .repeating import Repeating
from .search import SearchKeyField
from .tags import MOST, TagKeysField, TagsField

# The column for each sort key of the API. `due_date` may be null, so `DUE_KEYS` has expressions
# for it.
SORT_KEYS = {
    "created": "created_at",
    "updated": "updated_at",
    "title": "title_key",
    "priority": "priority",
    "position": "position",
}
# Tasks without a due date come last in both directions.
DUE_KEYS = {
    "due_date": Coalesce(F("due_date"), Value(date.max)),
    "-due_date": Coalesce(F("due_date"), Value(date.min)),
}

# Unicode's embeddings, overrides and isolates, to delete.
DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


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


class CaseFoldedField(models.TextField):
    """The case-folded text of another field, stored for sorting.

    It sorts by code points. No expression would sort the same on both databases: SQLite's LOWER()
    knows only ASCII, and PostgreSQL's order depends on the locale of the cluster.
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


class Task(Repeating):
    class Priority(models.IntegerChoices):
        NONE = 0
        LOW = 1
        MEDIUM = 2
        HIGH = 3

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
    tags = TagsField()
    tag_keys = TagKeysField()
    search_key = SearchKeyField()
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When it was put in the trash.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    unread: ClassVar[list[str]] = [*Repeating.unread, "tag_keys", "search_key"]
    columns: ClassVar[dict[str, list[str]]] = {
        **Repeating.columns,
        "title": ["title", "title_key", "search_key"],
        "description": ["description", "search_key"],
        "tags": ["tags", "tag_keys"],
        "completed": ["completed_at"],
    }

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [
            *Repeating.Meta.constraints,
            models.CheckConstraint(
                condition=LessThanOrEqual(ListLength("tags"), MOST),
                name="task_tags_at_most",
                violation_error_message=f"A task has at most {MOST} tags.",
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
        # Each of the first serves a list in its order, in both directions. A page costs the same
        # wherever it is and however many tasks are in the trash. Then those for the completions of
        # some days, for the trash, and for clients that ask for changes. The last four are for the
        # admin's lists of all owners: by creation, by the beginning of a title, what is due on a
        # day, and the trash.
        indexes = [
            *Repeating.Meta.indexes,
            live_index("owner", "created_at", "id", name="task_by_created"),
            live_index("owner", "title_key", "id", name="task_by_title"),
            live_index("owner", "position", "id", name="task_by_position"),
            live_index("owner", DUE_KEYS["due_date"], "id", name="task_by_due_date"),
            live_index("owner", DUE_KEYS["-due_date"], "id", name="task_by_due_date_reversed"),
            live_index(
                "owner",
                "completed_at",
                "id",
                name="task_by_completed",
                completed_at__isnull=False,
            ),
            models.Index(
                fields=["owner", "deleted_at", "id"],
                condition=Q(deleted_at__isnull=False),
                name="task_in_trash",
            ),
            models.Index(fields=["owner", "revision", "id"], name="task_by_revision"),
            live_index("created_at", "id", name="task_of_all_by_created"),
            live_index("title_key", name="task_of_all_by_title"),
            models.Index(
                fields=["due_date"],
                # SQLite would use it to find null.
                condition=Q(deleted_at__isnull=True, due_date__isnull=False),
                name="task_of_all_by_due_date",
            ),
            models.Index(
                fields=["created_at", "id"],
                condition=Q(deleted_at__isnull=False),
                name="task_of_all_in_trash",
            ),
        ]

    def __str__(self) -> str:
        """The title, without characters that change the direction of the text around it."""
        shown = self.title.translate(DIRECTIONS)
        visible = any(letter.isprintable() and not letter.isspace() for letter in shown)
        return shown if visible else f"Task {self.pk}"

    @property
    def completed(self) -> bool:
        return self.completed_at is not None

    @completed.setter
    def completed(self, value: bool) -> None:
        if value != self.completed:
            self.completed_at = timezone.now() if value else None

    def assign(self, name: str, value: Any, now: datetime) -> None:
        if name == "completed":
            self.completed_at = now if value else None
            return
        super().assign(name, value, now)
