"""The rule of a task that repeats: columns, constraints, and what completing does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from todo_project.api.writes import Write

from . import completions
from .completions import RepeatFrom
from .nested import Nested
from .recurrence import MOST_CHARACTERS


class Repeating(Nested):
    # A rule in its canonical form, see `Rule`; null if the task does not repeat.
    repeat = models.CharField(max_length=MOST_CHARACTERS, null=True, blank=True)  # noqa: DJ001
    repeat_from = models.CharField(max_length=10, choices=RepeatFrom, default=RepeatFrom.DUE)
    # The number of the current occurrence, and the one at which the rule was set.
    occurrence = models.PositiveIntegerField(default=1, editable=False)
    repeat_since = models.PositiveIntegerField(default=1, editable=False)

    columns: ClassVar[dict[str, list[str]]] = {
        **Nested.columns,
        "repeat": ["repeat", "repeat_since"],
    }
    # A completion is of the current occurrence.
    depends: ClassVar[dict[str, list[str]]] = {"completed": ["occurrence"]}
    parts: ClassVar[list[str]] = ["completions"]

    class Meta(Nested.Meta):
        abstract = True
        constraints = [
            *Nested.Meta.constraints,
            models.CheckConstraint(
                condition=Q(repeat=None) | Q(due_date__isnull=False),
                name="task_repeat_needs_a_date",
                violation_error_message=completions.NEEDS_DATE,
            ),
            models.CheckConstraint(
                condition=Q(repeat_from__in=RepeatFrom.values),
                name="task_repeat_from_is_known",
                violation_error_message="A rule counts from due or completion.",
            ),
            models.CheckConstraint(
                condition=Q(repeat_since__gte=1, repeat_since__lte=F("occurrence")),
                name="task_occurrence_in_order",
                violation_error_message="A rule is set at an occurrence from 1 on.",
            ),
        ]

    def assign(self, name: str, value: Any, now: datetime) -> None:
        super().assign(name, value, now)
        if name == "repeat":
            self.repeat_since = self.occurrence

    def derive(self, writing: Write, values: Mapping[str, Any]) -> Mapping[str, Any]:
        task: Any = self
        repeats = values.get("repeat", self.repeat) is not None
        if repeats and values.get("completed") and not task.completed:
            return completions.complete(writing, task, values)
        return values
