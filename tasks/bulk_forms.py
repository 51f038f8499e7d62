"""Forms for `POST /api/tasks/bulk`: one operation on the selected tasks of a page.

`op` is complete, reopen, delete, restore, move (to `project`) or tag (with `tags`); each `task` is
an id, or an id and an occurrence, such as 7-3. A button may instead have the name complete or
reopen and one such value: it stands for one task, whatever is selected.
"""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError

from .models import Task
from .operations import MOST, is_id
from .tags import split

NONE = f"Select 1 to {MOST} tasks."
UNKNOWN = "Choose what to do with the selected tasks."


def read_operations(form: QueryDict, user: Any) -> list[dict[str, Any]]:
    """The operations in an order in which none is in the way of another."""
    op, keys = read_choice(form)
    tasks = [read_key(key) for key in keys]
    if not 1 <= len(tasks) <= MOST:
        raise refusal("task", NONE)
    if len(tasks) > 1:
        tasks = by_level(tasks, user, deepest_first=op == "delete")
    return [make_operation(op, pk, occurrence, form) for pk, occurrence in tasks]


def read_choice(form: QueryDict) -> tuple[str, list[str]]:
    """The operation, and the keys of the tasks."""
    for op in ("complete", "reopen"):
        if op in form:
            return op, [str(form[op])]
    return form.get("op", ""), form.getlist("task")


def read_key(text: str) -> tuple[int, int | None]:
    """The id and the occurrence, if it has one. Raises `ValidationError`."""
    parts = text.split("-")
    if len(parts) > 2 or not all(one.isascii() and one.isdecimal() for one in parts):
        raise refusal("task", NONE)
    numbers = [int(one) if len(one) < 20 else 0 for one in parts]
    if not all(map(is_id, numbers)):
        raise refusal("task", NONE)
    return numbers[0], numbers[1] if len(numbers) > 1 else None


def by_level(tasks: Sequence[Any], user: Any, deepest_first: bool) -> list[Any]:
    """Parents before their subtasks, which follow them; the other way round to delete them."""
    rows = Task.objects.for_user(user).filter(pk__in=[pk for pk, _ in tasks])
    depths = dict(rows.order_by().values_list("pk", "depth"))
    return sorted(tasks, key=lambda task: depths.get(task[0], 0), reverse=deepest_first)


def make_operation(op: str, pk: int, occurrence: int | None, form: QueryDict) -> dict[str, Any]:
    if op in ("complete", "reopen"):
        numbered = {} if occurrence is None else {"occurrence": occurrence}
        return {"op": op, "id": pk, **numbered}
    if op in ("delete", "restore"):
        return {"op": op, "id": pk}
    if op == "move":
        return {"op": "update", "id": pk, "data": {"project": read_project(form)}}
    if op == "tag":
        return {"op": "update", "id": pk, "data": {"tags_add": read_tags(form)}}
    raise refusal("op", UNKNOWN)


def read_project(form: QueryDict) -> int | None:
    text = form.get("project", "")
    return read_key(text)[0] if text else None


def read_tags(form: QueryDict) -> list[str]:
    names = split(form.get("tags", ""))
    if not names:
        raise refusal("tags", "Write the tag to add.")
    return names


def refusal(field: str, message: str) -> ValidationError:
    return ValidationError({field: [ErrorDetail(message, "invalid")]})
