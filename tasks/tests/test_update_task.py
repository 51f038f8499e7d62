"""PUT and PATCH."""

import pytest

from tasks.models import Task


def test_put_changes_sent_members_and_keeps_the_others(alice_client, milk):
    milk.change({"description": "Two bottles", "priority": 2})

    response = alice_client.put(
        f"/api/tasks/{milk.pk}", {"title": "Buy oat milk", "priority": "low"}
    )

    milk.refresh_from_db()
    assert response.status_code == 200
    assert response.json()["title"] == "Buy oat milk"
    assert (milk.title, milk.description, milk.priority) == ("Buy oat milk", "Two bottles", 1)


def test_put_does_not_require_a_title(alice_client, milk):
    response = alice_client.put(f"/api/tasks/{milk.pk}", {"priority": "low"})

    milk.refresh_from_db()
    assert response.status_code == 200
    assert (milk.title, milk.priority) == ("Buy milk", Task.Priority.LOW)


@pytest.mark.parametrize("method", ["put", "patch"])
def test_null_removes_a_description_and_a_priority(alice_client, milk, method):
    milk.change({"description": "Two bottles", "priority": Task.Priority.HIGH})

    body = {"description": None, "priority": None}
    response = getattr(alice_client, method)(f"/api/tasks/{milk.pk}", body)

    milk.refresh_from_db()
    assert (response.json()["description"], response.json()["priority"]) == ("", None)
    assert (milk.description, milk.priority) == ("", Task.Priority.NONE)


def test_patch_changes_only_sent_members(alice_client, milk):
    response = alice_client.patch(f"/api/tasks/{milk.pk}", {"due_date": "2026-12-01"})

    milk.refresh_from_db()
    assert response.status_code == 200
    assert response.json()["due_date"] == "2026-12-01"
    assert (milk.title, str(milk.due_date)) == ("Buy milk", "2026-12-01")
    assert milk.updated_at > milk.created_at


@pytest.mark.parametrize("method", ["put", "patch"])
def test_it_rejects_an_anonymous_caller(anonymous, milk, method):
    response = getattr(anonymous, method)(f"/api/tasks/{milk.pk}", {"title": "Mine"})

    milk.refresh_from_db()
    assert response.status_code == 401
    assert milk.title == "Buy milk"


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_stranger_finds_nothing_and_changes_nothing(bob_client, milk, method):
    response = getattr(bob_client, method)(f"/api/tasks/{milk.pk}", {"title": "Mine"})

    updated_at = milk.updated_at
    milk.refresh_from_db()
    assert response.status_code == 404
    assert (milk.title, milk.updated_at) == ("Buy milk", updated_at)


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize(
    ("member", "value"),
    [("title", ""), ("priority", 9), ("due_date", "soon"), ("due_time", "10:00"), ("completed", 3)],
)
def test_it_rejects_an_invalid_value_and_names_the_member(
    alice_client, milk, method, member, value
):
    response = getattr(alice_client, method)(f"/api/tasks/{milk.pk}", {"title": "x", member: value})

    milk.refresh_from_db()
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [member]
    assert milk.title == "Buy milk"


def test_a_time_can_be_set_if_there_is_a_date(alice_client, milk):
    alice_client.patch(f"/api/tasks/{milk.pk}", {"due_date": "2026-12-01"})

    response = alice_client.patch(f"/api/tasks/{milk.pk}", {"due_time": "10:00"})

    assert response.json()["due_time"] == "10:00:00"


def test_a_date_with_a_time_cannot_be_removed(alice_client, milk):
    url = f"/api/tasks/{milk.pk}"
    alice_client.patch(url, {"due_date": "2026-12-01", "due_time": "10:00"})

    refused = alice_client.patch(url, {"due_date": None})
    both = alice_client.patch(url, {"due_date": None, "due_time": None})

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "due_time"
    assert (both.json()["due_date"], both.json()["due_time"]) == (None, None)


def test_it_writes_only_the_columns_that_change(
    alice, alice_client, milk, django_assert_num_queries
):
    alice.refresh_from_db()
    # The task, a savepoint, the counter, the update, the release.
    with django_assert_num_queries(5) as queries:
        alice_client.patch(f"/api/tasks/{milk.pk}", {"title": "BUY oats", "priority": None})

    update = next(query["sql"] for query in queries if 'UPDATE "tasks_task"' in query["sql"])
    assert "title_key" in update
    assert "updated_at" in update
    for column in ("priority", "description", "due_date", "completed_at", "owner_id"):
        assert column not in update


def test_sending_the_stored_values_changes_nothing(alice_client, milk):
    body = {"title": " Buy milk ", "completed": False, "priority": None, "due_date": None}

    response = alice_client.put(f"/api/tasks/{milk.pk}", body)

    updated_at = milk.updated_at
    milk.refresh_from_db()
    assert response.status_code == 200
    assert milk.updated_at == updated_at


def test_a_changed_title_gets_a_new_sort_key(alice_client, milk):
    alice_client.patch(f"/api/tasks/{milk.pk}", {"title": "ÄPFEL"})

    assert Task.objects.get().title_key == "äpfel"


def test_it_completes_and_reopens(alice_client, milk):
    completed = alice_client.patch(f"/api/tasks/{milk.pk}", {"completed": True}).json()
    reopened = alice_client.patch(f"/api/tasks/{milk.pk}", {"completed": False}).json()

    assert completed["completed"] is True
    assert completed["completed_at"] is not None
    assert (reopened["completed"], reopened["completed_at"]) == (False, None)


def test_an_owner_in_the_body_is_ignored(alice, alice_client, bob, milk):
    response = alice_client.patch(f"/api/tasks/{milk.pk}", {"owner": bob.pk, "owner_id": bob.pk})

    milk.refresh_from_db()
    assert response.status_code == 200
    assert milk.owner == alice


@pytest.mark.parametrize("text", ["two\r\nlines", "two\rlines", "two\nlines"])
def test_line_ends_from_json_are_stored_unchanged(alice_client, milk, text):
    milk.change({"description": "two\n\nlines"})

    alice_client.patch(f"/api/tasks/{milk.pk}", {"description": text})

    assert alice_client.get(f"/api/tasks/{milk.pk}").json()["description"] == text


def test_a_different_line_end_in_json_is_a_change(alice_client, milk):
    milk.change({"description": "two\nlines"})

    alice_client.patch(f"/api/tasks/{milk.pk}", {"description": "two\r\nlines"})

    milk.refresh_from_db()
    assert (milk.description, milk.revision) == ("two\r\nlines", 3)
