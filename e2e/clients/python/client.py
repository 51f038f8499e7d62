"""Creates and completes a task with a client that is generated from the OpenAPI document."""

import datetime
import os
import time
import uuid

from todo_api import AuthenticatedClient, Client
from todo_api.api.auth import auth_login, auth_register
from todo_api.api.tasks import (
    tasks_complete_partial_update,
    tasks_create,
    tasks_list,
    tasks_partial_update,
    tasks_update,
)
from todo_api.models import (
    LoginRequest,
    PatchedCompletionRequest,
    PatchedTaskRequest,
    PriorityEnum,
    Problem,
    RegistrationRequest,
    Task,
    TaskRequest,
    TasksListPriorityItem,
    TasksListSortItem,
)

API = os.environ.get("API", "http://127.0.0.1:8000")
EMAIL, PASSWORD = f"py{time.time_ns()}@example.com", "correct horse battery"
NOON = datetime.datetime(2026, 12, 1, 12, tzinfo=datetime.UTC)

anonymous = Client(API)
auth_register.sync(client=anonymous, body=RegistrationRequest(EMAIL, PASSWORD))
pair = auth_login.sync(client=anonymous, body=LoginRequest(EMAIL, PASSWORD))
client = AuthenticatedClient(API, token=pair.access)

body = TaskRequest("Buy milk", priority=PriorityEnum.MEDIUM, due_date=datetime.date(2026, 12, 1))
created = tasks_create.sync_detailed(client=client, body=body, idempotency_key=str(uuid.uuid4()))
task = created.parsed
assert isinstance(task, Task), created
assert task.priority is PriorityEnum.MEDIUM
assert task.due_date == NOON.date()

moved = tasks_partial_update.sync(task.id, client=client, body=PatchedTaskRequest(due_date=NOON))
assert (moved.due_date, moved.due_time) == (NOON.date(), "12:00:00"), moved

cleared = tasks_update.sync(
    task.id, client=client, body=PatchedTaskRequest(due_date=None, due_time=None, priority=None)
)
assert (cleared.title, cleared.due_date, cleared.priority) == ("Buy milk", None, None), cleared

completed = tasks_complete_partial_update.sync(
    task.id, client=client, body=PatchedCompletionRequest(completed=True)
)
assert completed.completed

stale = tasks_partial_update.sync(
    task.id,
    client=client,
    body=PatchedTaskRequest(title="Buy oats"),
    if_match=created.headers["ETag"],
)
assert isinstance(stale, Problem), stale
assert stale.code == "precondition_failed"

listed = tasks_list.sync(  # this generator repeats a list parameter
    client=client,
    sort=[TasksListSortItem("-priority"), TasksListSortItem.DUE_DATE],
    priority=[TasksListPriorityItem.NONE, TasksListPriorityItem.HIGH],
)
assert [one.id for one in listed] == [task.id], listed

print(f"Python: task {task.id} is completed.")
