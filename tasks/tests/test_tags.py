"""Tags as members of a task."""

import pytest

from conftest import signed_in
from tasks.models import Task

LONG = "x" * 51


def make(client, *tags, **members):
    response = client.post("/api/tasks", {"title": "Buy milk", "tags": [*tags], **members})
    assert response.status_code == 201
    return response.json()


def test_a_task_has_none_at_first(alice_client):
    assert alice_client.post("/api/tasks", {"title": "Buy milk"}).json()["tags"] == []


def test_they_are_stored_as_they_are_written(alice_client):
    made = make(alice_client, "Errands", "at home", "🥛", "Öl/Gas")

    assert made["tags"] == ["Errands", "at home", "🥛", "Öl/Gas"]
    assert alice_client.get(f"/api/tasks/{made['id']}").json() == made
    assert alice_client.get("/api/tasks").json() == [made]


def test_they_are_trimmed_and_composed(alice_client):
    assert make(alice_client, " a\u0308 ")["tags"] == ["ä"]


def test_the_first_spelling_stays(alice_client):
    made = make(alice_client, "Straße", "STRASSE", "straße", "Ähre", "a\u0308hre")
    changed = alice_client.patch(f"/api/tasks/{made['id']}", {"tags": ["ÄHRE", "new", "strasse"]})

    assert made["tags"] == ["Straße", "Ähre"]
    assert changed.json()["tags"] == ["Ähre", "new", "Straße"]


@pytest.mark.parametrize("method", ["put", "patch"])
def test_they_are_replaced_as_a_whole(alice_client, method):
    made = make(alice_client, "a", "b")

    changed = getattr(alice_client, method)(f"/api/tasks/{made['id']}", {"tags": ["c", "b"]})

    assert changed.json()["tags"] == ["c", "b"]
    assert changed.json()["revision"] > made["revision"]


def test_the_same_tags_change_nothing(alice_client):
    made = make(alice_client, "a", "b")

    assert alice_client.patch(f"/api/tasks/{made['id']}", {"tags": ["A", "b"]}).json() == made


def test_single_ones_are_added_and_removed(alice_client):
    made = make(alice_client, "a", "b")

    body = {"tags_add": ["B", "c", "d"], "tags_remove": ["A", "d", "z"]}
    changed = alice_client.patch(f"/api/tasks/{made['id']}", body)

    assert changed.json()["tags"] == ["b", "c", "d"]
    assert "X-Ignored-Members" not in changed


def test_they_are_added_to_those_that_are_sent(alice_client):
    made = make(alice_client, "a")

    changed = alice_client.patch(f"/api/tasks/{made['id']}", {"tags": ["b"], "tags_add": ["c"]})

    assert changed.json()["tags"] == ["b", "c"]


def test_a_new_task_ignores_single_ones(alice_client):
    response = alice_client.post("/api/tasks", {"title": "Buy milk", "tags_add": ["a"]})

    assert response.json()["tags"] == []
    assert response["X-Ignored-Members"] == "tags_add"


def test_completing_ignores_them(alice_client):
    made = make(alice_client, "a")

    response = alice_client.patch(
        f"/api/tasks/{made['id']}/complete", {"tags": ["b"], "tags_add": ["c"]}
    )

    assert response.json()["tags"] == ["a"]
    assert response["X-Ignored-Members"] == "tags, tags_add"


def test_bulk_changes_them(alice_client):
    made = make(alice_client, "a")

    operations = [
        {"op": "update", "id": made["id"], "data": {"tags_add": ["b"]}},
        {"op": "update", "id": made["id"], "data": {"tags_add": ["c"], "tags_remove": ["a"]}},
        {"op": "create", "data": {"title": "Buy oats", "tags": ["d", "D"]}},
    ]
    response = alice_client.post("/api/tasks/bulk", {"operations": operations})

    assert response.status_code == 200
    assert [task.tags for task in Task.objects.order_by("pk")] == [["b", "c"], ["d"]]


