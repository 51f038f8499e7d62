"""Objects that belong to a user. Only a `Write` writes them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from .prepared import Parameter
from .writes import Write, write


class OwnedQuerySet(models.QuerySet[Any]):
    def for_user(self, user: Any | Parameter) -> Self:
        return self.filter(owner=user)

    def for_choice(self) -> Self:
        """Those that a form offers, in order."""
        return self


class Owned(models.Model):
    """A row with an owner. Only a `Write` writes it."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="%(class)ss",
        db_index=False,  # each model has indexes that begin with the owner
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(editable=False)
    # The number of the last write that changed this row.
    revision = models.BigIntegerField(default=0, editable=False)
    # For each member changed since creation: the number of the last write that changed it.
    member_revisions = models.JSONField(default=dict, editable=False)

    # Columns that only writes and filters need.
    unread: ClassVar[list[str]] = ["member_revisions"]
    # The columns of each member that is not one column of the same name.
    columns: ClassVar[dict[str, list[str]]] = {}
    # For a member, the members that give its value a meaning: a stale PATCH of it conflicts with
    # their changes, too.
    depends: ClassVar[dict[str, list[str]]] = {}
    # The relations to rows of other tables that are deleted with it.
    parts: ClassVar[list[str]] = []

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        """Insert a new row. Use `change()` for a stored row: it writes only what differs."""
        if not self._state.adding:
            raise TypeError("Use change(): a save would write every column.")
        with write(self.owner_id) as writing:
            writing.create(self)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        with write(self.owner_id) as writing:
            writing.delete(self)
        return 1, {self._meta.label: 1}

    @property
    def etag(self) -> str:
        return make_tag(self.pk, self.revision)

    @property
    def parent_key(self) -> Any:
        """The key of the row of the same model that it is below; None if it is below none."""
        return None

    def assign(self, name: str, value: Any, now: datetime) -> None:
        """Set a member; `now` is the time of the write."""
        setattr(self, name, value)

    def prepare(self, place: int) -> None:
        """Called before a write creates it, after `place` others. Its revision is set."""

    def derive(self, writing: Write, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Called before a write sets these members. Gives the members to set."""
        return values

    def differs(self, name: str, value: Any) -> bool:
        """Whether a member has another value."""
        return bool(getattr(self, name) != value)

    def follow(self, writing: Write, old: Mapping[str, Any]) -> None:
        """Called after a write has changed the members in `old`. Changes what depends on them."""

    @classmethod
    def release(cls, writing: Write, ones: list[Any]) -> list[Any]:
        """Called before these are deleted permanently. Changes the rows that refer to them.

        Gives these and all other objects that must be deleted with them.
        """
        return ones

    def change(self, values: Mapping[str, Any]) -> None:
        """Set the members that differ and write only their columns, or nothing if none differs.

        The caller must hold the lock on the row, or the object must equal the stored row.
        """
        with write(self.owner_id) as writing:
            writing.update(self, **values)


def make_tag(pk: int, revision: int) -> str:
    """The `ETag` (RFC 9110, section 8.8.3) of an object."""
    return f'"{pk}-{revision}"'
