"""`X-Ignored-Members` lists the members of a body that had no effect."""

import json

import pytest

HEADER = "X-Ignored-Members"


def test_it_lists_unknown_members(alice_client):
    response = alice_client.post("/api/tasks", {"title": "Buy milk", "done": True, "owner": 7})

    assert response.status_code == 201
    assert response[HEADER] == "done, owner"


def test_the_header_is_missing_when_every_member_is_used(alice_client, milk):
    created = alice_client.post("/api/tasks", {"title": "Buy oats", "priority": "low"})
    changed = alice_client.put(f"/api/tasks/{milk.pk}", {"completed": True})

    assert HEADER not in created
    assert HEADER not in changed


@pytest.mark.parametrize("method", ["put", "patch"])
def test_sending_an_unchanged_object_back_lists_nothing(alice_client, milk, method):
    read = alice_client.get(f"/api/tasks/{milk.pk}").json()

    body = {**read, "title": "Buy oats"}
    response = getattr(alice_client, method)(f"/api/tasks/{milk.pk}", body)

    assert response.json()["title"] == "Buy oats"
    assert response.json()["updated_at"] != read["updated_at"]
    assert HEADER not in response


def test_it_lists_read_only_members_that_differ(alice_client, milk):
    body = {"id": milk.pk, "completed_at": "2020-01-01T00:00:00Z", "created_at": None}

    response = alice_client.patch(f"/api/tasks/{milk.pk}", body)

    assert response[HEADER] == "completed_at, created_at"


def test_completing_lists_what_it_does_not_change(alice_client, milk):
    body = {"completed": True, "title": "Buy oats", "priority": None}

    response = alice_client.patch(f"/api/tasks/{milk.pk}/complete", body)

    assert response[HEADER] == "title"


def test_a_profile_lists_an_address_that_it_does_not_change(alice_client):
    response = alice_client.patch("/api/auth/me", {"email": "new@example.com", "name": "Al"})

    assert (response.status_code, response[HEADER]) == (200, "email")


def test_a_login_lists_unknown_members(anonymous, db):
    body = {"email": "new@example.com", "password": "correct horse battery", "username": "new"}

    assert anonymous.post("/api/auth/register", body)[HEADER] == "username"
    assert anonymous.post("/api/auth/login", body)[HEADER] == "username"


def test_names_are_encoded_and_bounded(alice_client):
    odd = {"a\r\nSet-Cookie: x": 1, "ü,%": 2, "": 3, "x" * 5000: 4}

    few = alice_client.post("/api/tasks", {"title": "x", **odd})
    many = alice_client.post("/api/tasks", {"title": "x", **{f"name{n}": n for n in range(9999)}})

    assert few[HEADER] == f"a%0D%0ASet-Cookie%3A%20x, %C3%BC%2C%25, , {'x' * 50}"
    assert len(many[HEADER]) < 1010
    assert many[HEADER].startswith("name0, name1, ")
    assert many[HEADER].endswith(", ...")


def test_an_error_has_no_such_header(alice_client):
    response = alice_client.post("/api/tasks", {"done": True})

    assert response.status_code == 400
    assert HEADER not in response


def test_the_browsable_api_shows_a_notice(client, alice):
    client.force_login(alice)
    body = json.dumps({"title": "Buy milk", "<b>done": True})

    page = client.post("/api/tasks", body, "application/json", headers={"accept": "text/html"})

    assert "Ignored: <bdi>%3Cb%3Edone</bdi>" in page.content.decode()
