"""The rows that a write has read or created: one object for each, and each read once."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any

from .prepared import prepare
from .rows import batches


class Known:
    def __init__(self) -> None:
        self.rows: dict[type, dict[Any, Any]] = {}  # by model and key
        # By model and the key of the parent. An entry stays when its row gets another parent.
        self.nested: dict[tuple[type, Any], dict[int, Any]] = {}
        self.expanded: set[tuple[type, Any]] = set()  # those whose children are all nested

    def clear(self) -> None:
        self.rows.clear()
        self.nested.clear()
        self.expanded.clear()

    def add(self, rows: Iterable[Any]) -> list[Any]:
        """These rows; for a row that is known already, the same object as before.

        If one has `is_leaf` and it is true, its children need not be read.
        """
        found = [self.of(type(row)).setdefault(row.pk, row) for row in rows]
        self.expanded.update((type(row), row.pk) for row in found if getattr(row, "is_leaf", False))
        return found

    def of(self, model: Any) -> dict[Any, Any]:
        """The rows of a model by their keys."""
        return self.rows.setdefault(model, {})

    def related(self, one: Any, name: str) -> Any:
        """The object that a foreign key refers to, or None.

        Reads the objects of all known rows of the model, so 100 operations cost one query.
        """
        field = one._meta.get_field(name)
        known, key = self.of(field.related_model), getattr(one, field.attname)
        if key is None or key in known:
            return known.get(key)
        if field.is_cached(one):
            return field.get_cached_value(one)
        # A row may have been read without this column.
        keys = {row.__dict__.get(field.attname) for row in self.of(type(one)).values()}
        for batch in batches(sorted({*keys, key} - known.keys() - {None})):
            self.add(field.related_model._base_manager.filter(pk__in=batch))
        return known.get(key)

    def nest(self, one: Any) -> None:
        """Find it as a child of its parent from now on."""
        if one.parent_key is not None:
            self.nested.setdefault((type(one), one.parent_key), {})[id(one)] = one

    def children(self, model: Any, keys: Collection[Any]) -> list[Any]:
        """The rows of a model whose `parent` has one of these keys.

        Reads the children of all known rows of the model, so 100 operations cost one query.
        """
        if any((model, key) not in self.expanded for key in keys):
            parents = {*keys, *self.of(model)}
            unread = sorted(key for key in parents if (model, key) not in self.expanded)
            for batch in batches(unread):
                for row in self.add(read_children(model, batch)):
                    self.nest(row)
            self.expanded.update((model, key) for key in unread)
        found = ((key, self.nested.get((model, key), {})) for key in dict.fromkeys(keys))
        return [row for key, rows in found for row in rows.values() if row.parent_key == key]


def read_children(model: Any, keys: Sequence[Any]) -> Iterable[Any]:
    if len(keys) == 1:
        rows: list[Any] = prepare(all_rows(model), "parent").fetch({"parent": keys[0]})
        return rows
    children: Iterable[Any] = model._base_manager.filter(parent__in=keys)
    return children


@cache
def all_rows(model: Any) -> Any:
    """One queryset for all writes, because its prepared queries are cached on it."""
    return model._base_manager.all()
