from datetime import datetime
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils import timezone

from todo_project.api.text_lists import ListLength
from todo_project.api.validators import validate_no_control_characters

from .case_folded import CaseFoldedField
from .dates import FIRST_DUE_DATE, LAST_DUE_DATE
from .nested import live_index
from .querysets import TaskQuerySet, due_keys
from .repeating import Repeating
from .search import SearchKeyField
from .tags import MOST, TagKeysField, TagsField

DUE_KEYS = due_keys(Value)  # of the indexes

# Unicode's embeddings, overrides and isolates, to delete.
DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


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
