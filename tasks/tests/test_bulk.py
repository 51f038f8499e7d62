"""`POST /api/tasks/bulk`."""

import json
import re

import pytest
from django.utils import timezone

from accounts.models import User
from tasks.models import Task

URL = "/api/tasks/bulk"


@pytest.fixture
def bulk(alice_client):
    def bulk(*operations, **headers):
        return alice_client.post(URL, {"operations": list(operations)}, headers=headers)

    return bulk


def create(title, **more):
    return {"op": "create", "data": {"title": title}, **more}


def fields(response):
    return [(error["field"], error["code"]) for error in response.json()["errors"]]


def stored():
    return [*Task.objects.order_by("pk").values(), *User.objects.order_by("pk").values("revision")]


@pytest.fixture
def oats(alice):
    return Task.objects.create(owner=alice, title="Buy oats", completed=True)


@pytest.fixture
def rye(alice):
    return Task.objects.create(owner=alice, title="Buy rye", deleted_at=timezone.now())


@pytest.fixture
def all_kinds(bulk, milk, oats, rye):
    """The response to a call with operations of all kinds."""
    return bulk(
        create("Buy tea", ref="tea"),
        {"op": "update", "id": milk.pk, "data": {"title": "Buy oat milk", "priority": "high"}},
        {"op": "complete", "id": "tea"},
        {"op": "reopen", "id": oats.pk},
        {"op": "delete", "id": milk.pk},
        {"op": "restore", "id": rye.pk},
        {"op": "update", "id": rye.pk, "data": {"due_date": "2026-12-01"}},
    )


def test_operations_are_applied_in_one_write(alice, all_kinds, milk, oats, rye):
    number = rye.revision + 1  # the fixtures create `rye` last

    tea = Task.objects.get(title="Buy tea")
    tasks = [tea, milk, tea, oats, milk, rye, rye]
    assert all_kinds.status_code == 200
    assert all_kinds.json() == {
        "results": [
            {"id": task.pk, "revision": number, "status": status}
            for task, status in zip(tasks, [201, 200, 200, 200, 204, 200, 200], strict=True)
        ]
    }
    assert set(Task.objects.values_list("revision", flat=True)) == {number}
    assert User.objects.get(pk=alice.pk).revision == number


def test_operations_are_applied_in_order(all_kinds, milk, oats, rye):
    for task in (milk, rye, oats):
        task.refresh_from_db()
    tea = Task.objects.get(title="Buy tea")
    assert (tea.completed, oats.completed) == (True, False)
    assert (milk.title, milk.title_key, milk.priority) == ("Buy oat milk", "buy oat milk", 3)
    assert milk.deleted_at is not None
    assert (rye.deleted_at, str(rye.due_date)) == (None, "2026-12-01")


def test_an_operation_without_effect_returns_the_old_revision(alice, bulk, milk):
    response = bulk({"op": "reopen", "id": milk.pk}, {"op": "restore", "id": milk.pk})

    revisions = [result["revision"] for result in response.json()["results"]]
    assert revisions == [milk.revision] * 2
    assert User.objects.get(pk=alice.pk).revision == milk.revision


@pytest.mark.parametrize("count", [2, 100])
@pytest.mark.parametrize("op", ["create", "update", "complete", "reopen", "delete", "restore"])
def test_it_costs_a_fixed_number_of_queries(alice, bulk, django_assert_max_num_queries, op, count):
    tasks = Task.objects.bulk_create(
        Task(
            owner=alice,
            title=f"Task {n}",
            updated_at=timezone.now(),
            completed_at=timezone.now() if op == "reopen" else None,
            deleted_at=timezone.now() if op == "restore" else None,
        )
        for n in range(count)
    )
    operations = [{"op": op, "id": task.pk} for task in tasks]
    if op == "create":
        operations = [create(f"New {n}") for n in range(count)]
    if op == "update":
        operations = [{**one, "data": {"title": f"New {n}"}} for n, one in enumerate(operations)]

    # A savepoint, the counter, the locked rows, the written rows (SQLite inserts at most 47 rows in
    # a statement), the release; the subtasks if the operation changes them, too.
    with django_assert_max_num_queries(5 if op in ("update", "reopen") else 6):
        response = bulk(*operations)

    assert response.status_code == 200, response.content
    assert Task.objects.filter(revision=1).count() == count


