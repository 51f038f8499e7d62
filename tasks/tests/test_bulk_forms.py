"""The form for selected tasks, see `tasks.bulk_forms`."""

import re

import pytest
from django.utils import timezone

from tasks.models import Task

from .conftest import press_undo

URL = "/api/tasks/bulk"
LIST = "/api/tasks?status=pending"


@pytest.fixture
def pair(add):
    return [add("Buy milk", tags=["shop"]), add("Buy rye")]


@pytest.fixture
def apply(send):
    """Sends the form with these tasks selected."""

    def apply(op, tasks, **fields):
        return send(URL, op=op, task=[task.pk for task in tasks], next=LIST, **fields)

    return apply


def test_it_completes_the_selected_tasks(apply, browser, pair, add):
    other = add("Call Bob")

    response = apply("complete", pair)

    assert (response.status_code, response["Location"]) == (303, LIST)
    assert [task.completed for task in Task.objects.order_by("pk")] == [True, True, False]
    page = browser.get(LIST).text
    assert "2 tasks are completed." in page
    press_undo(browser, page)
    assert Task.objects.filter(completed_at=None).count() == 3
    assert other in Task.objects.all()


def test_it_moves_them_to_a_project(apply, pair, work):
    apply("move", pair, project=work.pk)
    assert {task.project for task in Task.objects.all()} == {work}

    apply("move", pair, project="")
    assert {task.project for task in Task.objects.all()} == {None}


def test_it_moves_a_subtree(apply, chain, work):
    apply("move", reversed(chain), project=work.pk)

    assert {task.project for task in Task.objects.all()} == {work}


def test_it_adds_tags(apply, pair):
    apply("tag", pair, tags="home, Shop")

    assert [task.tags for task in Task.objects.order_by("pk")] == [
        ["shop", "home"],
        ["home", "Shop"],
    ]


def test_it_deletes_a_subtree_and_undo_restores_it(apply, browser, chain):
    apply("delete", chain)
    deleted = Task.objects.trashed().count()
    press_undo(browser, browser.get(LIST).text)

    assert deleted == 4
    parents = [task.parent_id for task in Task.objects.live().order_by("pk")]
    assert parents == [None, *(task.pk for task in chain[:3])]


def test_a_button_of_a_row_ignores_the_selection(send, pair):
    send(URL, complete=pair[0].pk, op="delete", task=[pair[1].pk], next=LIST)

    assert [task.completed for task in Task.objects.live().order_by("pk")] == [True, False]


def test_a_repeated_completion_of_an_occurrence_does_nothing(send, add):
    bins = add("Bins", due_date="2026-12-01", repeat="FREQ=WEEKLY;BYDAY=TU")

    for _ in range(2):
        send(URL, complete=f"{bins.pk}-1", next=LIST)

    assert Task.objects.get().occurrence == 2


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"op": "complete"}, "Select 1 to 100 tasks."),
        ({"op": "complete", "task": list(range(1, 102))}, "Select 1 to 100 tasks."),
        ({"op": "complete", "task": "x"}, "Select 1 to 100 tasks."),
        ({"op": "complete", "task": "٤٢"}, "Select 1 to 100 tasks."),
        ({"op": "complete", "task": "1-2-3"}, "Select 1 to 100 tasks."),
        ({"op": "complete", "task": "9" * 5000}, "Select 1 to 100 tasks."),
        ({"op": "complete", "task": "0"}, "Select 1 to 100 tasks."),
        ({"op": "complete", "task": "999999"}, "There is no such task."),
        ({"op": "fly", "task": "1"}, "Choose what to do with the selected tasks."),
        ({"task": "1"}, "Choose what to do with the selected tasks."),
        ({"op": "tag", "task": "1", "tags": " , "}, "Write the tag to add."),
        ({"op": "move", "task": "1", "project": "x"}, "Select 1 to 100 tasks."),
    ],
)
def test_wrong_forms_change_nothing(send, browser, milk, fields, error):
    before = Task.objects.values().get()

    response = send(URL, **fields, next=LIST)

    assert (response.status_code, response["Location"]) == (303, LIST)
    page = browser.get(LIST).text
    assert f'alert-danger" role="alert">\n    <bdi>{error}' in page
    assert 'action="/api/tasks/bulk"' in page
    assert Task.objects.values().get() == before


