"""Where personal access tokens are valid: every route with every kind of token."""

import uuid

import pytest
from django.urls import resolve
from rest_framework.test import APIClient

from accounts.credentials import digest, make_token
from todo_project.api.throttling import UserThrottle
from todo_project.tests.test_matrix import EXPECTED

KINDS = ["tasks:read", "tasks:write", "tasks:read tasks:write"]
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
SAFE = ["GET", "HEAD", "OPTIONS"]
# These take personal tokens. A new route takes none until it declares a scope.
TASK_ROUTES = ["/api/tasks", "/api/tags", "/api/trash", "/api/projects", "/api/sync"]
TASK_ROUTES += ["/api/calendar", "/api/export", "/api/import"]
ROUTES = [route for route in EXPECTED if route.startswith("/api/")]


@pytest.fixture
def token_of(alice):
    """Gives a client with a new personal token of Alice with these scopes."""

    def client_of(scopes):
        token = make_token()
        alice.personal_tokens.create(name="x", digest=digest(token), scopes=scopes)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return client_of


def example(route):
    return route.format(id=uuid.UUID(int=0) if "sign-ins" in route else 999, tag="shop")


def view_of(route):
    view = resolve(example(route)).func
    return getattr(view, "view_class", None) or view.cls


def is_of_tasks(route):
    return any(f"{route}/".startswith(f"{one}/") for one in TASK_ROUTES)


@pytest.mark.parametrize("scopes", KINDS)
@pytest.mark.parametrize("route", ROUTES)
def test_a_token_is_valid_only_where_its_scope_is_declared(token_of, route, scopes):
    if not view_of(route).authentication_classes:
        return  # it reads no token, so the token gives no access
    client = token_of(scopes)
    for method in METHODS:
        needed = "tasks:read" if method in SAFE else "tasks:write"
        allowed = is_of_tasks(route) and needed in scopes

        response = client.generic(method, example(route), b"{}", "application/json")

        assert (response.status_code != 403) == allowed, method
        if not allowed:
            scope = f', scope="{needed}"' if is_of_tasks(route) else ""
            header = f'Bearer realm="api", error="insufficient_scope"{scope}'
            assert response["WWW-Authenticate"] == header
            assert method == "HEAD" or response.json()["code"] == "insufficient_scope"


def test_only_routes_of_tasks_declare_a_scope():
    declared = [route for route in ROUTES if hasattr(view_of(route), "access_scope")]

    assert declared == list(filter(is_of_tasks, ROUTES))


def test_a_reader_changes_nothing(token_of, milk):
    response = token_of("tasks:read").patch(f"/api/tasks/{milk.pk}", {"title": "Buy rye"})

    milk.refresh_from_db()
    assert response.status_code == 403
    assert milk.title == "Buy milk"


def test_a_token_gives_access_only_to_its_owner(token_of, milk, bob):
    client = token_of("tasks:read tasks:write")

    response = client.post("/api/tasks", {"title": "Buy rye"})

    assert response.status_code == 201
    assert {task["title"] for task in client.get("/api/tasks").json()} == {"Buy milk", "Buy rye"}
    assert not bob.tasks.exists()


def test_calls_count_with_those_of_the_owner(token_of, alice_client, monkeypatch):
    monkeypatch.setattr(UserThrottle, "THROTTLE_RATES", {"user": "2/day"})
    client = token_of("tasks:read")

    statuses = [one.get("/api/tasks").status_code for one in (client, alice_client, client)]

    assert statuses == [200, 200, 429]


def test_a_token_is_no_access_token(token_of, anonymous):
    token = token_of("tasks:read")._credentials["HTTP_AUTHORIZATION"].split()[1]

    assert anonymous.post("/api/auth/verify", {"token": token}).status_code == 401
