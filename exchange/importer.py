"""Makes the tasks and projects of a file, all of them or none."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

from accounts.credentials import digest
from accounts.models import User
from projects.models import Project
from projects.serializers import ProjectSerializer
from tasks.completions import Completion, RepeatFrom
from tasks.models import Task
from tasks.recurrence import read_moved_rule
from tasks.rule_parts import RuleError
from tasks.serializers import TaskSerializer
from tasks.subtasks import DEEPEST
from todo_project.api.positions import new_key
from todo_project.api.problems import invalid
from todo_project.api.rows import BATCH, batches
from todo_project.api.writes import Write, write

from .documents import account_id
from .drafts import MOST, Draft, File, within
from .models import ImportedItem

LEVELS = DEEPEST + 1  # the first level is 0
TITLE = "Untitled"
LATER = ("deleted_at", "completions")  # what is set after the object is made


def load(user: User, file: File, progress: Callable[[int], None] = lambda done: None) -> Any:
    """Import a file. Gives the members of the response."""
    if len(file.tasks) + len(file.projects) > MOST:
        raise invalid("file", f"A file has at most {MOST:,} tasks and projects.")
    with write(user.pk) as writing:
        loading = Loading(user, writing, file, progress)
        loading.load(Project, [file.projects])
        loading.load(Task, levels(file))
        loading.remember()
    created = len(loading.created)
    total = len(file.tasks) + len(file.projects)
    warnings = sorted(file.warnings, key=lambda warning: warning["line"] or 0)
    return {"created": created, "skipped": total - created, "warnings": warnings}


class Loading:
    """One import. `known` has the objects of the file by their keys, made now or earlier."""

    def __init__(
        self, user: User, writing: Write, file: File, progress: Callable[[int], None]
    ) -> None:
        self.user, self.writing, self.file, self.progress = user, writing, file, progress
        self.known: dict[Any, dict[str, Any]] = {
            Project: self.find_known(Project, file.projects),
            Task: self.find_known(Task, file.tasks),
        }
        self.created: list[tuple[Draft, Any]] = []
        self.done = 0
        self.trashed: set[str] = set()  # the keys of what this import puts in the trash
        context = {"writing": writing, "known": self.known, "request": Caller(user)}
        self.serializers: dict[Any, Any] = {
            Project: ProjectSerializer(context=context),
            Task: TaskSerializer(context=context),
        }
        self.places = find_places(file)

    def find_known(self, model: Any, drafts: Sequence[Draft]) -> dict[str, Any]:
        """The user's objects that earlier imports made of these drafts."""
        keys = {digest(draft.key): draft.key for draft in drafts}
        found: dict[int, str] = {}
        for batch in batches([*keys]):
            items = ImportedItem.objects.filter(owner=self.user, key__in=batch)
            found.update(items.values_list("object_id", "key"))
        if self.file.account == account_id(self.user):  # its own document
            found.update({draft.id: digest(draft.key) for draft in drafts})
        known = {}
        for batch in batches([*found]):
            for row in model.objects.filter(owner=self.user, pk__in=batch):
                known[keys[found[row.pk]]] = row
        return known

    def load(self, model: Any, groups: Iterable[Sequence[Draft]]) -> None:
        for group in groups:
            for draft in group:
                if draft.key not in self.known[model]:
                    self.create(model, draft)
                self.done += 1
                self.progress(self.done)
            self.writing.flush()  # the next level refers to these by id
        self.empty_into_trash(model)

    def create(self, model: Any, draft: Draft) -> None:
        kept = {name: value for name, value in draft.kept.items() if name not in LATER}
        # Also for a document of our own: its keys are of another account, with other revisions.
        kept["position"] = new_key(self.writing.revision, self.places[draft.key])
        if model is Task:
            self.check_parent(draft)
        values = self.check(self.serializers[model], draft)
        if draft.rule_day and values.get("repeat") and values["due_date"] != draft.rule_day:
            values = self.leave_rule_out(draft)
        if kept.get("repeat"):
            kept["repeat"] = read_rule(draft, {**values, **kept})
        one = model(owner=self.user, **{**values, **kept})
        self.writing.create(one)
        for row in draft.kept.get("completions", []):
            self.writing.attach(Completion(owner=self.user, task=one, **row))
        self.known[model][draft.key] = one
        self.created.append((draft, one))
        if draft.kept.get("deleted_at"):
            self.trashed.add(draft.key)

    def check_parent(self, draft: Draft) -> None:
        """Leave out a parent of an earlier import that cannot be the parent any more.

        Also one that this import puts in the trash: a live task below it would be purged with it.
        """
        key = draft.data.get("parent", "")
        parent = self.known[Task].get(key)
        project = self.known[Project].get(draft.data.get("project", ""))
        if parent is None:
            return
        if parent.deleted_at or parent.project_id != (project and project.pk):
            draft.data["parent"] = None
            self.file.warn(draft.line, f"{parent.title}: is not its parent any more.")
        elif key in self.trashed and not draft.kept.get("deleted_at"):
            draft.data["parent"] = None
            self.file.warn(draft.line, f"{parent.title}: is in the trash, so not its parent.")

    def check(self, serializer: Any, draft: Draft) -> dict[str, Any]:
        """The validated values. What is wrong in a foreign file is left out, with a warning."""
        for _ in range(len(draft.data) + 1):
            serializer.initial_data = draft.data
            try:
                values: dict[str, Any] = serializer.run_validation(draft.data)
            except ValidationError as error:
                if self.file.strict:
                    with within(draft.path):
                        raise
                self.leave_out(draft, error.detail)
            else:
                return values
        raise AssertionError(f"A draft stays wrong: {draft.data}")

    def leave_rule_out(self, draft: Draft) -> dict[str, Any]:
        """The validated values without the rule. Its days are those of another time zone."""
        draft.data["repeat"] = None
        message = "repeat is left out: in your time zone the task is due on another day."
        self.file.warn(draft.line, message)
        return self.check(self.serializers[Task], draft)

    def leave_out(self, draft: Draft, faults: Any) -> None:
        for name, messages in faults.items():
            self.file.warn(draft.line, f"{name} is left out: {flatten(messages)}")
            if draft.data.pop(name, None) is not None and name == "due_date":
                draft.data.pop("due_time", None)
            if name in ("title", "name"):
                draft.data[name] = TITLE

    def empty_into_trash(self, model: Any) -> None:
        """Last, as a task in the trash takes no new subtask."""
        for draft, one in self.created:
            deleted_at = draft.kept.get("deleted_at")
            if isinstance(one, model) and deleted_at:
                self.writing.write_columns(one, ["deleted_at"], deleted_at=deleted_at)
        self.writing.flush()

    def remember(self) -> None:
        items = [
            ImportedItem(
                owner=self.user,
                key=digest(draft.key),
                kind=one._meta.model_name,
                object_id=one.pk,
            )
            for draft, one in self.created
        ]
        ImportedItem.objects.bulk_create(
            items,
            BATCH,
            update_conflicts=True,  # of an object that was deleted since
            unique_fields=["owner", "key"],
            update_fields=["kind", "object_id"],
        )