def test_a_strangers_task_is_a_missing_one(apply, browser, bob):
    cat = Task.objects.create(owner=bob, title="Feed the cat")
    before = Task.objects.values().get()

    response = apply("delete", [cat])

    assert response.status_code == 303
    assert "There is no such task." in (page := browser.get(LIST).text)
    assert "Feed the cat" not in page
    assert Task.objects.values().get() == before


def test_one_error_leaves_all_as_they_were(apply, browser, pair, chain, work):
    response = apply("move", [*pair, chain[1]], project=work.pk)

    assert response.status_code == 303
    assert "A parent is in the same project." in browser.get(LIST).text
    assert not work.tasks.exists()


def look_after(send, browser, **fields):
    assert send(URL, **fields, next=LIST).status_code == 303
    return browser.get(LIST).text


def test_no_undo_is_offered_that_would_lose_ticked_subtasks(send, browser, add):
    bins = add("Bins", due_date="2026-12-01", repeat="FREQ=WEEKLY;BYDAY=TU")
    paper = add("Paper", parent=bins, completed_at=timezone.now())
    add("Glass", parent=bins)

    for fields in (
        {"complete": f"{bins.pk}-1"},
        {"op": "complete", "task": [f"{bins.pk}-2", paper.pk]},
    ):
        Task.objects.filter(pk=paper.pk).update(completed_at=timezone.now())
        page = look_after(send, browser, **fields)
        assert "is completed. It is due again" in page or "2 tasks are completed." in page
        assert ">Undo<" not in page


def test_undo_is_offered_if_no_subtask_was_ticked(send, browser, add):
    bins = add("Bins", due_date="2026-12-01", repeat="FREQ=WEEKLY;BYDAY=TU")
    add("Glass", parent=bins)

    press_undo(browser, look_after(send, browser, complete=f"{bins.pk}-1"))

    assert Task.objects.get(pk=bins.pk).occurrence == 1


@pytest.mark.parametrize(("count", "offered"), [(99, True), (100, False)])
def test_no_undo_is_offered_for_more_than_100_tasks(send, browser, add, count, offered):
    trip = add("Trip")
    for number in range(count):
        add(f"Pack {number}", parent=trip)

    page = look_after(send, browser, complete=trip.pk)

    assert (">Undo<" in page) == offered


@pytest.mark.parametrize(("ticked", "offered"), [(True, True), (False, False)])
def test_no_undo_is_offered_that_would_complete_open_subtasks(send, browser, add, ticked, offered):
    now = timezone.now()
    trip = add("Trip", completed_at=now)
    add("Pack", parent=trip, completed_at=now if ticked else None)

    page = look_after(send, browser, reopen=trip.pk)

    assert "“Trip” is open again." in page
    assert (">Undo<" in page) == offered


def press(send, browser, name):
    """Presses the button of the only row, on the list of all tasks."""
    page = browser.get("/api/tasks").text
    key = re.search(rf"name={name} value=(\S+)", page)[1]
    return send(URL, **{name: key}, next="/api/tasks")


def test_reopening_the_last_occurrence_undoes_its_completion(send, browser, add):
    rent = add("Rent", due_date="2026-12-01", repeat="FREQ=DAILY;COUNT=1")

    for name in ("complete", "reopen", "complete"):
        assert press(send, browser, name).status_code == 303

    assert rent.completions.count() == 1
    press_undo(browser, browser.get("/api/tasks").text)
    assert not Task.objects.get().completed


def test_a_finished_task_that_was_moved_is_reopened(send, browser, add):
    add("Rent", due_date="2026-12-01", repeat="FREQ=DAILY;COUNT=1")
    press(send, browser, "complete")
    Task.objects.update(due_date="2026-12-05")

    response = press(send, browser, "reopen")

    assert response.status_code == 303
    assert ">Undo<" not in browser.get("/api/tasks").text
    assert not Task.objects.get().completed


def test_an_outdated_undo_of_an_occurrence_changes_nothing(send, add):
    add("Rent", due_date="2026-12-01", repeat="FREQ=DAILY;COUNT=1")
    key = f"{Task.objects.get().pk}-1"
    send(URL, complete=key, next=LIST)
    Task.objects.update(due_date="2026-12-05")

    send(URL, op="reopen", task=key, next=LIST)

    assert Task.objects.get().completed
