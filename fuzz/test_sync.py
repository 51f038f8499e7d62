"""Several writers and readers at once: no copy that `GET /api/sync` fills ever misses a change.

In each step some threads write at the same time, each in another way, over the same few tasks, and
some copies read a small page in between. At the end of a step, now and then, the copies read the
rest: they must equal the server's rows, and the server's digest theirs.
"""

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Barrier, Semaphore
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connections
from django.test import Client
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import RefreshToken
from projects.models import Project
from tasks.models import Task
from todo_project.api.writes import write, write_rows

STEPS = 50
EXAMPLES = {"short": 3, "long": 40}[os.environ.get("FUZZ", "short")]
THREADS = 4
KINDS = ("task", "project")


def sign_in(user: User) -> APIClient:
    client = APIClient()
    access = RefreshToken.for_user(user).pair()["access"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


class Writer:
    """Writes to the tasks and projects of a user in every way. Its targets may be gone."""

    def __init__(self, user: User, chance: random.Random) -> None:
        self.user, self.chance, self.client = user, chance, sign_in(user)

    def one(self) -> int:
        ids = list(Task.objects.filter(owner=self.user).values_list("pk", flat=True))
        return self.chance.choice(ids or [0])

    def project(self) -> int:
        ids = list(Project.objects.filter(owner=self.user).values_list("pk", flat=True))
        return self.chance.choice(ids or [0])

    def create(self) -> None:
        self.client.post("/api/tasks", {"title": f"Task {self.chance.random()}"})

    def create_project(self) -> None:
        self.client.post("/api/projects", {"name": f"Project {self.chance.random()}"})

    def change_project(self) -> None:
        name = f"Name {self.chance.randrange(3)}"
        self.client.patch(f"/api/projects/{self.project()}", {"name": name})

    def delete_project(self) -> None:
        query = self.chance.choice(["", "?tasks=trash"])
        self.client.delete(f"/api/projects/{self.project()}{query}")

    def put_into_project(self) -> None:
        self.client.patch(f"/api/tasks/{self.one()}", {"project": self.project()})

    def put_below(self) -> None:
        parent = self.chance.choice([None, self.one()])
        self.client.patch(f"/api/tasks/{self.one()}", {"parent": parent})

    def move(self) -> None:
        anchor = self.chance.choice([None, self.one()])
        self.client.patch(f"/api/tasks/{self.one()}/position", {"after": anchor})

    def move_project(self) -> None:
        self.client.patch(f"/api/projects/{self.project()}/position", {"before": None})

    def change(self) -> None:
        title = f"Title {self.chance.randrange(3)}"
        self.client.patch(f"/api/tasks/{self.one()}", {"title": title})

    def toggle(self) -> None:
        self.client.patch(f"/api/tasks/{self.one()}/complete")

    def repeat(self) -> None:
        body = {"due_date": "2026-12-01", "repeat": "FREQ=DAILY;COUNT=3"}
        self.client.patch(f"/api/tasks/{self.one()}", body)

    def complete_or_undo(self) -> None:
        body = {"completed": self.chance.random() < 0.7, "occurrence": self.chance.randrange(1, 4)}
        self.client.patch(f"/api/tasks/{self.one()}/complete", body)

    def delete(self) -> None:
        self.client.delete(f"/api/tasks/{self.one()}")

    def restore(self) -> None:
        self.client.post(f"/api/tasks/{self.one()}/restore")

    def purge(self) -> None:
        self.client.delete(f"/api/trash/{self.one()}")

    def empty_trash(self) -> None:
        self.client.delete("/api/trash")

    def bulk(self) -> None:
        operations: list[dict[str, Any]] = [{"op": "create", "data": {"title": "Of a bulk"}}]
        for _ in range(self.chance.randrange(4)):
            name = self.chance.choice(["complete", "reopen", "delete", "restore"])
            operations.append({"op": name, "id": self.one()})
        self.client.post("/api/tasks/bulk", {"operations": operations})

    def refused(self) -> None:
        self.client.patch(f"/api/tasks/{self.one()}", {"title": ""})

    def act_in_admin(self) -> None:
        """On a few tasks of everybody, by the action of the admin's list."""
        staff = Client()
        staff.force_login(User.objects.get(is_superuser=True))
        action = self.chance.choice(["complete", "reopen"])
        body = {"action": action, "_selected_action": [self.one(), self.one()]}
        staff.post("/admin/tasks/task/", body)

    def write_rows(self) -> None:
        rows = Task.objects.filter(owner=self.user, title="Title 1")
        with write_rows(rows) as (writing, found):
            for task in found:
                writing.update(task, priority=self.chance.choice([0, 1, 2, 3]))

    def delete_by_command(self) -> None:
        with write(self.user.pk) as writing:
            writing.delete(*Task.objects.filter(owner=self.user, pk=self.one()))

    WAYS = (
        create, create, create, change, change, toggle, delete, delete, restore, purge, bulk,
        refused, act_in_admin, write_rows, delete_by_command, empty_trash, create_project,
        change_project, delete_project, put_into_project, put_into_project, put_below, put_below,
        move, move_project, repeat, repeat, complete_or_undo, complete_or_undo,
    )  # fmt: skip


class Copy:
    """What a client has of a user's tasks and projects: the revision of each."""

    def __init__(self, user: User) -> None:
        self.user, self.client = user, sign_in(user)
        self.revisions: dict[tuple[str, int], int] = {}
        self.token = ""

    def read(self, limit: int, **query: Any) -> dict[str, Any]:
        since = {"since": self.token} if self.token else {}
        response = self.client.get("/api/sync", {"limit": limit, **since, **query})
        assert response.status_code == 200, response.content
        answer: dict[str, Any] = response.json()
        for kind in KINDS:
            for row in answer[f"{kind}s"]:
                key = (kind, row["id"])
                assert row["revision"] >= self.revisions.get(key, 0), "a copy went back"
                self.revisions[key] = row["revision"]
            for pk in answer["deleted"][f"{kind}s"]:
                self.revisions.pop((kind, pk), None)
        self.token = answer["next"]
        return answer

    def check(self) -> None:
        """Read the rest. Nobody writes now."""
        answer = self.read(3, verify="true")
        while answer["has_more"]:
            answer = self.read(3, verify="true")
        live = {
            "task": Task.objects.filter(owner=self.user, deleted_at=None),
            "project": Project.objects.filter(owner=self.user),
        }
        assert self.revisions == {
            (kind, pk): revision
            for kind, rows in live.items()
            for pk, revision in rows.values_list("pk", "revision")
        }
        counts = {f"{kind}s": rows.count() for kind, rows in live.items()}
        assert answer["check"] == {**counts, "digest": self.digest()}

    def digest(self) -> str:
        value = 0
        for (kind, pk), revision in self.revisions.items():
            digest = sha256(f"{kind}:{pk}:{revision}".encode()).digest()
            value ^= int.from_bytes(digest[:8])
        return f"{value:016x}"


class Synchronization(RuleBasedStateMachine):
    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        User.objects.create_superuser("root@example.com")
        self.users = [self.sign_up("alice"), self.sign_up("bob")]
        self.pool = ThreadPoolExecutor(THREADS)
        # A generator of our own: Hypothesis would write little, as it prefers simple steps.
        self.chance = random.Random(seed)
        self.writers = [Writer(self.users[n // 2], self.chance) for n in range(THREADS - 1)]
        for writer in self.writers * 2:
            writer.create()
        self.copies = [Copy(user) for user in [*self.users, self.users[0]]]

    def sign_up(self, name: str) -> User:
        return User.objects.create(email=f"{name}@example.com", password=make_password(None))

    def teardown(self) -> None:
        self.pool.shutdown()
        User.objects.all().delete()

    @rule(reader=st.integers(0, 2), limit=st.integers(1, 4))
    def write_and_read_at_once(self, reader: int, limit: int) -> None:
        writers = [(self.chance.choice(Writer.WAYS), writer) for writer in self.writers]
        barrier, writing = Barrier(len(writers) + 1), Semaphore(0)

        def write_some(way: Callable[[Writer], None], writer: Writer) -> None:
            barrier.wait()
            try:
                for _ in range(3):
                    way(writer)
            finally:
                writing.release()
                connections.close_all()

        def read_all_the_while() -> None:
            barrier.wait()
            try:
                for _ in writers:
                    while not writing.acquire(blocking=False):
                        self.copies[reader].read(limit)
            finally:
                connections.close_all()

        futures = [self.pool.submit(write_some, way, writer) for way, writer in writers]
        futures.append(self.pool.submit(read_all_the_while))
        for future in futures:
            future.result()

    @rule()
    def purge_what_has_expired(self) -> None:
        call_command("clear_expired", verbosity=0)

    @rule(reader=st.integers(0, 2))
    def start_again(self, reader: int) -> None:
        self.copies[reader] = Copy(self.copies[reader].user)

    @rule()
    def every_copy_is_whole(self) -> None:
        for copy in self.copies:
            copy.check()


@pytest.mark.django_db(transaction=True)
def test_no_copy_misses_a_change() -> None:
    # Not shrunk: threads do not run the same way twice.
    run_state_machine_as_test(
        Synchronization,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, phases=[Phase.generate]
        ),
    )
