import json
import os
import re
import subprocess
import sys
from contextlib import closing

import pytest
from django.conf import settings
from django.core.management import call_command
from rest_framework.test import APIClient

from todo_project.api.documentation import document

PATHS = {
    "/api/tasks": {"get", "post"},
    "/api/tasks/{id}": {"get", "put", "patch", "delete"},
    "/api/tasks/{id}/complete": {"patch"},
    "/api/tasks/{id}/position": {"patch"},
    "/api/tasks/{id}/restore": {"post"},
    "/api/tasks/{id}/completions": {"get"},
    "/api/tasks/{id}/next": {"get"},
    "/api/tasks/preview": {"post"},
    "/api/tasks/bulk": {"post"},
    "/api/tasks/summary": {"get"},
    "/api/trash": {"get", "delete"},
    "/api/trash/{id}": {"delete"},
    "/api/projects": {"get", "post"},
    "/api/projects/{id}": {"get", "put", "patch", "delete"},
    "/api/projects/{id}/position": {"patch"},
    "/api/tags": {"get"},
    "/api/tags/{name}": {"patch", "delete"},
    "/api/sync": {"get"},
    "/api/calendar": {"post", "delete"},
    "/api/export": {"get"},
    "/api/import": {"post"},
    "/api/auth/register": {"post"},
    "/api/auth/login": {"post"},
    "/api/auth/refresh": {"post"},
    "/api/auth/verify": {"post"},
    "/api/auth/logout": {"post"},
    "/api/auth/logout/all": {"post"},
    "/api/auth/me": {"get", "patch", "delete"},
    "/api/auth/password": {"post"},
    "/api/auth/password/reset": {"post"},
    "/api/auth/password/reset/confirm": {"post"},
    "/api/auth/email": {"post"},
    "/api/auth/email/verify": {"post"},
    "/api/auth/sign-ins": {"get"},
    "/api/auth/sign-ins/{id}": {"delete"},
    "/api/auth/totp": {"post", "delete"},
    "/api/auth/totp/confirm": {"post"},
    "/api/auth/tokens": {"get", "post"},
    "/api/auth/tokens/{id}": {"delete"},
}


def test_the_schema_in_the_repository_is_the_one_that_is_served(tmp_path):
    """After a change of the API, run `make schema`."""
    call_command("spectacular", file=str(tmp_path / "openapi.yml"), validate=True)

    committed = settings.BASE_DIR / "docs" / "openapi.yml"
    assert (tmp_path / "openapi.yml").read_text() == committed.read_text()


def operations(client):
    for path, calls in client.get("/openapi.json").json()["paths"].items():
        for method, operation in calls.items():
            yield f"{method} {path}", operation


def test_every_operation_has_a_summary_and_documents_its_errors(client):
    problem = {"$ref": "#/components/schemas/Problem"}
    refusals = client.get("/openapi.json").json()["components"]["responses"]
    for name, operation in operations(client):
        assert 5 < len(operation["summary"]) < 80, name
        assert {"400", "406", "429", "503"} <= set(operation["responses"]), name
        for code, response in operation["responses"].items():
            if code >= "400":
                assert response == {"$ref": f"#/components/responses/Problem{code}"}, name
    for response in refusals.values():
        assert response["content"]["application/problem+json"]["schema"] == problem


def test_every_body_has_an_example(client):
    for name, operation in operations(client):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        bodies += [one for code, one in operation["responses"].items() if code < "300"]
        for body in bodies:
            content = body.get("content", {}).get("application/json")
            if content and content["schema"] != {}:
                assert "examples" in content, name


def test_the_schema_has_every_call_without_a_trailing_slash(client):
    response = client.get("/openapi.json")

    schema = response.json()
    assert response.status_code == 200
    assert schema["openapi"] == "3.0.3"
    assert {path: set(calls) for path, calls in schema["paths"].items()} == PATHS


def test_the_first_requests_may_come_at_once(at_once):
    document.cache_clear()

    statuses = at_once(8, lambda _: APIClient().get("/openapi.json").status_code)

    assert statuses == [200] * 8


@pytest.mark.parametrize("query", ["version=2", "version=a%0Ab", "version=%00", "lang=de"])
def test_the_schema_does_not_depend_on_the_query(client, query):
    response = client.get(f"/openapi.json?{query}")

    assert (response.status_code, response.content) == (200, client.get("/openapi.json").content)