@pytest.mark.parametrize(
    ("operation", "errors"),
    [
        ({}, [("op", "required")]),
        ([], [("", "invalid")]),
        (None, [("", "null")]),
        ({"op": "explode", "id": 1}, [("op", "invalid_choice")]),
        ({"op": None}, [("op", "null")]),
        ({"op": "create"}, [("data", "required")]),
        ({"op": "create", "data": []}, [("data", "not_a_dict")]),
        ({"op": "create", "data": {}}, [("data.title", "required")]),
        ({"op": "create", "data": {"title": "", "priority": 7}}, None),
        ({"op": "create", "id": 1, "data": {"title": "x"}}, [("id", "invalid")]),
        ({"op": "create", "ref": "", "data": {"title": "x"}}, [("ref", "blank")]),
        ({"op": "create", "ref": 1, "data": {"title": "x"}}, [("ref", "invalid")]),
        ({"op": "create", "ref": "x" * 101, "data": {"title": "x"}}, [("ref", "max_length")]),
        ({"op": "create", "ref": "first", "data": {"title": "x"}}, [("ref", "unique")]),
        (
            {"op": "create", "data": {"title": "x", "due_time": "09:00"}},
            [("data.due_time", "invalid")],
        ),
        ({"op": "update", "id": "{milk}"}, [("data", "required")]),
        ({"op": "update", "id": "{milk}", "data": {"title": None}}, [("data.title", "null")]),
        ({"op": "update", "data": {"title": "x"}}, [("id", "required")]),
        ({"op": "complete"}, [("id", "required")]),
        ({"op": "complete", "id": "{milk}", "data": {}}, [("data", "invalid")]),
        ({"op": "complete", "id": "{milk}", "if_match": 1}, [("if_match", "invalid")]),
        ({"op": "complete", "id": "nobody"}, [("id", "not_found")]),
        ({"op": "complete", "id": "later"}, [("id", "not_found")]),
        ({"op": "complete", "id": "42"}, [("id", "not_found")]),
        ({"op": "complete", "id": 999_999}, [("id", "not_found")]),
        ({"op": "complete", "id": "{stranger}"}, [("id", "not_found")]),
        ({"op": "restore", "id": "{stranger}"}, [("id", "not_found")]),
        ({"op": "complete", "id": "{deleted}"}, [("id", "not_found")]),
        ({"op": "update", "id": "{deleted}", "data": {"title": "x"}}, [("id", "not_found")]),
        ({"op": "delete", "id": "{deleted}"}, [("id", "not_found")]),
        *[
            ({"op": "complete", "id": pk}, [("id", "invalid")])
            for pk in [0, -1, 1.5, True, 2**63, [], {}]
        ],
        ({"op": "complete", "id": None}, [("id", "null")]),
    ],
)
def test_an_error_names_its_operation_and_undoes_the_others(
    alice, bob, bulk, milk, operation, errors
):
    deleted = Task.objects.create(owner=alice, title="Buy rye")
    stranger = Task.objects.create(owner=bob, title="Feed the cat")
    numbers = {"milk": milk.pk, "deleted": deleted.pk, "stranger": stranger.pk}
    text = re.sub(r'"\{(\w+)\}"', lambda found: str(numbers[found[1]]), json.dumps(operation))
    before = stored()

    response = bulk(
        create("Buy tea", ref="first"),
        {"op": "complete", "id": milk.pk},
        {"op": "delete", "id": deleted.pk},
        json.loads(text),
        create("Buy more tea", ref="later"),
        {"op": "complete", "id": "nobody"},
    )

    expected = errors or [("data.title", "blank"), ("data.priority", "invalid_choice")]
    named = [(f"operations.3.{name}".rstrip("."), code) for name, code in expected]
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert fields(response) == named
    assert stored() == before


