"""Front ends on other origins, in a browser."""

import pytest
from rest_framework.test import APIClient

from tasks.models import Task

FRONTEND = "http://localhost:3000"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_the_front_end_may_send_what_the_api_understands(client, method):
    headers = "authorization, content-type, if-match, if-none-match, idempotency-key, prefer"

    response = client.options(
        "/api/tasks/1",
        headers={
            "origin": FRONTEND,
            "access-control-request-method": method,
            "access-control-request-headers": headers,
        },
    )

    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == FRONTEND
    assert method in response["Access-Control-Allow-Methods"]
    assert set(headers.split(", ")) <= set(response["Access-Control-Allow-Headers"].split(", "))


@pytest.mark.parametrize("path", ["/api/tasks", "/api/nothing", "/api/auth/me"])
def test_the_front_end_may_read_the_headers_of_any_answer(anonymous, db, path):
    response = anonymous.get(path, headers={"origin": FRONTEND})

    assert response["Access-Control-Allow-Origin"] == FRONTEND
    exposed = response["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Link", "Location", "Retry-After", "Idempotent-Replayed"} <= set(exposed)
    assert {"Preference-Applied", "X-Ignored-Members"} <= set(exposed)
    assert "origin" in response["Vary"]


@pytest.mark.parametrize("origin", [FRONTEND, "http://127.0.0.1:3000"])
@pytest.mark.parametrize("method", ["get", "options"])
def test_the_front_end_may_send_credentials(anonymous, db, origin, method):
    """Like `fetch` with `credentials: "include"`."""
    asked = {"origin": origin, "access-control-request-method": "GET"}

    response = getattr(anonymous, method)("/api/tasks", headers=asked)

    assert response["Access-Control-Allow-Origin"] == origin
    assert response["Access-Control-Allow-Credentials"] == "true"


@pytest.mark.parametrize("token", [False, True])
def test_the_front_end_cannot_write_with_a_session(alice, token):
    """Its page cannot get a CSRF token, and the `Origin` header would reveal a stolen one."""
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(alice)
    browser.get("/api/tasks", headers={"accept": "text/html"})
    headers = {"origin": FRONTEND}
    if token:
        headers["x-csrftoken"] = browser.cookies["csrftoken"].value

    response = browser.post("/api/tasks", {"title": "Buy milk"}, headers=headers)

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:3001",
        "https://localhost:3000",
        "http://localhost:3000.evil.example",
        "null",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "options"])
def test_other_origins_are_not_allowed(anonymous, db, origin, method):
    asked = {"origin": origin, "access-control-request-method": "GET"}

    response = getattr(anonymous, method)("/api/tasks", headers=asked)

    assert not [name for name in response.headers if name.startswith("Access-Control-")]


def test_pages_outside_the_api_have_no_cors_headers(client):
    response = client.get("/admin/login/", headers={"origin": FRONTEND})

    assert "Access-Control-Allow-Origin" not in response