def test_the_schema_has_the_bearer_scheme_where_it_is_needed(client):
    schema = client.get("/openapi.json").json()

    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    schemes = schema["components"]["securitySchemes"]
    assert set(schemes) == {"jwtAuth", "personalToken"}
    assert schemes["jwtAuth"] == bearer
    both = [{"personalToken": []}, {"jwtAuth": []}]
    assert schema["paths"]["/api/tasks"]["get"]["security"] == both
    assert schema["paths"]["/api/auth/me"]["get"]["security"] == [{"jwtAuth": []}]
    assert schema["paths"]["/api/auth/login"]["post"]["security"] == [{}]


def test_the_schema_has_the_better_auth_scheme_when_it_is_enabled():
    command = [sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn"]

    result = subprocess.run(
        [*command, "--format", "openapi-json"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "BETTER_AUTH_URL": "https://app.example"},
        capture_output=True,
    )

    schema = json.loads(result.stdout)
    assert schema["components"]["securitySchemes"]["betterAuth"]["scheme"] == "bearer"
    assert {"betterAuth": []} in schema["paths"]["/api/tasks"]["get"]["security"]
    assert schema["paths"]["/api/auth/login"]["post"]["security"] == [{}]


def test_the_schema_has_every_parameter_of_a_list(client):
    parameters = client.get("/openapi.json").json()["paths"]["/api/tasks"]["get"]["parameters"]

    assert {parameter["name"] for parameter in parameters} == {
        "status",
        "sort",
        "priority",
        "due",
        "due_after",
        "due_before",
        "completed_after",
        "completed_before",
        "project",
        "parent",
        "tag",
        "search",
        "page_size",
        "cursor",
        "If-None-Match",
    }


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_pages_load_files_only_from_this_server(client, db, path):
    page = client.get(path).content.decode()

    assets = re.findall(r'<(?:img|link|script) [^>]*(?:src|href)="([^"]+)"', page)
    assert assets
    for asset in assets:
        assert asset.startswith(("/static/", "/docs?"))
        with closing(client.get(asset)) as response:
            assert response.status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_pages_allow_only_get_and_head(client, path, method):
    assert getattr(client, method)(path).status_code == 405


@pytest.mark.parametrize(
    "heading", ["Tokens and passwords", "Values", "Front ends on other origins", "First steps"]
)
def test_the_document_has_a_section(client, heading):
    assert f"# {heading}\n" in client.get("/openapi.json").json()["info"]["description"]


def test_parameters_and_members_are_explained_where_they_are(client):
    schema = client.get("/openapi.json").json()
    parameters = schema["paths"]["/api/tasks"]["get"]["parameters"]
    members = {
        f"{name} {member}": schema["components"]["schemas"][name]["properties"][member]
        for name, member in [
            ("TaskRequest", "priority"),
            ("TaskRequest", "due_date"),
            ("RegistrationRequest", "password"),
            ("Login", "access"),
            ("Login", "refresh"),
        ]
    }

    explained = {one["name"]: one.get("description", "").strip() for one in parameters}
    explained |= {name: member.get("description", "") for name, member in members.items()}
    assert not [name for name, text in explained.items() if len(text) < 15]


def test_operations_are_in_the_order_of_use(client):
    names = [name for name, _ in operations(client)]

    assert names[:4] == [
        "post /api/auth/register",
        "post /api/auth/login",
        "get /api/auth/me",
        "patch /api/auth/me",
    ]
    assert [name for name in names if "tasks" in name][:2] == ["get /api/tasks", "post /api/tasks"]


@pytest.mark.parametrize(
    ("call", "headers"),
    [
        (("post", "/api/tasks", {"title": " "}), {}),
        (("get", "/api/tasks/999", None), {}),
        (("get", "/api/tasks", None), {"accept": "image/png"}),
        (("patch", "/api/tasks/{id}", {}), {"if-match": '"0-0"'}),
    ],
)
def test_an_example_of_an_error_is_the_real_response(alice_client, milk, call, headers):
    method, path, body = call
    responses = alice_client.get("/openapi.json").json()["components"]["responses"]

    answer = getattr(alice_client, method)(path.format(id=milk.pk), body, headers=headers)

    example = responses[f"Problem{answer.status_code}"]["content"]["application/problem+json"]
    assert answer.json() == example["example"]


def test_an_example_of_a_401_is_the_real_response(anonymous):
    responses = anonymous.get("/openapi.json").json()["components"]["responses"]

    answer = anonymous.get("/api/tasks")

    example = responses["Problem401"]["content"]["application/problem+json"]["example"]
    assert answer.json() == example