def test_circular_refs_are_unknown(bulk):
    response = bulk(
        {"op": "complete", "id": "b"}, create("a", ref="a"), {"op": "complete", "id": "a"}
    )

    assert fields(response) == [("operations.0.id", "not_found")]
    assert not Task.objects.exists()


@pytest.mark.parametrize("operations", [[], [create("x")] * 101, None, {}, "x", 1, [[]] * 101])
def test_it_accepts_1_to_100_operations(alice_client, operations):
    response = alice_client.post(URL, {"operations": operations})

    assert response.status_code == 400
    assert fields(response) == [("operations", "invalid")]
    assert not Task.objects.exists()


def test_it_requires_operations(alice_client):
    assert fields(alice_client.post(URL, {})) == [("operations", "invalid")]


def test_a_stale_tag_rejects_the_whole_call(bulk, milk):
    stale = milk.etag
    milk.change({"title": "Buy oats"})
    before = stored()

    response = bulk(create("x"), {"op": "complete", "id": milk.pk, "if_match": stale})

    assert response.status_code == 412
    assert response.json()["code"] == "precondition_failed"
    assert fields(response) == [("operations.1.if_match", "precondition_failed")]
    assert stored() == before


def test_a_tag_is_compared_with_the_task_before_the_call(bulk, milk):
    response = bulk(
        {"op": "update", "id": milk.pk, "data": {"title": "Buy oats"}, "if_match": milk.etag},
        {"op": "complete", "id": milk.pk, "if_match": milk.etag},
    )

    assert response.status_code == 200


def test_a_key_covers_the_whole_call(bulk):
    first = bulk(create("Buy milk"), create("Buy oats"), idempotency_key="k1")
    second = bulk(create("Buy milk"), create("Buy oats"), idempotency_key="k1")
    other = bulk(create("Buy milk"), idempotency_key="k1")

    assert (second.status_code, second.content) == (200, first.content)
    assert second["Idempotent-Replayed"] == "true"
    assert other.status_code == 422
    assert Task.objects.count() == 2


def test_a_repeated_call_does_not_complete_what_was_reopened(bulk, milk):
    milk.change({"completed": True})
    bulk({"op": "complete", "id": milk.pk}, idempotency_key="k1")  # changes nothing
    milk.refresh_from_db()
    milk.change({"completed": False})

    bulk({"op": "complete", "id": milk.pk}, idempotency_key="k1")

    assert not Task.objects.get().completed


def test_it_lists_the_ignored_members(alice_client, milk):
    body = {
        "operations": [
            {"op": "create", "data": {"title": "x", "done": True, "id": 7}, "note": 1},
            {"op": "update", "id": milk.pk, "data": {"id": milk.pk, "owner": 7}},
        ],
        "atomic": True,
    }

    response = alice_client.post(URL, body)

    assert response["X-Ignored-Members"].split(", ") == [
        "atomic",
        "operations.0.note",
        "operations.0.data.done",
        "operations.0.data.id",
        "operations.1.data.owner",
    ]


def test_it_rejects_an_anonymous_caller(anonymous, db):
    response = anonymous.post(URL, {"operations": [create("x")]})

    assert response.status_code == 401
    assert not Task.objects.exists()


def test_it_rejects_a_query_parameter(alice_client):
    response = alice_client.post(f"{URL}?x=1", {"operations": [create("x")]})

    assert response.status_code == 400
    assert not Task.objects.exists()


def test_the_browsable_api_shows_the_results(client, alice):
    client.force_login(alice)

    page = client.post(
        URL, {"operations": [create("x")]}, "application/json", headers={"accept": "text/html"}
    )

    assert page.status_code == 200
    assert "results" in page.content.decode()
