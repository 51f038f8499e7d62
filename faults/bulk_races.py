"""Parallel bulk calls on the same rows in opposite orders, with parallel admin actions."""

from faults.crew import Crew, clients_of  # sets up Django, so import it first

# isort: split

from collections import Counter
from typing import Any

from django.db.models import Max
from django.test import Client

from accounts.models import User
from tasks.models import Task

ROWS = 10  # per owner
STAFF = 2


class Owner:
    """An owner of rows, with a client for each thread."""

    def __init__(self, number: int, threads: int) -> None:
        self.user = User.objects.create_user(f"bulk{number}@example.com")
        self.clients = clients_of(self.user, threads)
        self.rows = [Task.objects.create(owner=self.user, title="0") for _ in range(ROWS)]

    def prepare(self) -> None:
        self.doomed = Task.objects.create(owner=self.user, title="0")
        self.before = self.counter()

    def counter(self) -> int:
        return User.objects.get(pk=self.user.pk).revision

    def write(self, n: int, title: str) -> Any:
        """Rename all rows. One call also deletes a task that another call may then not find."""
        data, rows = {"title": title}, self.rows[:: 1 if n % 4 < 2 else -1]
        operations: list[Any] = [{"op": "update", "id": row.pk, "data": data} for row in rows]
        if n < 2:
            operations.append({"op": "delete", "id": self.doomed.pk})
        elif n < 4:
            operations.append({"op": "update", "id": self.doomed.pk, "data": data})
        return self.clients[n].post("/api/tasks/bulk", {"operations": operations})

    def check(self, answers: list[Any]) -> None:
        """Calls are applied fully or not at all, and the revisions have no duplicates or gaps."""
        statuses = [one.status_code for one in answers]
        assert statuses in ([200] * 3, [200, 400, 200]), [one.content for one in answers]
        done = [one.json()["results"] for one in answers if one.status_code == 200]
        numbers = sorted({result["revision"] for results in done for result in results})
        assert len(numbers) == len(done), done
        after = self.counter()
        assert self.before < numbers[0], (self.before, numbers)
        assert numbers[-1] <= after <= self.before + len(numbers) + STAFF, (numbers, after)
        stored = Task.objects.filter(owner=self.user)
        assert stored.aggregate(last=Max("revision"))["last"] == after
        kept = stored.filter(pk__in=[row.pk for row in self.rows])
        assert kept.values("title").distinct().count() == 1
        self.doomed.refresh_from_db()
        assert self.doomed.deleted_at is not None


def browser_of_staff(number: int) -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser(f"bulkroot{number}@example.com"))
    return browser


def bulks(crew: Crew, rounds: int) -> Counter[str]:
    """Bulk calls are applied fully or not at all, and no deleted task is restored."""
    owners = [Owner(number, crew.size) for number in range(2)]
    staff = [browser_of_staff(number) for number in range(STAFF)]
    rows = [row.pk for owner in owners for row in owner.rows]
    writers = crew.size - STAFF
    seen: Counter[str] = Counter()
    for number in range(rounds):

        def act(n: int, number: int = number) -> Any:
            if n < writers:
                return owners[n % 2].write(n, f"{number} by {n}")
            form: Any = {"action": ["complete", "reopen"][n % 2], "index": "0"}
            form["_selected_action"] = rows[:: 1 if n % 2 else -1]
            return staff[n % 2].post("/admin/tasks/task/", form)

        for owner in owners:
            owner.prepare()
        answers = crew.together(act)
        assert [one.status_code for one in answers[writers:]] == [302] * STAFF, answers
        for place, owner in enumerate(owners):
            owner.check(answers[place:writers:2])
        seen.update(f"bulk {one.status_code}" for one in answers[:writers])
        seen.update(resurrected=0, lost=0)
    return seen
