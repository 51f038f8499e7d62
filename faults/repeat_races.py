"""Races of tasks that repeat. Each occurrence is completed once, and its history is whole."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from accounts.models import User
from faults.crew import Crew, clients_of
from tasks.completions import Completion
from tasks.models import Task

DUE = date(2100, 1, 1)  # later than any today, so each next due date is the day after
DAY = timedelta(days=1)


def add(user: User) -> Task:
    return Task.objects.create(owner=user, title="Read", due_date=DUE, repeat="FREQ=DAILY")


def occurrences(crew: Crew, rounds: int) -> Counter[str]:
    """Exactly one of several parallel completions of an occurrence counts."""
    user = User.objects.create_user("occurrences@example.com")
    clients, task = clients_of(user, crew.size), add(user)
    seen: Counter[str] = Counter()
    for number in range(1, rounds + 1):
        before = Task.objects.get(pk=task.pk)

        def complete(n: int, number: int = number) -> Any:
            body = {"completed": True, "occurrence": number}
            return clients[n].patch(f"/api/tasks/{task.pk}/complete", body)

        answers = crew.together(complete)
        assert [one.status_code for one in answers] == [200] * crew.size, answers
        assert {one.json()["occurrence"] for one in answers} == {number + 1}
        task.refresh_from_db()
        assert (task.occurrence, task.due_date) == (number + 1, DUE + number * DAY)
        assert task.revision == before.revision + 1
        seen.update(completed=1, retries=crew.size - 1)
    assert Completion.objects.filter(task=task).count() == rounds
    return seen


def undos(crew: Crew, rounds: int) -> Counter[str]:
    """Parallel completions and undos of an occurrence leave it completed or not, never half."""
    user = User.objects.create_user("undos@example.com")
    clients, task = clients_of(user, crew.size), add(user)
    seen: Counter[str] = Counter()
    for _ in range(rounds):

        def act(n: int) -> int:
            body = {"completed": n % 2 == 0, "occurrence": 1}
            return clients[n].patch(f"/api/tasks/{task.pk}/complete", body).status_code

        assert crew.together(act) == [200] * crew.size
        task.refresh_from_db()
        rows = list(Completion.objects.filter(task=task).values_list("occurrence", "due_date"))
        assert rows in ([], [(1, DUE)])
        done = len(rows)
        assert (task.occurrence, task.due_date) == (1 + done, DUE + done * DAY)
        seen.update(["completed" if done else "undone"])
    return seen


def moves(crew: Crew, rounds: int) -> Counter[str]:
    """A completion in parallel with a change of the due date uses the old date or the new one."""
    user = User.objects.create_user("moves@example.com")
    clients, task = clients_of(user, crew.size), add(user)
    seen: Counter[str] = Counter()
    for number in range(1, rounds + 1):
        old, new = task.due_date, DUE + 10 * number * DAY

        def act(n: int, number: int = number, new: date = new) -> int:
            if n == 0:
                return clients[n].patch(f"/api/tasks/{task.pk}", {"due_date": new}).status_code
            body = {"completed": True, "occurrence": number}
            return clients[n].patch(f"/api/tasks/{task.pk}/complete", body).status_code

        assert crew.together(act) == [200] * crew.size
        task.refresh_from_db()
        row = Completion.objects.get(task=task, occurrence=number)
        assert row.due_date in (old, new)
        assert row.next_due_date == row.due_date + DAY
        assert task.occurrence == number + 1
        last_moved = task.due_date == new
        assert last_moved or (task.due_date == row.next_due_date and row.due_date == new)
        seen.update(["moved last" if last_moved else "completed last"])
    return seen


def deletions_of_series(crew: Crew, rounds: int) -> Counter[str]:
    """A completion in parallel with a DELETE comes first or finds nothing."""
    user = User.objects.create_user("series@example.com")
    clients = clients_of(user, crew.size)
    seen: Counter[str] = Counter()
    for _ in range(rounds):
        task = add(user)

        def act(n: int, pk: int = task.pk) -> int:
            if n == 0:
                return clients[n].delete(f"/api/tasks/{pk}").status_code
            body = {"completed": True, "occurrence": 1}
            return clients[n].patch(f"/api/tasks/{pk}/complete", body).status_code

        deleted, *completed = crew.together(act)
        assert deleted == 204
        assert set(completed) <= {200, 404}, completed
        task.refresh_from_db()
        assert task.deleted_at is not None
        rows = Completion.objects.filter(task=task).count()
        assert rows == (200 in completed) == task.occurrence - 1
        seen.update(f"complete {status}" for status in completed)
    return seen
