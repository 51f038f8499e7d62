"""The client in Python of docs/sync.md, against a real server."""

import json
import re

import pytest
from django.conf import settings
from django.core.management import call_command

from accounts.tokens import RefreshToken
from projects.models import Project
from tasks.models import Task
from todo_project.api.writes import write

TEXT = (settings.BASE_DIR / "docs" / "sync.md").read_text()


@pytest.fixture
def client_class():
    names = {}
    exec(re.search("```python\n(.*?)```", TEXT, re.DOTALL)[1], names)  # noqa: S102  (our own document)
    return names["Mirror"]


@pytest.fixture
def mirror(client_class, live_server, alice, tmp_path):
    token = RefreshToken.for_user(alice).pair()["access"]
    return client_class(f"{live_server.url}/api", token, str(tmp_path / "copy.json"))


def titles(mirror):
    return sorted(task["title"] for task in mirror.tasks.values())


def test_it_mirrors_an_account(mirror, milk, alice):
    mirror.sync()
    milk.change({"title": "Buy oat milk"})
    bread = Task.objects.create(owner=alice, title="Buy bread")
    mirror.sync()
    assert titles(mirror) == ["Buy bread", "Buy oat milk"]
    with write(alice.pk) as writing:
        writing.delete(bread)
    mirror.sync()

    assert titles(mirror) == ["Buy oat milk"]


def test_it_mirrors_projects(mirror, alice):
    home, work = (Project.objects.create(owner=alice, name=name) for name in ("Home", "Work"))
    mirror.sync()
    home.change({"name": "House"})
    work.delete()

    mirror.sync()

    assert [project["name"] for project in mirror.projects.values()] == ["House"]
    mirror.tasks["0"] = {"id": 0, "title": "Not there", "revision": 1}
    mirror.verify()
    assert mirror.tasks == {}


def test_it_goes_on_from_its_file(mirror, milk, client_class):
    mirror.sync()

    again = client_class(mirror.api, mirror.token, mirror.path)
    assert (titles(again), again.next) == (["Buy milk"], mirror.next)


def test_it_starts_again_after_a_410(mirror, milk):
    mirror.sync()
    mirror.tasks["0"] = {"id": 0, "title": "Not there", "revision": 1}
    call_command("reset_sync", verbosity=0)

    mirror.sync()

    assert titles(mirror) == ["Buy milk"]


def test_it_notices_that_its_copy_is_not_complete(mirror, milk):
    mirror.sync()
    mirror.tasks.clear()
    assert titles(mirror) == []

    mirror.verify()

    assert titles(mirror) == ["Buy milk"]


def test_its_file_is_json(mirror, milk):
    mirror.sync()

    with open(mirror.path) as file:
        tasks, projects, token = json.load(file)
    assert (tasks[str(milk.pk)]["title"], projects, token) == ("Buy milk", {}, mirror.next)
