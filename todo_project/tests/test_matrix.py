"""Every route, method and caller. The URL resolver provides the routes, so none is missing."""

import json
import re
from copy import deepcopy
from datetime import timedelta
from itertools import product

import pytest
from django.db import transaction
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import PersonalToken, SecondFactor, SignIn, User
from projects.models import Project
from tasks.models import Task

CALLERS = ["anonymous", "owner", "stranger", "staff"]
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"]
PASSWORD = "correct horse battery"


def routes(patterns=None, prefix=""):
    """Every route of the project's own views, with example arguments."""
    for pattern in patterns or get_resolver().url_patterns:
        route = prefix + str(pattern.pattern).lstrip("^").rstrip("$").removesuffix("\\Z")
        if route.startswith(("admin/", "api-auth/")):
            continue  # routes of Django and DRF
        if isinstance(pattern, URLPattern):
            route = route.replace("(?P<name>.*[^/])", "{tag}").replace("<str:secret>", "{secret}")
            yield "/" + re.sub(r"\(\?P<pk>.*\)|<uuid:pk>", "{id}", route)
        else:
            yield from routes(pattern.url_patterns, route)


# The statuses for anonymous callers, the owner, a stranger and staff, by method. A method that is
# missing is a 405, or a 401 if the caller must sign in first.
READ = {"GET": (401, 200, 200, 200), "HEAD": (401, 200, 200, 200), "OPTIONS": (401, 200, 200, 200)}
OWN = {"GET": (401, 200, 404, 404), "HEAD": (401, 200, 404, 404), "OPTIONS": (401, 200, 200, 200)}
SIGNED = {"OPTIONS": (401, 200, 200, 200)}


def everybody(status):
    return (status,) * 4


def pages(*methods):
    return {method: everybody(200) for method in methods}


EXPECTED = {
    "/": {method: everybody(302) for method in METHODS if method != "TRACE"},
    "/favicon.ico": {method: everybody(302) for method in METHODS if method != "TRACE"},
    "/openapi.json": pages("GET", "HEAD", "OPTIONS"),
    "/docs": pages("GET", "HEAD"),
    "/redoc": pages("GET", "HEAD"),
    "/health": pages("GET", "HEAD"),
    "/ready": pages("GET", "HEAD"),
    "/api/tasks": {**READ, "POST": (401, 201, 201, 201)},
    "/api/tasks/summary": READ,
    "/api/tasks/{id}": {
        **OWN,
        "PUT": (401, 200, 404, 404),
        "PATCH": (401, 200, 404, 404),
        "DELETE": (401, 204, 404, 404),
    },
    "/api/tasks/{id}/complete": {**SIGNED, "PATCH": (401, 200, 404, 404)},
    "/api/tasks/{id}/position": {**SIGNED, "PATCH": (401, 200, 404, 404)},
    "/api/tasks/{id}/restore": {**SIGNED, "POST": (401, 200, 404, 404)},
    "/api/tasks/{id}/completions": OWN,
    "/api/tasks/{id}/next": OWN,
    "/api/tasks/preview": {**SIGNED, "POST": (401, 200, 200, 200)},
    "/api/tasks/bulk": {**SIGNED, "POST": (401, 200, 200, 200)},
    "/api/trash": {**READ, "DELETE": (401, 204, 204, 204)},
    "/api/trash/{id}": {**SIGNED, "DELETE": (401, 204, 404, 404)},
    "/api/projects": {**READ, "POST": (401, 201, 201, 201)},
    "/api/projects/{id}": {
        **OWN,
        "PUT": (401, 200, 404, 404),
        "PATCH": (401, 200, 404, 404),
        "DELETE": (401, 204, 404, 404),
    },
    "/api/projects/{id}/position": {**SIGNED, "PATCH": (401, 200, 404, 404)},
    "/api/tags": READ,
    "/api/tags/{tag}": {
        **SIGNED,
        "PATCH": (401, 200, 404, 404),
        "DELETE": (401, 204, 404, 404),
    },
    "/api/sync": READ,
    "/api/calendar": {**SIGNED, "POST": (401, 201, 201, 201), "DELETE": (401, 204, 204, 204)},
    "/api/export": READ,
    "/api/import": {**SIGNED, "POST": (401, 201, 201, 201)},
    "/calendar/{secret}.ics": {method: everybody(404) for method in ("GET", "HEAD")},
    "/api/auth/register": {"OPTIONS": everybody(200), "POST": everybody(201)},
    "/api/auth/login": {"OPTIONS": everybody(200), "POST": everybody(200)},
    "/api/auth/refresh": {"OPTIONS": everybody(200), "POST": everybody(401)},
    "/api/auth/verify": {"OPTIONS": everybody(200), "POST": everybody(401)},
    "/api/auth/logout": {"OPTIONS": everybody(200), "POST": everybody(401)},
    "/api/auth/logout/all": {**SIGNED, "POST": (401, 204, 204, 204)},
    "/api/auth/me": {
        **READ,
        "PATCH": (401, 200, 200, 200),
        "DELETE": (401, 204, 400, 400),
    },
    "/api/auth/password": {**SIGNED, "POST": (401, 204, 400, 400)},
    "/api/auth/password/reset": {"OPTIONS": everybody(200), "POST": everybody(202)},
    "/api/auth/password/reset/confirm": {"OPTIONS": everybody(200), "POST": everybody(400)},
    "/api/auth/email": {**SIGNED, "POST": (401, 202, 400, 400)},
    "/api/auth/email/verify": {"OPTIONS": everybody(200), "POST": everybody(400)},
    "/api/auth/sign-ins": READ,
    "/api/auth/sign-ins/{id}": {**SIGNED, "DELETE": (401, 204, 404, 404)},
    "/api/auth/totp": {
        **SIGNED,
        "POST": (401, 200, 200, 200),
        "DELETE": (401, 204, 400, 400),
    },
    "/api/auth/totp/confirm": {**SIGNED, "POST": (401, 400, 400, 400)},
    "/api/auth/tokens": {**READ, "POST": (401, 201, 201, 201)},
    "/api/auth/tokens/{id}": {**SIGNED, "DELETE": (401, 204, 404, 404)},
}
BODY = json.dumps(
    {
        "version": 1,
        "account": "x",
        "title": "Buy milk",
        "name": "Errands",
        "after": None,
        "due_date": "2026-12-01",
        "repeat": "FREQ=WEEKLY",
        "email": "owner@example.com",
        "password": PASSWORD,
        "current_password": PASSWORD,
        "new_password": "entirely different",
        "refresh": "x",
        "token": "x",
        "uid": "x",
        "scopes": ["tasks:read"],
        "operations": [{"op": "create", "data": {"title": "Buy oats"}}],
    }
)


