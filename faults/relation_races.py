"""Races of requests whose relations exclude each other."""

from faults.crew import Crew, clients_of  # sets up Django, so import it first

# isort: split

from collections import Counter

from accounts.models import User
from projects.models import Project
from tasks.models import Task


def cycles(crew: Crew, rounds: int) -> Counter[str]:
    """One request puts A below B, another B below A. One is refused, so there is no cycle."""
    user = User.objects.create_user("cycle@example.com")
    clients = clients_of(user, crew.size)
    seen: Counter[str] = Counter()
    for _ in range(rounds):
        pair = [Task.objects.create(owner=user, title=title) for title in "AB"]

        def put_below(n: int, pair: list[Task] = pair) -> int:
            task, parent = pair[:: 1 if n % 2 else -1]
            url = f"/api/tasks/{task.pk}"
            return clients[n].patch(url, {"parent": parent.pk}).status_code

        statuses = crew.together(put_below)
        assert set(statuses) == {200, 400}, statuses
        stored = Task.objects.filter(pk__in=[task.pk for task in pair])
        assert sorted(stored.values_list("depth", flat=True)) == [0, 1]
        assert stored.filter(parent=None).count() == 1
        seen.update(str(status) for status in statuses)
    return seen


def ends_of_projects(crew: Crew, rounds: int) -> Counter[str]:
    """A project is deleted while tasks are moved into it. No task refers to it afterwards."""
    user = User.objects.create_user("project@example.com")
    clients = clients_of(user, crew.size)
    tasks = [Task.objects.create(owner=user, title=str(n)) for n in range(crew.size)]
    seen: Counter[str] = Counter()
    for _ in range(rounds):
        project = Project.objects.create(owner=user, name="Home")

        def move_or_delete(n: int, pk: int = project.pk) -> int:
            if n == 0:
                return clients[n].delete(f"/api/projects/{pk}").status_code
            return clients[n].patch(f"/api/tasks/{tasks[n].pk}", {"project": pk}).status_code

        first, *others = crew.together(move_or_delete)
        assert first == 204, first
        assert set(others) <= {200, 400}, others
        assert not Task.objects.filter(owner=user).exclude(project=None).exists()
        seen.update(str(status) for status in others)
    return seen
