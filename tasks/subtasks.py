"""Subtasks: the rules for a task and all tasks below it, at most 4 levels in all."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from todo_project.api.problems import invalid
from todo_project.api.writes import Write

if TYPE_CHECKING:
    from .models import Task

DEEPEST = 3  # the first level is 0
# Members whose change may change the tasks below.
CAUSES = {"completed", "deleted_at", "occurrence", "project", "parent"}


def below(writing: Write, tasks: "Iterable[Task]") -> "list[Task]":
    """All tasks below these, level by level, with those in the trash."""
    found: list[Task] = []
    level = list(tasks)
    # Rows that were read without locks at different times may even form a cycle.
    for _ in range(DEEPEST):
        # A task without a key is new in this write, so it has no subtasks.
        stored = [task for task in level if task.pk]
        if not stored:
            break
        writing.know(stored)
        level = writing.known.children(type(stored[0]), [task.pk for task in stored])
        found += level
    return found


def follow(writing: Write, task: "Task", old: Mapping[str, Any]) -> None:
    """Change the tasks below a task whose members in `old` have changed."""
    if not old.keys() & CAUSES:
        return
    if "parent" in old:
        writing.known.nest(task)
    if "deleted_at" in old and task.deleted_at is None:
        leave_trash(writing, task)
    if old.keys() == {"completed"} and not task.completed:
        return
    moved_on = not task.completed and task.occurrence > old.get("occurrence", task.occurrence)
    for row in below(writing, [task]):
        if "completed" in old and task.completed and row.deleted_at is None:
            change(writing, row, completed=True)
        if moved_on and row.deleted_at is None:
            change(writing, row, completed=False)
        if "deleted_at" in old and row.deleted_at == old["deleted_at"]:
            writing.store(row, deleted_at=task.deleted_at)
        if "project" in old:
            change(writing, row, project=task.project)
        if "parent" in old:
            set_depth(writing, row)


def change(writing: Write, row: "Task", **values: Any) -> None:
    if any(row.differs(name, value) for name, value in values.items()):
        writing.store(row, **values)
        writing.write_columns(row, ["updated_at"], updated_at=writing.now)


def set_depth(writing: Write, row: "Task") -> None:
    """Compute the depth from the parent's. Owners do not see it, so the revision stays."""
    row.parent = writing.known.related(row, "parent")
    row.set_depth()
    writing.write_columns(row, ["depth", "parent_depth"])


def leave_trash(writing: Write, task: "Task") -> None:
    """A restored task loses its parent if the parent is in the trash."""
    parent = writing.known.related(task, "parent")
    if parent is not None and parent.deleted_at is not None:
        writing.set(task, parent=None)


def check_place(writing: Write, task: "Task", values: dict[str, Any]) -> None:
    """Reject an impossible parent. A new task is in its parent's project by default."""
    if not values.keys() & {"parent", "project"}:
        return
    known = writing.known
    parent = values["parent"] if "parent" in values else known.related(task, "parent")
    if parent is None:
        return
    if task.pk is None and "project" not in values:
        values["project"] = known.related(parent, "project")
    if parent.project_id != project_key(task, values):
        raise invalid("parent", "A parent is in the same project.")
    if "parent" in values:
        check_depth(parent, task, below(writing, [task]) if task.pk else [])


def project_key(task: "Task", values: Mapping[str, Any]) -> int | None:
    """The key of the project after these values are set."""
    if "project" not in values:
        return task.project_id
    project = values["project"]
    return None if project is None else int(project.pk)


def check_depth(parent: "Task", task: "Task", rows: "list[Task]") -> None:
    if parent == task or parent in rows:
        raise invalid("parent", "A task is not below itself.")
    height = max((row.depth - task.depth for row in rows), default=0)
    if parent.depth + 1 + height > DEEPEST:
        raise invalid("parent", f"Tasks are nested in at most {DEEPEST + 1} levels.")
