"""The operations that are measured, with their goals."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """An operation. In its path, `{id}` is a random task of a random user, and other names are what
    the client knows. `{n}` is a new number in each request, so that every PATCH changes the task.

    Without `against`, the peer has the operation too. Otherwise the name is that of the operation
    which a client of the peer must use instead.
    """

    name: str
    method: str
    path: str
    body: str = ""
    status: int = 200
    against: str = ""
    goal: float = 0.0  # how many times as fast as the peer; 0 for none
    p99: int = 150  # goal at 100 connections, ms; 0 for none
    known: str = ""  # what the client knows and sends as `If-None-Match`
    crowd: str = "usual"
    worth: int = 1  # the number of tasks that it creates
    peer_method: str = ""  # if the peer uses another method

    @property
    def writes(self) -> bool:
        return self.method != "GET"


TASK = '{"title": "Buy milk {n}", "description": "Two litres"}'
BULK = json.dumps({"operations": [{"op": "create", "data": json.loads(TASK)}] * 100})
LIST, CREATE, TOGGLE = "list 100", "create", "toggle"
OPERATIONS = [
    Operation(LIST, "GET", "/api/tasks", goal=3.3),
    Operation(
        "list filtered, sorted", "GET", "/api/tasks?status=pending&sort=due_date", goal=3.0
    ),
    Operation(
        "list with tags", "GET", "/api/tasks?tag=home", against=LIST, goal=3.0, crowd="tagged"
    ),
    Operation("search", "GET", "/api/tasks?search=the", against=LIST),
    Operation(
        "poll, unchanged", "GET", "/api/tasks", "", 304, against=LIST, goal=7.0, known="list_tag"
    ),
    Operation("sync of nothing", "GET", "/api/sync?since={next}", against=LIST, p99=0),
    Operation("sync of 500", "GET", "/api/sync?limit=500", against=LIST, p99=0, crowd="large"),
    Operation(
        "feed, unchanged", "GET", "/calendar/{secret}.ics", "", 304, LIST, p99=0, known="feed_tag"
    ),
    Operation("read one", "GET", "/api/tasks/{id}", goal=2.0),
    Operation(CREATE, "POST", "/api/tasks", TASK, 201, goal=1.7),
    Operation(
        "change", "PATCH", "/api/tasks/{id}", '{"title": "Changed {n}"}', goal=1.7,
        peer_method="PUT",
    ),
    Operation(TOGGLE, "PATCH", "/api/tasks/{id}/complete", goal=1.7),
    Operation("complete, repeating", "PATCH", "/api/tasks/{repeating}/complete", against=TOGGLE),
    Operation(
        "bulk of 100", "POST", "/api/tasks/bulk", BULK, against=CREATE, goal=12.0, p99=0, worth=100
    ),
]  # fmt: skip
