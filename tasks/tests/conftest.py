import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.test import Client
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


@pytest.fixture
def browser(alice):
    """A browser in which Alice is logged in. It has to send a CSRF token."""
    client = Client(enforce_csrf_checks=True, headers={"accept": "text/html"})
    client.force_login(alice)
    return client


@pytest.fixture
def send(browser):
    """Sends a form with a CSRF token."""
    page = browser.get("/api/tasks").text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]

    def send(path, **fields):
        return browser.post(path, {"csrfmiddlewaretoken": token, **fields})

    return send


def press_undo(browser, page):
    """Sends the form in the message of a page, as a browser does."""
    form = re.search(r'<form class="undo".*?</form>', page, re.DOTALL)[0]
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form)
    action = re.search(r'action="([^"]+)"', form)[1]
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(name, []).append(unescape(value))
    return browser.post(action, values)
