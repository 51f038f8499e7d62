"""`POST /api/tasks/bulk`: up to 100 operations in order, in one write, all of them or none."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.http import QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from accounts.requests import AuthenticatedRequest
from projects.models import Project
from todo_project.api.forms import Message
from todo_project.api.idempotency import idempotent
from todo_project.api.ignored_members import IgnoredMembersMixin, find_ignored_members
from todo_project.api.preconditions import PreconditionFailed, matches
from todo_project.api.problems import Conflict, invalid
from todo_project.api.query_parameters import StrictQueryMixin
from todo_project.api.viewsets import OwnedGenericViewSet

from . import bulk_forms, completions
from .done import bulk_message, find_changed
from .models import Task
from .operations import MOST, STATUSES, BulkSerializer, OperationSerializer, is_id
from .schema import bulk_schema
from .serializers import TaskSerializer, change_tags


class BulkViewSet(IgnoredMembersMixin, StrictQueryMixin, OwnedGenericViewSet):
    """Many changes of the caller's tasks at once."""

    access_scope = "tasks"
    queryset = Task.objects.all()
    serializer_class = BulkSerializer
    refusals = (409, 412)
    formless = True
    request: AuthenticatedRequest

    @bulk_schema
    @idempotent
    def bulk(self, request: AuthenticatedRequest) -> Response:
        form = request.data if isinstance(request.data, QueryDict) else None
        if form is not None:
            operations: list[Any] = bulk_forms.read_operations(form, request.user)
        else:
            operations = read_operations(request.data)
        bulk = Bulk(self, operations)
        bulk.gives_way = form is not None and "reopen" in form
        done = [bulk.run(place, operation) for place, operation in enumerate(operations)]
        if form is not None:
            self.done = operations[0]["op"], [task for task, _ in done], find_changed(bulk)
        self.writing.flush()
        self.ignored_members = [
            name for name in request.data if name != "operations"
        ] + bulk.ignored
        results = [
            {"id": task.pk, "revision": task.revision, "status": status} for task, status in done
        ]
        return Response({"results": results})

    def form_message(self, data: Any) -> Message:
        return bulk_message(self.request.user, *self.done)


