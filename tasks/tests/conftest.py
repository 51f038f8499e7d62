from datetime import UTC, datetime

import pytest
from django.utils import timezone

from projects.models import Project
from tasks.models import Task


@pytest.fixture
def home(alice):
    """A project of Alice's."""
    return Project.objects.create(owner=alice, name="Home")


@pytest.fixture
def work(alice):
    return Project.objects.create(owner=alice, name="Work")


@pytest.fixture
def add(alice):
    """Adds a task of Alice's."""

    def add(title, **values):
        return Task.objects.create(owner=alice, title=title, **values)

    return add


@pytest.fixture
def chain(add, home):
    """Four tasks in a project, each below the one before."""
    tasks, parent = [], None
    for title in ("one", "two", "three", "four"):
        parent = add(title, project=home, parent=parent)
        tasks.append(parent)
    return tasks


@pytest.fixture
def on(monkeypatch):
    """Sets the day, or the instant in UTC."""

    def on(text):
        now = datetime.fromisoformat(text if "T" in text else f"{text}T12:00").replace(tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: now)

    return on
