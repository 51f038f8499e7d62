import json
import re

import pytest

from accounts.models import User
from accounts.tokens import RefreshToken
from projects.models import Project
from tasks.models import Task

PATHS = [
    "/api/tasks",
    "/api/tasks/summary",
    "/api/tasks/1",
    "/api/tasks/1/complete",
    "/api/tasks/1/position",
    "/api/tasks/1/restore",
    "/api/tasks/bulk",
    "/api/trash",
    "/api/projects",
    "/api/projects/1",
    "/api/projects/1/position",
    "/api/tags",
    "/api/auth/register",
    "/api/auth/login",
    "/api/auth/refresh",
    "/api/auth/me",
    "/api/nothing",
    "/openapi.json",
    "/docs",
    "/redoc",
    "/health",
    "/ready",
]
# Differences between any two calls, with or without a slash.
MOVING = {"created_at", "updated_at", "completed_at", "date_joined", "id", "access", "refresh"}
MOVING |= {"revision", "position", "ETag", "Expires", "Location", "Content-Length", "X-Request-ID"}


def still(members):
    return {name: value for name, value in members.items() if name not in MOVING}


def reset(alice):
    """Undo the changes of the previous request, which may have deleted the account."""
    Task.objects.all().delete()
    Project.objects.all().delete()
    User.objects.exclude(pk=alice.pk).delete()
    alice._state.adding = not User.objects.filter(pk=alice.pk).exists()
    alice.set_password("correct horse battery")
    alice.save()
    Task.objects.create(pk=1, owner=alice, title="Buy milk")
    Project.objects.create(pk=1, owner=alice, name="Home")


def make_body(path, alice):
    """A body that is valid for every path."""
    return {
        "title": "Buy oats",
        "name": "Errands",
        "after": None,
        "email": "alice@example.com" if "login" in path else "cyd@example.com",
        "password": "correct horse battery",
        "operations": [],
        "refresh": str(RefreshToken.for_user(alice)),
    }


def comparable_content(response, path):
    """The body without the values that differ between any two calls."""
    content = re.sub(rb"\b\w{64}\b", b"CSRF token", response.content)
    content = content.replace(b"/docs/?", b"/docs?")  # the URL of the page's script
    if response.get("Content-Type") != "application/json" or not path.startswith("/api/"):
        return content
    data = response.json() if content else {}
    return [still(task) for task in data] if isinstance(data, list) else still(data)


@pytest.fixture
def ask(alice, alice_client, anonymous):
    """Resets the data, sends a request and returns the comparable parts of the response."""

    def send(method, path):
        reset(alice)
        own = path.startswith(("/api/t", "/api/projects", "/api/auth/me"))
        client = alice_client if own else anonymous
        body = json.dumps(make_body(path, alice))
        response = client.generic(method, path, body, "application/json")
        content = comparable_content(response, path)
        return response.status_code, still(response.headers), content

    return send


@pytest.mark.parametrize("path", PATHS)
def test_a_path_has_the_same_answer_with_and_without_a_slash(ask, path):
    for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]:
        status, headers, content = ask(method, path)

        assert status not in (301, 302), method
        assert (status == 404) == (path == "/api/nothing"), method
        assert ask(method, f"{path}/") == (status, headers, content), method


def test_two_slashes_are_a_404(alice_client):
    assert alice_client.get("/api/tasks//").status_code == 404


def test_the_admin_still_requires_a_slash(client):
    assert client.get("/admin")["Location"] == "/admin/"


def test_links_have_no_trailing_slash(alice, alice_client):
    Task.objects.create(owner=alice, title="Buy milk")
    Task.objects.create(owner=alice, title="Buy oats")

    response = alice_client.get("/api/tasks/?page_size=1")

    assert "/api/tasks?" in response["Link"]


@pytest.mark.parametrize(
    ("path", "body"), [("tasks", {"title": "Oats"}), ("projects", {"name": "Home"})]
)
def test_the_address_of_a_new_object_has_no_slash_of_the_list(alice_client, path, body):
    created = alice_client.post(f"/api/{path}/", body)

    assert created["Location"] == f"http://testserver/api/{path}/{created.json()['id']}"
    assert alice_client.get(created["Location"]).json() == created.json()
