"""Every error under `/api` has one format, whichever layer caused it."""

import pytest
from django.db import DataError, IntegrityError, InterfaceError, InternalError, OperationalError
from rest_framework.exceptions import ErrorDetail

from tasks import views
from tasks.models import Task
from todo_project.api import problems

MEMBERS = {"type", "title", "status", "code", "detail"}


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/api/tasks/999", {}, 404, "not_found"),
        ("GET", "/api/nothing", {}, 404, "not_found"),
        ("GET", "/api/", {}, 404, "not_found"),
        ("GET", "/api", {}, 404, "not_found"),
        ("GET", "/api/tasks", {"HTTP_HOST": "evil.example"}, 400, "bad_request"),
        ("GET", "/api/tasks?" + "a=1&" * 1100, {}, 400, "bad_request"),
        ("PUT", "/api/tasks", {}, 405, "method_not_allowed"),
        ("TRACE", "/api/tasks", {}, 405, "method_not_allowed"),
        ("GET", "/api/tasks", {"HTTP_ACCEPT": "image/png"}, 406, "not_acceptable"),
        ("POST", "/api/tasks", {"content_type": "text/csv"}, 415, "unsupported_media_type"),
        ("POST", "/api/tasks", {"content_type": "application/json"}, 400, "parse_error"),
    ],
)
def test_an_error_is_a_problem_document(alice_client, method, path, options, status, code):
    response = alice_client.generic(method, path, b"[", **options)

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) == MEMBERS
    assert (problem["type"], problem["status"], problem["code"]) == ("about:blank", status, code)
    assert isinstance(problem["detail"], str)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (IntegrityError("CHECK constraint failed: task_title_length"), 409, "conflict"),
        (IntegrityError("UNIQUE constraint failed: tasks_task.secret"), 500, "error"),
        (DataError("text fields cannot contain NUL"), 400, "bad_request"),
        (InterfaceError("connection already closed"), 503, "database_unavailable"),
        (InternalError("cannot execute INSERT on a standby"), 503, "database_unavailable"),
        (OperationalError("could not connect to db.internal"), 503, "database_unavailable"),
        (RuntimeError("secret"), 500, "error"),
    ],
)
def test_a_500_does_not_reveal_its_cause(alice_client, monkeypatch, error, status, code):
    def fail(*args):
        raise error

    monkeypatch.setattr(views.TaskViewSet, "perform_create", fail)
    alice_client.raise_request_exception = False

    response = alice_client.post("/api/tasks", {"title": "Buy milk"})

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == code
    assert str(error) not in response.content.decode()
    assert response.get("Retry-After", "none").isdecimal() == (status == 503)
    assert not Task.objects.exists()


def test_debug_does_not_change_the_errors(alice_client, monkeypatch, settings):
    """With DEBUG, Django shows its own page for unhandled exceptions."""
    settings.DEBUG = True

    def fail(*args):
        raise OperationalError("could not connect to db.internal")

    monkeypatch.setattr(views.TaskViewSet, "perform_create", fail)

    response = alice_client.post("/api/tasks", {"title": "Buy milk"})

    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")


def test_every_error_of_a_body_is_listed(alice_client):
    response = alice_client.post("/api/tasks", {"priority": 7, "due_date": "x"})

    problem = response.json()
    assert set(problem) == MEMBERS | {"errors"}
    assert [error["field"] for error in problem["errors"]] == ["title", "priority", "due_date"]
    assert problem["detail"].startswith("title: This field is required. priority: ")


def test_pages_outside_the_api_keep_their_errors(client, db):
    response = client.get("/nothing")

    assert response.status_code == 404
    assert "text/html" in response["Content-Type"]


def test_an_error_does_not_repeat_a_long_value():
    detail = [ErrorDetail("<" * 1_000_000, "invalid_choice")]

    (error,) = problems.flatten({"priority": detail})

    assert error["field"] == "priority"
    assert len(error["detail"]) == 500