class Bulk:
    """The tasks of one call, by their ids and refs, and what is done to them so far."""

    def __init__(self, view: BulkViewSet, operations: Sequence[Any]) -> None:
        self.owner, self.writing, self.operations = view.request.user, view.writing, operations
        context = view.get_serializer_context()
        self.shape = OperationSerializer()
        self.new = TaskSerializer(context=context)
        self.partial = TaskSerializer(partial=True, context=context)
        self.tasks: dict[int | str, Task] = self.lock(operations)
        # What relations may refer to, as the operations so far have left it.
        context["known"] = {Task: self.tasks, Project: self.find_projects(operations)}
        self.etags = {pk: task.etag for pk, task in self.tasks.items()}
        self.completed = {pk for pk, task in self.tasks.items() if task.completed}
        self.ignored: list[str] = []
        self.gives_way = False  # see `decide()`
        self.keeps_completion = False

    def lock(self, operations: Sequence[Any]) -> dict[int | str, Task]:
        named = [one.get("id") for one in operations if isinstance(one, dict)]
        ids = {pk for pk in [*named, *sent(operations, "parent")] if is_id(pk)}
        if not ids:
            return {}
        tasks = Task.objects.for_user(self.owner).filter(pk__in=ids)
        locked = self.writing.know(tasks.order_by("pk").select_for_update())
        if any(one.get("occurrence") for one in operations if isinstance(one, dict)):
            self.writing.know(completions.find_last(locked))
        return {task.pk: task for task in locked}

    def find_projects(self, operations: Sequence[Any]) -> dict[int, Project]:
        ids = {pk for pk in sent(operations, "project") if is_id(pk)}
        return Project.objects.for_user(self.owner).in_bulk(ids) if ids else {}

    def run(self, place: int, raw: Any) -> tuple[Task, int]:
        """Apply an operation. Gives its task and what the single call would be answered."""
        with within(place):
            operation = self.shape.run_validation(raw)
            self.ignore(place, "", [name for name in raw if name not in self.shape.fields])
            return self.apply(place, operation), STATUSES[operation["op"]]

    def apply(self, place: int, operation: Mapping[str, Any]) -> Task:
        op = operation["op"]
        if op == "create":
            return self.create(place, operation)
        task = self.find(operation)
        if op == "update":
            self.partial.instance = task
            values = self.validate(place, self.partial, operation["data"])
            self.writing.update(task, **change_tags(task, values))
        elif op in ("complete", "reopen"):
            self.writing.update(task, **self.decide(task, op == "complete", operation))
        else:
            self.writing.set(task, deleted_at=self.writing.now if op == "delete" else None)
        return task

    def decide(self, task: Task, completed: bool, operation: Mapping[str, Any]) -> dict[str, Any]:
        """The values to set. A button reopens a completed task also if it has changed since."""
        number = operation.get("occurrence")
        if number is None:
            return {"completed": completed}
        try:
            return completions.decide(self.writing, task, completed, number)
        except Conflict:
            if not (self.gives_way and task.completed):
                raise
        self.keeps_completion = True
        return {"completed": False}

    def create(self, place: int, operation: Mapping[str, Any]) -> Task:
        ref = operation.get("ref")
        if ref in self.tasks:
            raise invalid("ref", "An earlier operation has this ref.", "unique")
        values = self.validate(place, self.new, operation["data"])
        task = Task(owner=self.owner, **values)
        self.writing.create(task)
        if ref is not None:
            self.tasks[ref] = task
        return task

    def validate(self, place: int, serializer: Any, data: Any) -> Any:
        serializer.initial_data = data
        self.ignore(place, "data.", find_ignored_members(serializer))
        try:
            values = serializer.run_validation(data)
        except ValidationError as error:
            raise ValidationError({"data": error.detail}) from None
        parent = values.get("parent")
        if parent is not None and parent.pk is None:
            self.writing.flush()  # so that it has an id
        return values

    def find(self, operation: Mapping[str, Any]) -> Task:
        """The task of an operation, as the earlier ones have left it."""
        key = operation["id"]
        task = self.tasks.get(key)
        if task is None or (task.deleted_at is not None and operation["op"] != "restore"):
            named = isinstance(key, str) and task is None
            missing = "No earlier operation has this ref." if named else "There is no such task."
            raise invalid("id", missing, "not_found")
        expected = operation.get("if_match")
        if expected is not None and not matches(expected, self.etags.get(key, "")):
            raise PreconditionFailed()
        return task

    def ignore(self, place: int, path: str, names: Sequence[str]) -> None:
        self.ignored += [f"operations.{place}.{path}{name}" for name in names]


def sent(operations: Sequence[Any], name: str) -> list[Any]:
    """The values of a member in the data of all operations."""
    bodies = [one.get("data") for one in operations if isinstance(one, dict)]
    return [data.get(name) for data in bodies if isinstance(data, dict)]


def read_operations(data: Any) -> list[Any]:
    operations = data.get("operations")
    if not isinstance(operations, list) or not 1 <= len(operations) <= MOST:
        raise invalid("operations", f"Must be a list of 1 to {MOST} operations.")
    return operations


@contextmanager
def within(place: int) -> Iterator[None]:
    """An error of the operation at this place names it."""
    try:
        yield
    except ValidationError as error:
        detail: Any = error.detail
        raise ValidationError({"operations": {str(place): detail}}) from None
    except (PreconditionFailed, Conflict) as error:
        member = "if_match" if isinstance(error, PreconditionFailed) else "occurrence"
        field = f"operations.{place}.{member}"
        refused = {"field": field, "code": error.default_code, "detail": str(error.detail)}
        error.members = {"errors": [refused]}
        raise
