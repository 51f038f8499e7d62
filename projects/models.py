from typing import Any, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact, GreaterThan, LessThanOrEqual

from todo_project.api.owned import OwnedQuerySet
from todo_project.api.positions import Positioned
from todo_project.api.validators import validate_no_hidden_characters
from todo_project.api.writes import Write

validate_color = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", "Must be #rrggbb.", code="invalid")


class ProjectQuerySet(OwnedQuerySet):
    def active(self) -> Self:
        return self.filter(archived=False)

    def archived(self) -> Self:
        return self.filter(archived=True)

    def in_order(self) -> Self:
        return self.order_by("position", "id")

    def for_choice(self) -> Self:
        return self.active().in_order()


class Project(Positioned):
    name = models.CharField(max_length=100, validators=[validate_no_hidden_characters])
    color = models.CharField(  # noqa: DJ001  (null, as the API has it)
        max_length=7, null=True, blank=True, validators=[validate_color]
    )
    archived = models.BooleanField(default=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=GreaterThan(Length("name"), 0) & LessThanOrEqual(Length("name"), 100),
                name="project_name_length",
                violation_error_message="A name has 1 to 100 characters.",
            ),
            models.CheckConstraint(
                condition=Q(color=None) | Exact(Length("color"), 7) & Q(color__startswith="#"),
                name="project_color_is_rrggbb",
                violation_error_message="A color is #rrggbb.",
            ),
            # For the foreign keys of tasks, which include the owner.
            models.UniqueConstraint(fields=["id", "owner"], name="project_of_owner"),
        ]
        # For the list in its order and for `GET /api/sync`.
        indexes = [
            models.Index(fields=["owner", "position", "id"], name="project_by_position"),
            models.Index(fields=["owner", "revision", "id"], name="project_by_revision"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def release(cls, writing: Write, ones: list[Any]) -> list[Any]:
        """Remove these projects from their tasks, those in the trash too."""
        models.prefetch_related_objects(ones, "tasks")
        for task in writing.know(task for one in ones for task in one.tasks.all()):
            writing.store(task, project=None)
            writing.write_columns(task, ["updated_at"], updated_at=writing.now)
        return ones

    def discard_tasks(self, writing: Write) -> None:
        """Put its tasks in the trash, without their project: restored tasks have none."""
        for task in writing.know(self.tasks.filter(deleted_at=None)):
            writing.store(task, project=None, deleted_at=writing.now)
        writing.flush()