class Caller:
    """The part of a request that serializers use."""

    def __init__(self, user: User) -> None:
        self.user = user


def find_places(file: File) -> dict[str, int]:
    """The place of each project among the projects, and of each task among the tasks."""
    places = {}
    for drafts in (file.projects, file.tasks):
        in_order = sorted(drafts, key=lambda draft: draft.position)
        places.update({draft.key: place for place, draft in enumerate(in_order)})
    return places


def read_rule(draft: Draft, values: Mapping[str, Any]) -> str:
    """The rule of an exported task in its canonical form, with the day of its due date."""
    from_completion = values.get("repeat_from") == RepeatFrom.COMPLETION
    try:
        return str(read_moved_rule(values["repeat"], values["due_date"], from_completion))
    except RuleError as error:
        raise invalid(f"{draft.path}.repeat", str(error)) from None


def levels(file: File) -> list[list[Draft]]:
    """The tasks in groups, each of tasks whose parents are in an earlier group."""
    keys, done = {draft.key for draft in file.tasks}, set[str]()
    rest, groups = file.tasks, list[list[Draft]]()
    while rest and len(groups) < LEVELS:
        parents = [draft.data.get("parent") for draft in rest]
        ready = [parent is None or parent in done or parent not in keys for parent in parents]
        group = [draft for draft, is_ready in zip(rest, ready, strict=True) if is_ready]
        rest = [draft for draft, is_ready in zip(rest, ready, strict=True) if not is_ready]
        done |= {draft.key for draft in group}
        groups.append(group)
    for draft in rest:
        if file.strict:
            raise invalid(f"{draft.path}.parent", f"Tasks have at most {LEVELS} levels.")
        del draft.data["parent"]
        file.warn(draft.line, f"Not made a subtask: tasks have at most {LEVELS} levels.")
    return [*groups, rest]


def flatten(messages: Any) -> str:
    if isinstance(messages, ErrorDetail):
        return str(messages)
    parts = messages.values() if isinstance(messages, dict) else messages
    return " ".join(flatten(part) for part in parts)
