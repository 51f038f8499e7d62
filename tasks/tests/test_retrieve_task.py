import pytest


def test_it_returns_the_task(alice_client, milk):
    response = alice_client.get(f"/api/tasks/{milk.pk}")

    assert response.status_code == 200
    created_at = milk.created_at.isoformat().replace("+00:00", "Z")
    assert response.json() == {
        "id": milk.pk,
        "title": "Buy milk",
        "description": "",
        "completed": False,
        "tags": [],
        "completed_at": None,
        "priority": None,
        "due_date": None,
        "due_time": None,
        "project": None,
        "parent": None,
        "repeat": None,
        "repeat_from": "due",
        "occurrence": 1,
        "position": "a1",
        "revision": milk.revision,
        "created_at": created_at,
        "updated_at": created_at,
    }


def test_it_rejects_an_anonymous_caller(anonymous, milk):
    response = anonymous.get(f"/api/tasks/{milk.pk}")

    assert response.status_code == 401
    assert "Buy milk" not in response.content.decode()


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_a_stranger_gets_the_response_of_a_missing_task(bob_client, milk, method):
    body = None if method == "get" else {"title": "Mine"}

    hidden = getattr(bob_client, method)(f"/api/tasks/{milk.pk}", body)
    missing = getattr(bob_client, method)(f"/api/tasks/{milk.pk + 1000}", body)

    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)
    del hidden["X-Request-ID"], missing["X-Request-ID"]
    assert hidden.headers == missing.headers
    assert hidden.status_code == (200 if method == "options" else 404)


@pytest.mark.parametrize(
    "key",
    ["0", "042", "+42", "-1", "%2042", "42%20", "42%0A", "4_2", "٤٢", "42.0", "1e3", "0x2a", "null"]
    + ["9223372036854775808", "9999999999999999999", "1" * 30],
)
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_an_invalid_id_is_not_found(alice_client, milk, key, method):
    response = getattr(alice_client, method)(f"/api/tasks/{key}")

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_it_rejects_a_query_parameter(alice_client, milk):
    response = alice_client.get(f"/api/tasks/{milk.pk}?sort=title")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "sort"


def test_it_costs_one_query(alice_client, milk, django_assert_num_queries):
    with django_assert_num_queries(1):  # the task
        alice_client.get(f"/api/tasks/{milk.pk}")
