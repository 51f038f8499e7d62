import pytest


def test_it_toggles_without_a_body(alice_client, milk):
    first = alice_client.patch(f"/api/tasks/{milk.pk}/complete")
    second = alice_client.patch(f"/api/tasks/{milk.pk}/complete", {})

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["completed"] is True
    assert first.json()["title"] == "Buy milk"
    assert second.json()["completed"] is False
    assert second.json()["completed_at"] is None


@pytest.mark.parametrize("value", [True, False])
def test_it_sets_the_sent_value_and_can_be_repeated(alice_client, milk, value):
    first = alice_client.patch(f"/api/tasks/{milk.pk}/complete", {"completed": value}).json()
    second = alice_client.patch(f"/api/tasks/{milk.pk}/complete", {"completed": value}).json()

    assert first["completed"] is value
    assert second == first  # with the same timestamps


def test_it_rejects_an_anonymous_caller(anonymous, milk):
    response = anonymous.patch(f"/api/tasks/{milk.pk}/complete")

    milk.refresh_from_db()
    assert response.status_code == 401
    assert not milk.completed


def test_a_stranger_finds_nothing_and_changes_nothing(bob_client, milk):
    response = bob_client.patch(f"/api/tasks/{milk.pk}/complete", {"completed": True})

    milk.refresh_from_db()
    assert response.status_code == 404
    assert not milk.completed


@pytest.mark.parametrize("value", [None, "done", 2, [], {}])
def test_it_rejects_values_other_than_true_and_false(alice_client, milk, value):
    response = alice_client.patch(f"/api/tasks/{milk.pk}/complete", {"completed": value})

    milk.refresh_from_db()
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "completed"
    assert not milk.completed


def test_it_changes_nothing_else(alice_client, milk):
    body = {
        "title": "Other",
        "description": "Other",
        "priority": 3,
        "due_date": "2026-12-01T10:00:00Z",
        "due_time": "11:00",
    }
    before = alice_client.get(f"/api/tasks/{milk.pk}").json()

    response = alice_client.patch(f"/api/tasks/{milk.pk}/complete", body)

    after = response.json()
    assert {name: after[name] for name in body} == {name: before[name] for name in body}
    assert after["completed"] is True


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_it_rejects_other_methods(alice_client, milk, method):
    response = getattr(alice_client, method)(f"/api/tasks/{milk.pk}/complete")

    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"
