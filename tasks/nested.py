"""The project and the parent of a task: columns, constraints, and what follows from a change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from todo_project.api.positions import Positioned
from todo_project.api.relations import CompositeForeignKey
from todo_project.api.writes import Write

from . import subtasks

BY_CREATED = ("owner", "created_at", "id")


def live_index(*keys: Any, name: str, **values: Any) -> models.Index:
    """An index of the tasks that are not in the trash and have these values."""
    return models.Index(*keys, condition=Q(deleted_at__isnull=True, **values), name=name)


class Nested(Positioned):
    # Constraints in `Meta` check both together with the owner. `Owned.follow()` and
    # `Owned.release()` do what Django's `on_delete` would do, but with a revision.
    project = models.ForeignKey(
        "projects.Project",
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="tasks",
        db_index=False,
        db_constraint=False,
    )
    parent = models.ForeignKey(
        "self",
        models.DO_NOTHING,
        null=True,
        blank=True,
        limit_choices_to={"deleted_at": None},
        related_name="subtasks",
        db_index=False,
        db_constraint=False,
    )
    # The number of tasks above it, and above its parent.
    depth = models.PositiveSmallIntegerField(default=0, editable=False)
    parent_depth = models.PositiveSmallIntegerField(null=True, editable=False)

    columns: ClassVar[dict[str, list[str]]] = {
        "project": ["project_id"],
        "parent": ["parent_id", "depth", "parent_depth"],
    }

    class Meta(Positioned.Meta):
        abstract = True
        constraints = [
            CompositeForeignKey(
                name="task_project_of_owner",
                fields=["project", "owner"],
                to="projects.Project",
                to_fields=["id", "owner"],
            ),
            # A parent has the same owner and is one level higher, so there are no cycles.
            CompositeForeignKey(
                name="task_parent_of_owner",
                fields=["parent", "owner", "parent_depth"],
                to="tasks.Task",
                to_fields=["id", "owner", "depth"],
            ),
            models.UniqueConstraint(fields=["id", "owner", "depth"], name="task_of_owner"),
            models.CheckConstraint(
                condition=Q(parent=None, parent_depth=None, depth=0)
                | Q(
                    parent__isnull=False,
                    parent_depth__isnull=False,
                    depth=F("parent_depth") + 1,
                    depth__lte=3,
                ),
                name="task_depth",
                violation_error_message="A task is at most 3 levels below another.",
            ),
        ]
        # For the lists of a project and of a parent, then for those without. The first two also
        # find all rows that refer to a project or a task.
        indexes = [
            models.Index(
                fields=["project", "created_at", "id"],
                condition=Q(project__isnull=False),
                name="task_by_project",
            ),
            models.Index(
                fields=["parent", "created_at", "id"],
                condition=Q(parent__isnull=False),
                name="task_by_parent",
            ),
            live_index(*BY_CREATED, name="task_in_no_project", project__isnull=True),
            live_index(*BY_CREATED, name="task_below_none", parent__isnull=True),
        ]

    @property
    def parent_key(self) -> Any:
        task: Any = self
        return task.parent_id

    def assign(self, name: str, value: Any, now: datetime) -> None:
        super().assign(name, value, now)
        if name == "parent":
            self.set_depth()

    def prepare(self, place: int) -> None:
        super().prepare(place)
        self.set_depth()

    def set_depth(self) -> None:
        self.parent_depth = None if self.parent is None else self.parent.depth
        self.depth = 0 if self.parent_depth is None else self.parent_depth + 1

    def others(self) -> Any:
        return super().others().filter(deleted_at=None)

    def differs(self, name: str, value: Any) -> bool:
        if name in ("project", "parent"):
            return bool(getattr(self, f"{name}_id") != (value and value.pk))
        return super().differs(name, value)

    def follow(self, writing: Write, old: Mapping[str, Any]) -> None:
        task: Any = self
        subtasks.follow(writing, task, old)

    @classmethod
    def release(cls, writing: Write, ones: list[Any]) -> list[Any]:
        return list(dict.fromkeys([*ones, *subtasks.below(writing, ones)]))