def test_bulk_names_the_member_that_is_wrong(alice_client):
    made = make(alice_client, "a")

    operations = [{"op": "update", "id": made["id"], "data": {"tags_add": ["b,c"]}}]
    response = alice_client.post("/api/tasks/bulk", {"operations": operations})

    assert response.json()["errors"][0]["field"] == "operations.0.data.tags_add"
    assert Task.objects.get().tags == ["a"]


@pytest.mark.parametrize("member", ["tags", "tags_add", "tags_remove"])
@pytest.mark.parametrize(
    "value",
    [
        None,
        "a",
        {"a": 1},
        [None],
        [1],
        [["a"]],
        [""],
        ["  "],
        ["\u200b"],
        ["a,b"],
        ["a\tb"],
        ["a\x00"],
        ["a\x85b"],
        ["a\u202eb"],
        ["a\u2028b"],
        [LONG],
        ["a/"],
        ["."],
        [".."],
        [f"tag {n}" for n in range(21)],
    ],
)
def test_it_refuses_other_values(alice_client, member, value):
    made = make(alice_client, "a")

    response = alice_client.patch(f"/api/tasks/{made['id']}", {member: value})

    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == {member}
    assert alice_client.get(f"/api/tasks/{made['id']}").json() == made


def test_a_name_may_have_fifty_characters(alice_client):
    assert make(alice_client, "\U0001f95b" * 50, " " + "a\u0308" * 50)["tags"] == [
        "\U0001f95b" * 50,
        "ä" * 50,
    ]


def test_a_task_has_at_most_twenty(alice_client):
    made = make(alice_client, *(f"tag {n}" for n in range(19)))
    url = f"/api/tasks/{made['id']}"

    refused = alice_client.patch(url, {"tags_add": ["x", "y"]})
    replaced = alice_client.patch(url, {"tags_add": ["x", "y"], "tags_remove": ["tag 3"]})

    assert refused.json()["errors"][0]["field"] == "tags_add"
    assert len(replaced.json()["tags"]) == 20


@pytest.mark.django_db(transaction=True)
def test_two_clients_that_add_at_once_both_win(alice, alice_client, at_once):
    made = make(alice_client)

    def add(n):
        return signed_in(alice).patch(f"/api/tasks/{made['id']}", {"tags_add": [f"tag {n}"]})

    responses = at_once(8, add)

    assert {response.status_code for response in responses} == {200}
    assert sorted(Task.objects.get().tags) == [f"tag {n}" for n in range(8)]


def test_adding_merges_with_a_change_of_the_tags(alice_client):
    made = make(alice_client, "a")
    url = f"/api/tasks/{made['id']}"
    stale = f'"{made["id"]}-{made["revision"]}"'
    headers = {"if_match": stale, "prefer": "handling=lenient"}
    alice_client.patch(url, {"tags_add": ["b"]})

    merged = alice_client.patch(url, {"tags_add": ["c"]}, headers=headers)
    refused = alice_client.patch(url, {"tags": ["d"]}, headers=headers)

    assert merged.json()["tags"] == ["a", "b", "c"]
    assert refused.status_code == 412
    assert refused.json()["conflicts"] == ["tags"]


def test_sync_has_them(alice, alice_client):
    make(alice_client, "a", "b")
    alice.refresh_from_db()

    assert alice_client.get("/api/sync").json()["tasks"][0]["tags"] == ["a", "b"]


def test_lists_that_are_changed_together_keep_their_own(alice_client):
    made = [make(alice_client, f"tag {n}") for n in range(3)]

    operations = [
        {"op": "update", "id": one["id"], "data": {"tags_add": [f"x{one['id']}"]}} for one in made
    ]
    alice_client.post("/api/tasks/bulk", {"operations": operations})

    assert [task.tags for task in Task.objects.order_by("pk")] == [
        [f"tag {n}", f"x{one['id']}"] for n, one in enumerate(made)
    ]
