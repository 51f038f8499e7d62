"""The only way to write the objects of a user.

Each user has a counter. A write takes the counter's next number and stores it in every row that
the write changes. The counter's row stays locked until the transaction ends, so numbers are
committed in order: a client that has read up to a number has missed no change up to that number.
Locks are always taken in one order: first the owners' rows, then the objects' rows, both by
ascending id. So writers never deadlock.

`write()` takes the number before it reads. `write_optimistically()` reads without locks and assumes
the next number. It writes only if the counter has not changed since the user was read. Then nothing
that it has read after that has changed, because the counter counts the writes of all objects of the
user. That takes fewer statements: on PostgreSQL one statement counts and writes a row.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, models, transaction
from django.http import Http404
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework_simplejwt.exceptions import InvalidToken

from .counters import has_changed, next_number, take_number
from .known import Known
from .problems import Conflict
from .rows import (
    Statement,
    batches,
    by,
    delete_all,
    insert,
    insert_all,
    save_all,
    update,
)
from .statements import execute

if TYPE_CHECKING:
    from .owned import Owned

SERIALIZATION_FAILURE = "40001"  # SQLSTATE


class OwnerGone(InvalidToken):
    """The account was deleted after the request was authenticated."""

    default_detail: Any = "The sign-in of this token has ended."


class LocksNeeded(Exception):
    """An optimistic write was not possible. No object has changed. Write with locks."""


class Write:
    """Changes that are made together, with the next number of each owner's counter.

    Objects change immediately. Rows change in `commit()`, which is called at the end. With locks
    they also change in `flush()`.
    """

    def __init__(self, revisions: Mapping[int, int], locked: bool = True) -> None:
        self.revisions, self.locked, self.committed = revisions, locked, False
        self.now = timezone.now()
        self.changed: set[int] = set()  # the ids of owners whose numbers are used
        self.created: list[Owned] = []
        self.place = 0  # the number of objects it has created
        self.known = Known()
        self.updated: dict[Owned, set[str]] = {}  # the columns to write for each object
        # Rows of other tables that belong to changed objects: to insert, and to delete.
        self.attached: list[models.Model] = []
        self.detached: list[models.Model] = []
        self.owners: dict[int, Any] = {}  # the users that it has read

    @property
    def revision(self) -> int:
        """The number, for a write with one owner."""
        (revision,) = self.revisions.values()
        return revision

    def use_number(self, one: "Owned") -> int:
        self.changed.add(one.owner_id)
        return self.revisions[one.owner_id]

    def create(self, *ones: "Owned") -> None:
        for one in ones:
            one.revision = self.use_number(one)
            one.updated_at = one.updated_at or one.created_at
            one.prepare(self.place)
            self.place += 1
            self.known.nest(one)
        self.created += ones

    def update(self, one: "Owned", **values: Any) -> bool:
        """Set the members that differ. `one` must equal the stored row."""
        changed = self.set(one, **values)
        if changed:
            self.write_columns(one, ["updated_at"], updated_at=self.now)
        return changed

    def set(self, one: "Owned", **values: Any) -> bool:
        """Like `update()`, but keeps `updated_at`: for changes that users do not see as edits."""
        derived = one.derive(self, values).items()
        changed = {name: value for name, value in derived if one.differs(name, value)}
        if not changed:
            return False
        old = {name: one.__dict__.get(name) for name in changed}
        self.store(one, **changed)
        one.follow(self, old)
        return True

    def store(self, one: "Owned", **values: Any) -> None:
        """Set these members, but change nothing that depends on them."""
        number = self.use_number(one)
        columns = [column for name in values for column in one.columns.get(name, [name])]
        self.write_columns(
            one,
            [*columns, "revision", "member_revisions"],
            **values,
            revision=number,
            member_revisions={**one.member_revisions, **dict.fromkeys(values, number)},
        )

    def attach(self, row: models.Model) -> None:
        """Insert a row of another table that belongs to a changed object."""
        self.attached.append(row)

    def detach(self, row: models.Model) -> None:
        """Delete such a row."""
        if row in self.attached:
            self.attached.remove(row)
        else:
            self.detached.append(row)

    def find_owner(self, one: "Owned") -> Any:
        """The user who owns it. Reads all owners of this write at once."""
        if one.owner_id not in self.owners:
            self.owners.update(get_user_model()._base_manager.in_bulk([*self.revisions]))
        return self.owners[one.owner_id]

    def know(self, rows: Iterable[Any]) -> list[Any]:
        """These rows; for a row that this write already has, the same object as before."""
        return self.known.add(rows)

    def write_columns(self, one: "Owned", columns: Collection[str], **values: Any) -> None:
        for name, value in values.items():
            one.assign(name, value, self.now)
        for column in columns:  # some columns are computed from others
            field: Any = one._meta.get_field(column)
            field.pre_save(one, False)
        if not one._state.adding:
            self.know([one])
            self.updated.setdefault(one, set()).update(columns)

    def delete(self, *ones: "Owned") -> None:
        """Delete permanently. A tombstone informs clients that have a copy."""
        self.need_locks()
        ones = tuple(row for model, rows in by(type, ones) for row in model.release(self, rows))
        tombstone: Any = apps.get_model("accounts.Tombstone")
        deleted = [
            tombstone(
                owner_id=one.owner_id,
                kind=one._meta.model_name,
                object_id=one.pk,
                revision=self.use_number(one),
            )
            for one in ones
        ]
        insert_all(tombstone, deleted)
        for model, rows in by(type, ones):
            for batch in batches(rows):
                delete_all(model, [one.pk for one in batch])

    def need_locks(self) -> None:
        """Call this before any step that `commit()` does not do itself."""
        if not self.locked:
            raise LocksNeeded()

    def commit(self) -> None:
        """Write the rows as the last step. New objects get their ids. May raise `LocksNeeded`."""
        if self.locked:
            self.flush()
        elif self.changed:
            self.changed.clear()
            if self.committed:
                raise RuntimeError("An optimistic write is committed once.")
            self.committed = self.write_if_unchanged()
            if not self.committed:
                raise LocksNeeded()

    def write_if_unchanged(self) -> bool:
        """Write the number and the rows. False if the counter does not have the number before."""
        [(owner_id, number)] = self.revisions.items()
        step = next_number(owner_id, number - 1)
        rows = [*self.created, *self.updated]
        simple = not self.detached and not (self.created and self.attached)
        if len(rows) == 1 and simple and can_join_statements():
            return self.write_row(rows[0], step)
        with transaction.atomic():
            unchanged = bool(execute(*step, one_row=True).fetchall())
            if unchanged:
                self.write_rows()
        return unchanged

    def write_row(self, one: "Owned", step: Statement) -> bool:
        """Write a row, and the number and attached rows in the same statement."""
        try:
            if self.created:
                return insert(one, step)
            return update(one, self.updated[one], step, self.attached)
        except OperationalError as error:
            # A server may have a stricter isolation than READ COMMITTED by default.
            if getattr(error.__cause__, "sqlstate", None) != SERIALIZATION_FAILURE:
                raise
            return False

    def flush(self) -> None:
        """Write the rows now, before others. New objects get their ids."""
        self.need_locks()
        self.write_rows()

    def write_rows(self) -> None:
        created, self.created = self.created, []
        updated, self.updated = self.updated, {}
        for model, rows in by(type, created):
            insert_all(model, rows)
        self.know(created)
        for model, rows in by(type, updated):
            save_all(model, {one: updated[one] for one in rows})
        self.write_attached()

    def write_attached(self) -> None:
        detached, self.detached = self.detached, []
        attached, self.attached = self.attached, []
        for model, rows in by(type, detached):
            model._base_manager.filter(pk__in=[row.pk for row in rows]).delete()
        for model, rows in by(type, attached):
            insert_all(model, rows)

    def give_back(self) -> None:
        """Return unused numbers to the counters, so the owners' next writes take them.

        Skip a counter if a nested write took a later number: that number must stay unique.
        """
        for owner_id in sorted(self.revisions.keys() - self.changed):
            number = self.revisions[owner_id]
            owner = get_user_model()._base_manager.filter(pk=owner_id, revision=number)
            owner.update(revision=number - 1)


@contextmanager
def write(owner_id: int) -> Iterator[Write]:
    """A transaction that holds the lock on the owner. Raises `OwnerGone` for an unknown user."""
    with write_of([owner_id]) as writing:
        if not writing.revisions:
            raise OwnerGone()
        yield writing


@contextmanager
def write_rows(queryset: models.QuerySet[Any]) -> Iterator[tuple[Write, list[Any]]]:
    """A transaction that locks these rows and their owners. Gives the `Write` and the rows."""
    found = queryset.order_by().values_list("owner_id", flat=True).distinct()
    with write_of(found) as writing:
        rows = queryset.filter(owner__in=[*writing.revisions]).order_by("pk")
        yield writing, writing.know(rows.select_for_update(of=["self"]))


@contextmanager
def write_of(owner_ids: Iterable[int]) -> Iterator[Write]:
    """A transaction that holds the locks on those of these owners that still exist."""
    with transaction.atomic():
        taken = {pk: take_number(pk) for pk in sorted(owner_ids)}
        writing = Write({pk: number for pk, number in taken.items() if number is not None})
        yield writing
        writing.commit()
        writing.give_back()


@contextmanager
def write_optimistically(owner: Any) -> Iterator[Write]:
    """A write without locks. The owner must have been read before any of its objects.

    Raises `LocksNeeded` if an object of the owner has changed since. That includes errors about
    objects, which may contradict each other if they were read at different times.
    """
    writing = Write({owner.pk: owner.revision + 1}, locked=False)
    try:
        yield writing
        writing.commit()
    except (LocksNeeded, ValidationError, Conflict, Http404) as error:
        if writing.committed:
            raise RuntimeError("This came after the end of a write.") from error
        if isinstance(error, LocksNeeded) or has_changed(owner):
            raise LocksNeeded() from error
        raise


def can_join_statements() -> bool:
    """True if one statement can write two rows and is a transaction of its own."""
    return connection.vendor == "postgresql" and connection.get_autocommit()
