import gc
from datetime import UTC, datetime

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory

from accounts.models import User
from accounts.tokens import RefreshToken
from tasks.models import Task
from todo_project.server.bodies import BodyReader
from todo_project.server.garbage import GarbageCollection

TIMES = 20


@pytest.fixture
def application():
    return GarbageCollection(BodyReader(get_wsgi_application()))


@pytest.fixture
def token(transactional_db):
    """A client of a user whose task list is a megabyte."""
    alice = User.objects.create_user("alice@example.com")
    tasks = {"owner": alice, "description": "x" * 10_000, "updated_at": datetime.now(UTC)}
    tasks |= {"tags": ["home"], "tag_keys": ["home"]}
    Task.objects.bulk_create(Task(title=f"Task {n}", **tasks) for n in range(100))
    return str(RefreshToken.for_user(alice).access_token)


def ask(application, method, path, token, body=b""):
    headers = {"authorization": f"Bearer {token}"}
    request = RequestFactory().generic(method, path, body, "application/json", headers=headers)
    statuses = []
    chunks = application(request.environ, lambda status, headers: statuses.append(status))
    assert isinstance(chunks, list)
    return int(statuses[0].split()[0])


def alive(kind):
    return [found for found in gc.get_objects() if type(found) is kind]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/tasks", b""),
        ("GET", "/api/tasks?status=pending", b""),
        ("GET", "/api/tasks/{id}", b""),
        ("POST", "/api/tasks", b'{"title": "Buy milk"}'),
        ("PATCH", "/api/tasks/{id}", b'{"title": "Buy milk"}'),
        ("PATCH", "/api/tasks/{id}/complete", b""),
        ("GET", "/api/projects", b""),
        ("GET", "/api/tags", b""),
        ("GET", "/api/trash", b""),
        ("GET", "/api/auth/me", b""),
    ],
)
def test_requests_leave_no_garbage(application, token, without_collections, method, path, body):
    path = path.format(id=Task.objects.first().pk)
    ask(application, method, path, token, body)  # may fill caches
    gc.collect()

    assert ask(application, method, path, token, body) in (200, 201)

    assert gc.collect() == 0  # unreachable objects


def test_responses_are_closed_before_they_are_sent(application, token):
    closed = []

    def note(**options):
        closed.append(True)

    request_finished.connect(note)
    ask(application, "GET", "/api/tasks", token)
    request_finished.disconnect(note)

    assert closed == [True]


def test_rows_of_long_pages_are_collected(application, token, without_collections):
    for _ in range(TIMES):
        assert ask(application, "GET", "/api/sync?limit=100", token) == 200

    assert len(alive(Task)) <= 6 * 100  # responses of 4 MiB and one more


def test_long_bodies_are_collected(application, token, without_collections):
    body = b'{"title": "' + b"x" * 1_000_000 + b'"}'
    before = len(alive(WSGIRequest))

    for _ in range(TIMES):
        assert ask(application, "POST", "/api/tasks", token, body) == 400

    assert len(alive(WSGIRequest)) <= before + 2 * 6  # the factory's and the handler's
