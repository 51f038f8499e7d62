"""What is logged for a request, and what is never logged."""

import io
import json
import logging

import pytest
from django.db import OperationalError, connection
from django.utils.module_loading import import_string

from tasks import views
from todo_project.server import logs


@pytest.fixture
def lines(settings):
    """The log lines of the test in the format of LOG_FORMAT=json."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JSONFormatter())
    for name in settings.LOGGING["handlers"]["stderr"]["filters"]:
        handler.addFilter(import_string(settings.LOGGING["filters"][name]["()"])())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_a_request_logs_one_line(alice_client, alice, milk, lines):
    response = alice_client.get(f"/api/tasks/{milk.pk}")

    (line,) = lines()
    assert line.pop("time").endswith("Z")
    assert line.pop("duration_ms") > 0
    assert line.pop("message").startswith("GET /api/tasks/<pk> 200 ")
    assert line == {
        "level": "INFO",
        "logger": "todo_project.access",
        "request_id": response["X-Request-ID"],
        "method": "GET",
        "route": "/api/tasks/<pk>",
        "status": 200,
        "queries": 1,
        "user": alice.pk,
    }


def test_a_session_user_is_logged_without_an_extra_query(client, alice, lines):
    client.force_login(alice)
    client.get("/api/tasks")
    client.get("/health")

    listed, health = lines()
    assert (listed["route"], listed["user"]) == ("/api/tasks", alice.pk)
    assert (health["route"], health["user"], health["queries"]) == ("/health", None, 0)


def test_client_data_is_not_logged(anonymous, db, lines):
    body = {"email": "sesame-mail@example.com", "password": "sesame-password"}
    headers = {"authorization": "Bearer sesame-token", "cookie": "sessionid=sesamecookie"}

    anonymous.post("/api/auth/login?token=sesame-query", body)
    anonymous.post("/api/auth/login", body)
    anonymous.post("/api/auth/register", body | {"name": "sesame-name"})
    anonymous.get("/api/tasks/sesame-path", headers=headers)
    anonymous.get("/api/auth/me", headers=headers)
    anonymous.get("/api/auth/me", headers={"host": "sesame.example"})

    text = json.dumps(lines())
    assert len(lines()) == 6
    assert "sesame" not in text
    assert [line["route"] for line in lines()][3] is None


def test_an_exception_is_logged_with_the_id_of_its_request(alice_client, monkeypatch, lines):
    def fail(*args):
        raise RuntimeError("out of milk")

    monkeypatch.setattr(views.TaskViewSet, "perform_create", fail)
    alice_client.raise_request_exception = False

    response = alice_client.post("/api/tasks", {"title": "Buy milk"})

    failure, access = lines()
    assert failure["level"] == "ERROR"
    assert "RuntimeError: out of milk" in failure["exception"]
    assert failure["request_id"] == access["request_id"] == response["X-Request-ID"]
    assert access["status"] == 500


@pytest.mark.parametrize("path", ["/calendar/sesame.ics", "/calendar/%C3%A9%0Asesame.ics"])
def test_a_failed_request_is_logged_with_its_route(client, db, lines, path):
    def fail(*arguments):
        raise OperationalError("no connection")

    client.raise_request_exception = False
    with connection.execute_wrapper(fail):
        response = client.get(path)

    (failure,) = [line for line in lines() if line["logger"] == "django.request"]
    assert response.status_code == 503
    assert failure["message"] == "Service Unavailable: /calendar/<str:secret>.ics"
    assert "sesame" not in json.dumps(lines())


def test_a_slow_query_is_logged_without_parameters(alice_client, settings, lines):
    settings.SLOW_QUERY_MS = 1e-9

    alice_client.get("/api/tasks?priority=high&due_before=1987-06-05")

    slow = [line for line in lines() if line["level"] == "WARNING"]
    assert slow
    assert all(line["duration_ms"] >= 0 for line in slow)
    assert any('FROM "tasks_task"' in line["sql"] for line in slow)
    assert "1987-06-05" not in json.dumps(lines())


def test_a_fast_query_is_not_logged(alice_client, lines):
    alice_client.get("/api/tasks")

    assert [line["level"] for line in lines()] == ["INFO"]


TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("given", [TRACE, "host-1_17", "a" * 64])
def test_the_id_of_a_trusted_proxy_is_used(client, settings, given):
    settings.TRUSTED_PROXIES = 1

    assert client.get("/health", headers={"x_request_id": given})["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["short", "a" * 65, "0af76519 GET /evil", "0af76519\u00e9\u00e9", "0af76519,0af76519"]
)
def test_a_malformed_id_is_replaced(client, settings, given):
    settings.TRUSTED_PROXIES = 1

    answered = client.get("/health", headers={"x_request_id": given})["X-Request-ID"]

    assert len(answered) == 32
    assert answered != given


def test_an_id_from_an_untrusted_client_is_replaced(client):
    assert client.get("/health", headers={"x_request_id": TRACE})["X-Request-ID"] != TRACE


def test_each_request_has_a_different_id(client):
    ids = {client.get(path)["X-Request-ID"] for path in ["/health", "/health", "/nothing", "/docs"]}

    assert len(ids) == 4
