"""A state machine that compares the HTTP API with a dictionary.

Alice creates, replaces, changes, completes, deletes, restores and lists tasks, with fresh and stale
ETags, repeated idempotency keys, and invalid values. Bob tries the same on her tasks. After every
step all members of her tasks equal the dictionary, and Bob's tasks are unchanged.
"""

import datetime
from typing import Any

import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import RefreshToken

TITLES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200).filter(
    str.strip
)
DESCRIPTIONS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
DAYS = st.dates(datetime.date(1970, 1, 1), datetime.date(9998, 12, 31)).map(str)
TIMES = st.times().map(lambda time: time.strftime("%H:%M:%S"))
PRIORITIES = [None, "low", "medium", "high"]
OPTIONAL = {
    "description": DESCRIPTIONS,
    "completed": st.booleans(),
    "priority": st.sampled_from(PRIORITIES),
    "due_date": st.none() | DAYS,
    "due_time": st.none() | TIMES,
}
MEMBERS = {"title": TITLES, **OPTIONAL}
CHANGES = st.fixed_dictionaries({}, optional=MEMBERS)
BODIES = st.fixed_dictionaries({"title": TITLES}, optional=OPTIONAL)
REFUSED = st.sampled_from(
    [
        {"title": ""},
        {"title": "a\nb"},
        {"title": "x" * 201},
        {"title": "x", "priority": 4},
        {"title": "x", "due_date": "1969-12-31"},
        {"title": "x", "due_date": "soon"},
        {"title": "x", "completed": None},
        {"title": "x", "description": "\0"},
        {"title": "x", "priority": "urgent"},
    ]
)
DEFAULTS = {
    "description": "",
    "completed": False,
    "priority": None,
    "due_date": None,
    "due_time": None,
}
SORTS: dict[str, Any] = {
    "created": lambda pk, task: pk,
    "title": lambda pk, task: (task["title"].casefold(), pk),
    "due_date": lambda pk, task: (task["due_date"] or "9999", pk),
    "priority": lambda pk, task: (PRIORITIES.index(task["priority"]), pk),
}


