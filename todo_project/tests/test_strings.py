"""A number is refused in every member that the schema declares as a string."""

import pytest
import yaml
from django.conf import settings

from accounts.models import User
from projects.models import Project
from tasks.models import Task

TEXT = (settings.BASE_DIR / "docs" / "openapi.yml").read_text()
DOCUMENT = yaml.load(TEXT, yaml.CSafeLoader)  # in C
# A JSON parser with doubles only reads the first as 1.2345678901234568e+22.
NUMBERS = ["12345678901234567890123", "20261201", "1.5", "0", "-1", "true"]


def resolve(schema):
    if "$ref" not in schema:
        return schema
    return DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]


def is_string(schema):
    schema = resolve(schema)
    kinds = [one for name in ("allOf", "anyOf", "oneOf") for one in schema.get(name, [])]
    return schema.get("type") == "string" or any(map(is_string, kinds))


def string_members():
    """Method, path and name of each string member of a request body."""
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                for name, member in resolve(schema).get("properties", {}).items():
                    if is_string(member):
                        yield method, path, name


MEMBERS = list(string_members())


def test_the_schema_has_string_members():
    assert ("post", "/api/tasks", "title") in MEMBERS
    assert ("post", "/api/auth/login", "password") in MEMBERS
    assert ("patch", "/api/tasks/{id}", "due_date") in MEMBERS
    assert len(MEMBERS) > 25


@pytest.mark.parametrize(("method", "path", "member"), MEMBERS)
def test_a_number_is_refused_as_a_string(alice, alice_client, method, path, member):
    milk = Task.objects.create(owner=alice, title="Buy milk", tags=["shop"])
    home = Project.objects.create(owner=alice, name="Home")
    pk = home.pk if "/projects/" in path else milk.pk
    path = path.replace("{id}", str(pk)).replace("{name}", "shop")

    for number in NUMBERS:
        body = f'{{"{member}": {number}}}'
        response = alice_client.generic(method, path, body, content_type="application/json")

        assert response.status_code == 400, number
        assert member in [error["field"] for error in response.json()["errors"]], number
        assert alice.tasks.values_list("revision", flat=True).get() == 1, number
        assert alice.projects.values_list("revision", flat=True).get() == 2, number
        assert User.objects.count() == 1, number
