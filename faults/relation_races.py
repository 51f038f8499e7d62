"""Races of requests whose relations exclude each other."""

from faults.crew import Crew, clients_of  # sets up Django, so import it first

# isort: split

from collections import Counter
from typing import Any

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


def renames(crew: Crew, rounds: int) -> Counter[str]:
    """Two tags that are renamed into each other end as one; tags that are added at once stay."""
    owner = User.objects.create_user("renames@example.com")
    tasks = [Task.objects.create(owner=owner, title=name, tags=[name]) for name in "ab"]
    clients = clients_of(owner, crew.size)
    seen: Counter[str] = Counter()
    for _ in range(rounds):

        def act(n: int) -> Any:
            if n < 2:
                body: Any = {"name": "ba"[n], "merge": True}
                return clients[n].patch(f"/api/tags/{'ab'[n]}", body)
            return clients[n].patch(f"/api/tasks/{tasks[n % 2].pk}", {"tags_add": [f"t{n}"]})

        statuses = [one.status_code for one in crew.together(act)]
        assert statuses == [200] * crew.size, statuses
        names = [set(Task.objects.get(pk=task.pk).tags) for task in tasks]
        added = {f"t{n}" for n in range(2, crew.size)}
        assert names[0] & {"a", "b"} == names[1] & {"a", "b"}, names
        assert len(names[0] & {"a", "b"}) == 1, names
        assert (names[0] | names[1]) - {"a", "b"} == added, names
        for task, name in zip(tasks, "ab", strict=True):
            Task.objects.get(pk=task.pk).change({"tags": [name]})
        seen.update(str(status) for status in statuses)
    return seen