class TaskApi(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.alice, self.bob = self.client("alice"), self.client("bob")
        self.bobs = self.bob.post("/api/tasks", {"title": "Feed the cat"}).json()
        self.tasks: dict[int, dict[str, Any]] = {}
        self.trash: dict[int, dict[str, Any]] = {}
        self.tags: dict[int, list[str]] = {}
        self.keys: dict[str, tuple[Any, int]] = {}

    def client(self, name: str) -> APIClient:
        token = RefreshToken.for_user(User.objects.create_user(f"{name}@example.com")).access_token
        return APIClient(headers={"authorization": f"Bearer {token}"})

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def one(self, data: st.DataObject) -> int:
        """A task id: usually an existing one, else a deleted or unknown one."""
        return data.draw(st.sampled_from([*self.tasks] * 3 + [0, 10**6, 10**18]), "id")

    def expect(self, pk: int, members: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status of a change and the task after it."""
        if pk not in self.tasks:
            return 404, {}
        after = self.tasks[pk] | members
        after["title"] = after["title"].strip()
        if after["due_time"] and not after["due_date"]:
            return 400, self.tasks[pk]
        return 200, after

    def settle(self, pk: int, response: Any, status: int, after: dict[str, Any]) -> None:
        assert response.status_code == status, response.content
        if status in (200, 201):
            assert {name: response.json()[name] for name in MEMBERS} == after
            changed = self.tasks.get(pk) != after
            assert (response["ETag"] != self.tags.get(pk, [None])[-1]) == changed
            if changed:
                assert response["ETag"] not in self.tags.get(pk, [])
                self.tags.setdefault(pk, []).append(response["ETag"])
            self.tasks[pk] = after

    @rule(body=BODIES, key=st.none() | st.sampled_from(["k1", "k2", "k3"]))
    def create(self, body: dict[str, Any], key: str | None) -> None:
        headers = {"idempotency_key": key} if key else {}
        response = self.alice.post("/api/tasks", body, headers=headers)
        after = DEFAULTS | body
        after["title"] = after["title"].strip()
        if key in self.keys:
            known, pk = self.keys[key]
            assert response.status_code == (201 if known == body else 422)
            if known == body:
                assert response["Idempotent-Replayed"] == "true"
                assert response.json()["id"] == pk
        elif after["due_time"] and not after["due_date"]:
            assert response.status_code == 400
        else:
            self.settle(response.json()["id"], response, 201, after)
            if key:
                self.keys[key] = body, response.json()["id"]

    @rule(data=st.data(), method=st.sampled_from(["put", "patch"]), how=st.sampled_from("fsn"))
    def change(self, data: st.DataObject, method: str, how: str) -> None:
        """Sends a fresh ETag, a stale one or none."""
        pk = self.one(data)
        members = data.draw(BODIES if method == "put" else CHANGES, "members")
        tags = self.tags.get(pk, ['"x"'])
        tag = tags[-1] if how == "f" else data.draw(st.sampled_from(['"y"', *tags[:-1]]), "tag")
        headers = {} if how == "n" else {"if_match": tag}
        response = getattr(self.alice, method)(f"/api/tasks/{pk}", members, headers=headers)
        status, after = self.expect(pk, members)
        if pk in self.tasks and how == "s":
            status = 412
        self.settle(pk, response, status, after)

    @rule(data=st.data(), value=st.sampled_from([None, True, False]), noise=CHANGES)
    def complete(self, data: st.DataObject, value: bool | None, noise: dict[str, Any]) -> None:
        """Sends other members, which are ignored."""
        pk = self.one(data)
        body = noise | {"completed": value}
        if value is None:
            del body["completed"]
        response = self.alice.patch(f"/api/tasks/{pk}/complete", body)
        if value is None and pk in self.tasks:
            value = not self.tasks[pk]["completed"]
        self.settle(pk, response, *self.expect(pk, {"completed": value}))

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        pk = self.one(data)
        response = self.alice.delete(f"/api/tasks/{pk}")
        assert response.status_code == (204 if pk in self.tasks else 404)
        if pk in self.tasks:
            self.trash[pk] = self.tasks.pop(pk)

    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        pk = data.draw(st.sampled_from([*self.trash, *self.tasks, 10**6]), "id")
        response = self.alice.post(f"/api/tasks/{pk}/restore")
        after = self.tasks.get(pk) or self.trash.pop(pk, {})
        self.settle(pk, response, 200 if after else 404, after)

    @rule(data=st.data(), body=REFUSED, method=st.sampled_from(["post", "put", "patch"]))
    def send_what_is_refused(self, data: st.DataObject, body: dict[str, Any], method: str) -> None:
        pk = self.one(data)
        path = "/api/tasks" if method == "post" else f"/api/tasks/{pk}"
        status = 400 if method == "post" or pk in self.tasks else 404
        assert getattr(self.alice, method)(path, body).status_code == status

    @rule(data=st.data(), method=st.sampled_from(["get", "put", "patch", "delete"]))
    def try_it_as_a_stranger(self, data: st.DataObject, method: str) -> None:
        pk = self.one(data)
        headers = {"if_match": self.tags.get(pk, ["*"])[-1]}
        body = None if method == "get" else {"title": "Mine"}
        response = getattr(self.bob, method)(f"/api/tasks/{pk}", body, headers=headers)
        assert response.status_code == 404
        assert self.bob.patch(f"/api/tasks/{pk}/complete").status_code == 404

    @rule(
        sort=st.sampled_from([*SORTS]),
        sign=st.sampled_from(["", "-"]),
        status=st.sampled_from(["all", "pending", "completed"]),
        size=st.integers(1, 5),
    )
    def list_page_by_page(self, sort: str, sign: str, status: str, size: int) -> None:
        wanted = {"all": (True, False), "pending": (False,), "completed": (True,)}[status]
        tasks = [(pk, task) for pk, task in self.tasks.items() if task["completed"] in wanted]
        tasks.sort(key=lambda item: SORTS[sort](*item), reverse=bool(sign))
        if sort == "due_date" and sign:  # tasks without a date are last here too
            tasks.sort(key=lambda item: item[1]["due_date"] is None)
        url = f"/api/tasks?sort={sign}{sort}&status={status}&page_size={size}"
        found: list[int] = []
        while url:
            response = self.alice.get(url)
            found += [task["id"] for task in response.json()]
            link = response.headers.get("Link", "")
            url = next(
                (part[1 : part.index(">")] for part in link.split(", ") if "next" in part), ""
            )
        assert found == [pk for pk, _ in tasks]

    @invariant()
    def the_tasks_are_what_they_should_be(self) -> None:
        if not hasattr(self, "alice"):
            return
        answer = self.alice.get("/api/tasks?page_size=200").json()
        assert {task["id"]: {name: task[name] for name in MEMBERS} for task in answer} == self.tasks
        assert {task["id"] for task in self.alice.get("/api/trash").json()} == {*self.trash}
        assert self.bob.get("/api/tasks").json() == [self.bobs]


@pytest.mark.django_db
def test_the_api_equals_the_dictionary() -> None:
    run_state_machine_as_test(TaskApi)
