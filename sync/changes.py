"""The changes of a user's objects, in the order of their revisions."""

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from django.db.models import BigAutoField, BigIntegerField, Q, QuerySet

from accounts.models import Tombstone, User
from projects.models import Project
from projects.serializers import ProjectSerializer
from tasks.models import Task
from tasks.serializers import TaskSerializer
from todo_project.api.prepared import Parameter, PreparedQuery

from .tokens import Position

LAST = BigIntegerField.MAX_BIGINT


class Collection(NamedTuple):
    """A model whose rows are synchronized, and its name in the response."""

    name: str
    model: Any  # a subclass of `Owned`
    serializer_class: type[Any]

    @property
    def kind(self) -> str:
        return str(self.model._meta.model_name)

    @property
    def has_trash(self) -> bool:
        return hasattr(self.model, "deleted_at")


COLLECTIONS = [
    Collection("tasks", Task, TaskSerializer),
    Collection("projects", Project, ProjectSerializer),
]
# The sources of changes are the collections and, after them, the tombstones.
TOMBSTONES = len(COLLECTIONS)
END = TOMBSTONES + 1


class Page(NamedTuple):
    live: dict[str, list[Any]]  # the rows by collection
    deleted: dict[str, list[int]]  # the ids by collection
    position: Position
    has_more: bool


def read_page(user: User, position: Position, limit: int) -> Page:
    """The next changes, at most `limit`.

    Changes after `user.revision` are left for the next page: the queries below may see different
    states of the database, and the position must not pass a number that is not yet committed.
    """
    changes: list[tuple[int, Any]] = []
    if position.revision < user.revision or position.source < END:
        for source in range(END):
            rows = prepared(source).fetch(bounds(user, position, source), limit + 1)
            changes += [(source, row) for row in rows]
    changes.sort(key=lambda change: (change[1].revision, change[0], change[1].pk))
    has_more = len(changes) > limit
    del changes[limit:]
    reached = (user.revision, END, LAST)
    if has_more:
        source, row = changes[-1]
        reached = (row.revision, source, row.pk)
    live, deleted = divide(changes)
    return Page(live, deleted, Position(*reached, position.start), has_more)


def bounds(user: User, position: Position, source: int) -> dict[str, int]:
    """The values for a query of this source."""
    since, last = position.revision, 0
    if source < position.source:
        last = LAST
    elif source == position.source:
        last = position.last_id
    if source == TOMBSTONES and position.start > since:
        since, last = position.start, LAST
    return {
        "caller": user.pk,
        "since": since,
        "last": last,
        "until": user.revision,
        "start": position.start,
    }


@cache
def prepared(source: int) -> PreparedQuery:
    if source == TOMBSTONES:
        return PreparedQuery(between(Tombstone.objects.all()))
    collection = COLLECTIONS[source]
    rows = between(collection.model.objects.defer(*collection.model.unread))
    if collection.has_trash:
        rows = rows.filter(Q(deleted_at=None) | Q(revision__gt=number("start")))
    return PreparedQuery(rows)


def between(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The caller's rows after the position, in order. Uses an index on owner and revision."""
    return rows.filter(
        Q(revision__gt=number("since")) | Q(id__gt=number("last")),
        owner=Parameter("caller", BigAutoField()),
        revision__gte=number("since"),
        revision__lte=number("until"),
    ).order_by("revision", "id")


def number(name: str) -> Parameter:
    return Parameter(name, BigIntegerField())


def divide(
    changes: Iterable[tuple[int, Any]],
) -> tuple[dict[str, list[Any]], dict[str, list[int]]]:
    """The live rows and the ids of deleted rows, by collection."""
    live: dict[str, list[Any]] = {collection.name: [] for collection in COLLECTIONS}
    deleted: dict[str, list[int]] = {collection.name: [] for collection in COLLECTIONS}
    names = {collection.kind: collection.name for collection in COLLECTIONS}
    for source, row in changes:
        if source == TOMBSTONES:
            deleted[names[row.kind]].append(row.object_id)
        elif getattr(row, "deleted_at", None):
            deleted[COLLECTIONS[source].name].append(row.pk)
        else:
            live[COLLECTIONS[source].name].append(row)
    return live, deleted


def check(user: User) -> dict[str, Any]:
    """The number of live rows per collection, and a digest of their ids and revisions.

    The digest is the XOR of the first 8 bytes of SHA-256 of `kind:id:revision`, in hexadecimal.
    """
    counts, digest = {}, 0
    for collection in COLLECTIONS:
        rows = collection.model.objects.filter(owner=user)
        if collection.has_trash:
            rows = rows.filter(deleted_at=None)
        counts[collection.name] = 0
        for pk, revision in rows.order_by().values_list("pk", "revision").iterator():
            counts[collection.name] += 1
            text = f"{collection.kind}:{pk}:{revision}"
            digest ^= int.from_bytes(sha256(text.encode()).digest()[:8])
    return {**counts, "digest": f"{digest:016x}"}
