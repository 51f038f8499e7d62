"""Operations of `POST /api/tasks/bulk` on tasks that repeat."""

from datetime import date

import pytest

from tasks.completions import Completion
from tasks.models import Task


@pytest.fixture
def bulk(alice_client, on):
    on("2026-12-01")

    def bulk(*operations):
        return alice_client.post("/api/tasks/bulk", {"operations": list(operations)})

    return bulk


@pytest.fixture
def daily(add):
    def daily(title="Read", **values):
        return add(title, due_date=date(2026, 12, 1), repeat="FREQ=DAILY", **values)

    return daily


def states():
    return list(Task.objects.order_by("pk").values_list("occurrence", "due_date"))


def test_an_occurrence_is_completed_and_retried(bulk, daily):
    task = daily()
    operation = {"op": "complete", "id": task.pk, "occurrence": 1}

    statuses = [bulk(operation, operation).status_code, bulk(operation).status_code]

    assert statuses == [200, 200]
    assert states() == [(2, date(2026, 12, 2))]
    assert Completion.objects.count() == 1


def test_complete_and_undo_in_one_call(bulk, daily):
    task = daily()
    complete = {"op": "complete", "id": task.pk, "occurrence": 1}
    undo = {"op": "reopen", "id": task.pk, "occurrence": 1}

    assert bulk(complete, undo).status_code == 200
    assert (states(), Completion.objects.count()) == ([(1, date(2026, 12, 1))], 0)

    assert bulk(complete, undo, complete).status_code == 200
    assert bulk(undo, complete, undo, complete).status_code == 200
    assert (states(), Completion.objects.count()) == ([(2, date(2026, 12, 2))], 1)


def test_a_task_made_in_the_call_can_be_completed_and_undone(bulk):
    data = {"title": "Read", "due_date": "2026-12-01", "repeat": "FREQ=DAILY"}
    makes = [{"op": "create", "ref": ref, "data": data} for ref in ("a", "b")]
    completes = [{"op": "complete", "id": ref, "occurrence": 1} for ref in ("a", "b")]

    response = bulk(*makes, *completes, {"op": "reopen", "id": "b", "occurrence": 1})

    assert response.status_code == 200, response.content
    assert states() == [(2, date(2026, 12, 2)), (1, date(2026, 12, 1))]
    assert Completion.objects.get().task == Task.objects.earliest("pk")


@pytest.mark.parametrize(
    ("operation", "status", "field"),
    [
        ({"op": "complete", "occurrence": 2}, 409, "occurrence"),
        ({"op": "reopen", "occurrence": 2}, 409, "occurrence"),
        ({"op": "complete", "occurrence": "1"}, 400, "occurrence"),
        ({"op": "complete", "occurrence": 0}, 400, "occurrence"),
        ({"op": "delete", "occurrence": 1}, 400, "occurrence"),
        ({"op": "update", "data": {"repeat": "FREQ=HOURLY"}}, 400, "data.repeat"),
    ],
)
def test_an_error_names_the_operation_and_nothing_is_applied(bulk, daily, operation, status, field):
    first, second = daily(), daily()

    response = bulk({"op": "complete", "id": first.pk}, {"id": second.pk, **operation})

    assert response.status_code == status
    assert [one["field"] for one in response.json()["errors"]] == [f"operations.1.{field}"]
    assert states() == [(1, date(2026, 12, 1))] * 2
    assert not Completion.objects.exists()


@pytest.mark.parametrize("count", [2, 30])
def test_many_operations_cost_a_fixed_number_of_queries(
    bulk, daily, count, django_assert_num_queries
):
    tasks = [daily(f"Read {n}") for n in range(count)]

    def operations(op):
        return [{"op": op, "id": task.pk, "occurrence": 1} for task in tasks]

    # A savepoint, the counter, the tasks, their last completions, the tasks below them, the new
    # values, the new completions, the release.
    with django_assert_num_queries(8):
        assert bulk(*operations("complete")).status_code == 200
    with django_assert_num_queries(8):
        assert bulk(*operations("reopen")).status_code == 200
    assert states() == [(1, date(2026, 12, 1))] * count