def is_stored(one):
    """Whether the row is what it was when the object was made."""
    columns = {field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields}
    return type(one).objects.filter(pk=one.pk).values().first() == columns


def expected(route, method, who):
    answers = EXPECTED[route]
    if method in answers:
        return answers[method][who]
    needs_sign_in = answers.get("OPTIONS", everybody(405))[0] == 401
    return 401 if needs_sign_in and who == 0 else 405


@pytest.fixture
def stored(db):
    """The callers, and objects of the owner."""
    owner = User.objects.create_user("owner@example.com", PASSWORD)
    stranger = User.objects.create_user("stranger@example.com", "another password")
    staff = User.objects.create_superuser("staff@example.com", "a third password")
    task, trashed = (
        Task.objects.create(owner=owner, title=f"Buy {n}", tags=["shop"]) for n in ("milk", "rye")
    )
    trashed.change({"deleted_at": timezone.now()})
    token = PersonalToken.objects.create(user=owner, name="x", digest="x", scopes="tasks:read")
    SecondFactor.objects.create(user=owner, secret="A" * 32)
    sign_in = SignIn.objects.create(user=owner, expires_at=timezone.now() + timedelta(days=1))
    project = Project.objects.create(owner=owner, name="Home")
    return [None, owner, stranger, staff], {
        "tasks": task,
        "trash": trashed,
        "projects": project,
        "auth/tokens": token,
        "auth/sign-ins": sign_in,
    }


def test_every_route_has_an_expectation():
    assert set(routes()) == set(EXPECTED)


@pytest.mark.parametrize("route", sorted(EXPECTED))
def test_every_caller_gets_the_expected_status(stored, route):
    users, objects = stored
    pk = next((one.pk for name, one in objects.items() if f"/{name}/" in route), 0)
    body = BODY
    if route in ("/api/auth/register", "/api/auth/email"):
        body = BODY.replace("owner@", "new@")
    path = route.format(id=pk, tag="shop", secret="x" * 43)

    for method, who in product(METHODS, range(4)):
        case = f"{method} by {CALLERS[who]}"
        client = APIClient(raise_request_exception=False)
        client.force_authenticate(deepcopy(users[who]))
        with transaction.atomic():
            response = client.generic(method, path, body, "application/json")
            if who != 1 and ("{id}" in route or "{tag}" in route):
                assert all(map(is_stored, objects.values())), case
            transaction.set_rollback(True)

        assert response.status_code == expected(route, method, who), case
        if route.startswith("/api/") and response.status_code >= 400 and method != "HEAD":
            assert response["Content-Type"] == "application/problem+json", case
            assert response.json()["status"] == response.status_code, case
