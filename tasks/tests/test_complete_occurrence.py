"""Completing tasks that repeat: `PATCH /api/tasks/{id}/complete` and all other ways."""

from datetime import date, time

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from tasks.completions import Completion
from tasks.models import Task


@pytest.fixture
def bins(add, on):
    """A task of every Tuesday, on the day that it is due."""
    on("2026-12-01")
    return add("Put out the bins", due_date=date(2026, 12, 1), repeat="FREQ=WEEKLY;BYDAY=TU")


@pytest.fixture
def complete(alice_client):
    def complete(task, completed=True, occurrence=None, **more):
        number = {} if occurrence is None else {"occurrence": occurrence}
        body = {"completed": completed, **number, **more}
        return alice_client.patch(f"/api/tasks/{task.pk}/complete", body)

    return complete


def history(task):
    """The number, due date and next due date of all completions."""
    rows = Completion.objects.filter(task=task.pk).order_by("occurrence")
    return [(row.occurrence, str(row.due_date), str(row.next_due_date)) for row in rows]


def state(response):
    body = response.json()
    return body["completed"], body["due_date"], body["occurrence"]


def stored(*tasks):
    return list(Task.objects.filter(pk__in=[task.pk for task in tasks]).order_by("pk").values())


def test_it_stays_open_and_moves_to_the_next_due_date(bins, complete):
    response = complete(bins)

    assert response.status_code == 200
    assert state(response) == (False, "2026-12-08", 2)
    assert response.json()["completed_at"] is None
    assert history(bins) == [(1, "2026-12-01", "2026-12-08")]


@pytest.mark.parametrize("method", ["patch", "put"])
def test_completed_of_a_change_completes_one_occurrence(alice_client, bins, method):
    whole = alice_client.get(f"/api/tasks/{bins.pk}").json()

    response = getattr(alice_client, method)(
        f"/api/tasks/{bins.pk}", {**whole, "completed": True, "title": "Bins"}
    )

    assert state(response) == (False, "2026-12-08", 2)
    assert response.json()["title"] == "Bins"


def test_a_toggle_completes_one_occurrence(alice_client, bins):
    for occurrence in (2, 3):
        response = alice_client.patch(f"/api/tasks/{bins.pk}/complete")

        assert state(response)[2] == occurrence
    assert len(history(bins)) == 2


def test_completing_late_skips_the_days_that_were_missed(on, bins, complete):
    on("2026-12-22")

    response = complete(bins)

    assert state(response) == (False, "2026-12-29", 2)
    assert history(bins) == [(1, "2026-12-01", "2026-12-29")]


def test_the_due_time_stays_also_on_days_that_do_not_have_it(alice, on, add, complete):
    alice.timezone = "Europe/Berlin"
    on("2026-03-28")
    call = add(
        "Call", due_date=date(2026, 3, 28), due_time=time(2, 30), repeat="FREQ=DAILY;COUNT=999"
    )

    for day in ("2026-03-29", "2026-03-30"):  # 02:30 is in the gap of the 29th
        assert complete(call).json()["due_date"] == day
        assert alice_due_time(call) == time(2, 30)
        on(day)

    on("2026-10-24")
    call.refresh_from_db()
    assert complete(call).json()["due_date"] == "2026-10-25"  # 02:30 is there twice
    on("2026-10-25T00:45")  # the first 02:45
    assert complete(call).json()["due_date"] == "2026-10-26"


def alice_due_time(task):
    return Task.objects.get(pk=task.pk).due_time


@pytest.mark.parametrize(
    ("zone", "now", "due"),
    [
        ("Pacific/Kiritimati", "2026-06-15T09:59", "2026-06-16"),
        ("Pacific/Kiritimati", "2026-06-15T10:00", "2026-06-17"),
        ("America/Los_Angeles", "2026-06-15T06:59", "2026-06-15"),
        ("America/Los_Angeles", "2026-06-15T07:00", "2026-06-16"),
    ],
)
@pytest.mark.parametrize("repeat_from", ["due", "completion"])
def test_it_counts_in_the_owners_days(alice, on, add, complete, zone, now, due, repeat_from):
    alice.timezone = zone
    alice.save()
    on(now)
    task = add("Water", due_date=date(2026, 6, 1), repeat="FREQ=DAILY", repeat_from=repeat_from)

    assert complete(task).json()["due_date"] == due


@pytest.mark.parametrize("rule", ["FREQ=DAILY;COUNT=2", "FREQ=DAILY;UNTIL=20261202"])
def test_the_last_occurrence_completes_the_task(on, add, complete, rule):
    on("2026-12-01")
    pills = add("Take a pill", due_date=date(2026, 12, 1), repeat=rule)

    first, last = complete(pills), complete(pills)

    assert state(first) == (False, "2026-12-02", 2)
    assert state(last) == (True, "2026-12-02", 3)
    assert last.json()["completed_at"] == "2026-12-01T12:00:00Z"
    assert history(pills) == [(1, "2026-12-01", "2026-12-02"), (2, "2026-12-02", "None")]


def test_completing_a_completed_series_changes_nothing(on, add, complete):
    on("2026-12-01")
    pill = add("Take a pill", due_date=date(2026, 12, 1), repeat="FREQ=DAILY;COUNT=1")
    first = complete(pill)

    assert complete(pill).json() == first.json()
    assert complete(pill, occurrence=2).json() == first.json()
    assert complete(pill, occurrence=1).json() == first.json()
    assert len(history(pill)) == 1


def test_an_occurrence_is_completed_once(bins, complete):
    first = complete(bins, occurrence=1)

    retry = complete(bins, occurrence=1)

    assert first.status_code == retry.status_code == 200
    assert retry.json() == first.json()
    assert retry["ETag"] == first["ETag"]
    assert history(bins) == [(1, "2026-12-01", "2026-12-08")]


@pytest.mark.parametrize("occurrence", [2, 2**63])
def test_a_coming_occurrence_cannot_be_completed(bins, complete, occurrence):
    before = stored(bins)

    response = complete(bins, occurrence=occurrence)

    assert response.status_code == 409
    assert response.json()["code"] == "conflict"
    assert response.json()["detail"] == "The current occurrence is 1."
    assert (stored(bins), history(bins)) == (before, [])


@pytest.mark.parametrize("occurrence", ["1", "one", 0, -1, 1.0, True, None, [1]])
def test_an_occurrence_is_a_whole_number(bins, complete, alice_client, occurrence):
    before = stored(bins)

    response = alice_client.patch(
        f"/api/tasks/{bins.pk}/complete", {"completed": True, "occurrence": occurrence}
    )

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "occurrence"
    assert stored(bins) == before


def test_an_occurrence_needs_completed(alice_client, bins):
    response = alice_client.patch(f"/api/tasks/{bins.pk}/complete", {"occurrence": 1})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "occurrence"


def test_a_task_that_does_not_repeat_is_its_first_occurrence(milk, complete):
    done = complete(milk, occurrence=1)
    reopened = complete(milk, completed=False, occurrence=1)

    assert state(done) == (True, None, 1)
    assert state(reopened) == (False, None, 1)
    assert complete(milk, occurrence=2).status_code == 409
    assert history(milk) == []


def test_a_stranger_finds_nothing_and_changes_nothing(bob_client, bins):
    before = stored(bins)

    response = bob_client.patch(
        f"/api/tasks/{bins.pk}/complete", {"completed": True, "occurrence": 9}
    )

    assert response.status_code == 404
    assert (stored(bins), history(bins)) == (before, [])


def test_undo_restores_every_member(alice_client, bins, complete):
    before = alice_client.get(f"/api/tasks/{bins.pk}").json()
    complete(bins, occurrence=1)

    response = complete(bins, completed=False, occurrence=1)

    changed = {"revision", "updated_at"}
    assert response.status_code == 200
    assert {name: value for name, value in response.json().items() if name not in changed} == {
        name: value for name, value in before.items() if name not in changed
    }
    assert history(bins) == []


def test_undo_can_be_repeated_and_completed_again(bins, complete):
    complete(bins, occurrence=1)

    undone = complete(bins, completed=False, occurrence=1)
    again = complete(bins, completed=False, occurrence=1)

    assert again.json() == undone.json()
    assert state(complete(bins, occurrence=1)) == (False, "2026-12-08", 2)
    assert history(bins) == [(1, "2026-12-01", "2026-12-08")]


def test_undo_opens_a_series_that_ended(on, add, complete):
    on("2026-12-01")
    pill = add("Take a pill", due_date=date(2026, 12, 1), repeat="FREQ=DAILY;COUNT=1")
    complete(pill)

    undone = complete(pill, completed=False, occurrence=1)

    assert state(undone) == (False, "2026-12-01", 1)
    assert history(pill) == []


def test_only_the_last_completion_can_be_undone(bins, complete):
    complete(bins)
    complete(bins)
    before = stored(bins)

    refused = complete(bins, completed=False, occurrence=1)

    assert refused.status_code == 409
    assert complete(bins, completed=False, occurrence=9).status_code == 409
    assert (stored(bins), len(history(bins))) == (before, 2)
    assert state(complete(bins, completed=False, occurrence=2)) == (False, "2026-12-08", 2)
    assert state(complete(bins, completed=False, occurrence=1)) == (False, "2026-12-01", 1)


@pytest.mark.parametrize("change", [{"due_date": "2026-12-09"}, {"due_date": None, "repeat": None}])
def test_undo_needs_the_due_date_that_the_completion_gave(alice_client, bins, complete, change):
    complete(bins)
    alice_client.patch(f"/api/tasks/{bins.pk}", change)
    before = stored(bins)

    response = complete(bins, completed=False, occurrence=1)

    assert response.status_code == 409
    assert (stored(bins), len(history(bins))) == (before, 1)


def test_undo_does_not_open_what_was_completed_since(alice_client, bins, complete):
    complete(bins)
    alice_client.patch(f"/api/tasks/{bins.pk}", {"repeat": None})
    complete(bins)

    assert complete(bins, completed=False, occurrence=1).status_code == 409


def test_reopening_a_series_that_ended_keeps_its_history(on, add, complete):
    on("2026-12-01")
    pill = add("Take a pill", due_date=date(2026, 12, 1), repeat="FREQ=DAILY;COUNT=1")
    complete(pill)

    assert state(complete(pill, completed=False)) == (False, "2026-12-01", 2)
    assert state(complete(pill)) == (True, "2026-12-01", 3)
    assert [number for number, *_ in history(pill)] == [1, 2]


def test_a_new_rule_counts_from_the_current_occurrence(alice_client, bins, complete):
    complete(bins)

    alice_client.patch(f"/api/tasks/{bins.pk}", {"repeat": "FREQ=DAILY;COUNT=2"})

    assert state(complete(bins)) == (False, "2026-12-09", 3)
    assert state(complete(bins)) == (True, "2026-12-09", 4)


def test_a_rule_and_its_completion_can_be_sent_at_once(alice_client, on, milk):
    on("2026-12-01")
    body = {"due_date": "2026-12-01", "repeat": "FREQ=DAILY;COUNT=2", "completed": True}

    response = alice_client.patch(f"/api/tasks/{milk.pk}", body)

    assert state(response) == (False, "2026-12-02", 2)
    assert history(milk) == [(1, "2026-12-01", "2026-12-02")]


def test_a_task_whose_rule_was_removed_is_completed_for_good(alice_client, bins, complete):
    complete(bins)
    alice_client.patch(f"/api/tasks/{bins.pk}", {"repeat": None})

    assert state(complete(bins, occurrence=2)) == (True, "2026-12-08", 2)
    assert len(history(bins)) == 1


def test_a_task_can_be_created_completed(alice_client):
    body = {"title": "Old", "due_date": "2026-12-01", "repeat": "FREQ=DAILY", "completed": True}

    assert state(alice_client.post("/api/tasks", body)) == (True, "2026-12-01", 1)


def test_a_stale_if_match_completes_nothing(alice_client, bins, complete):
    etag = alice_client.get(f"/api/tasks/{bins.pk}")["ETag"]
    complete(bins)

    response = alice_client.patch(
        f"/api/tasks/{bins.pk}/complete", {"completed": True}, headers={"if_match": etag}
    )

    assert response.status_code == 412
    assert len(history(bins)) == 1


def test_a_completion_is_a_change_of_the_due_date_for_a_merge(alice_client, bins, complete):
    etag = alice_client.get(f"/api/tasks/{bins.pk}")["ETag"]
    complete(bins)
    headers = {"if_match": etag, "prefer": "handling=lenient"}

    moved = alice_client.patch(f"/api/tasks/{bins.pk}", {"due_date": "2026-12-03"}, headers=headers)
    renamed = alice_client.patch(f"/api/tasks/{bins.pk}", {"title": "Bins"}, headers=headers)

    assert moved.status_code == 412
    assert moved.json()["conflicts"] == ["due_date"]
    assert renamed.status_code == 200


def test_subtasks_are_open_again_for_the_next_occurrence(add, bins, complete):
    done, below = add("Paper", parent=bins), None
    below = add("Fold boxes", parent=done)
    complete(below)
    complete(done)
    trashed = add("Glass", parent=bins, completed=True)
    trashed.change({"deleted_at": done.created_at})

    complete(bins)

    rows = stored(done, below, trashed)
    assert [row["completed_at"] is None for row in rows] == [True, True, False]
    assert {row["revision"] for row in rows[:2]} == {stored(bins)[0]["revision"]}


def test_the_last_occurrence_completes_the_subtasks(add, on, complete):
    on("2026-12-01")
    pills = add("Take pills", due_date=date(2026, 12, 1), repeat="FREQ=DAILY;COUNT=1")
    red = add("Red", parent=pills)

    complete(pills)

    assert stored(red)[0]["completed_at"] is not None


def test_a_subtask_that_repeats_is_closed_with_its_parent(add, milk, bins, complete):
    child = add("Rinse", parent=milk, due_date=date(2026, 12, 1), repeat="FREQ=DAILY")

    complete(milk)
    closed = stored(child)[0]
    complete(child, completed=False)
    opened = complete(child)

    assert closed["completed_at"] is not None
    assert (str(closed["due_date"]), closed["occurrence"]) == ("2026-12-01", 1)
    assert state(opened) == (False, "2026-12-02", 2)


def test_a_task_in_the_trash_keeps_its_history(alice_client, bins, complete):
    complete(bins)

    alice_client.delete(f"/api/tasks/{bins.pk}")
    gone = [alice_client.get(f"/api/tasks/{bins.pk}/{name}") for name in ("completions", "next")]
    alice_client.post(f"/api/tasks/{bins.pk}/restore")

    assert [response.status_code for response in gone] == [404, 404]
    assert state(complete(bins, occurrence=2)) == (False, "2026-12-15", 3)
    assert len(history(bins)) == 2


def test_the_history_is_deleted_with_its_task(alice, alice_client, bins, complete, add):
    other = add("Read", due_date=date(2026, 12, 1), repeat="FREQ=DAILY")
    complete(other)
    complete(bins)
    alice_client.delete(f"/api/tasks/{bins.pk}")

    assert alice_client.delete(f"/api/trash/{bins.pk}").status_code == 204
    assert (history(bins), len(history(other))) == ([], 1)
    alice.delete()
    assert not Completion.objects.exists()


def test_the_database_refuses_a_second_completion(alice, bins, complete):
    complete(bins)
    values = {"due_date": "2026-12-01", "completed_at": bins.created_at, "owner": alice}

    with pytest.raises(IntegrityError), transaction.atomic():
        Completion.objects.create(task=bins, occurrence=1, **values)


@pytest.mark.parametrize(
    "values",
    [
        {"due_date": None},
        {"repeat_from": "start"},
        {"occurrence": 0, "repeat_since": 0},
        {"repeat_since": 2},
    ],
)
def test_the_database_refuses_impossible_series(bins, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.filter(pk=bins.pk).update(**values)


def test_queries_of_a_completion(alice, bins, complete, django_assert_num_queries):
    alice.refresh_from_db()
    # The task, a savepoint, the counter, the task's new values, the completion, the release.
    with django_assert_num_queries(6):
        complete(bins, occurrence=1)
    # The retry: the task.
    with django_assert_num_queries(1):
        complete(bins, occurrence=1)
    alice.refresh_from_db()
    # Undo: as the completion, and the completion is read.
    with django_assert_num_queries(7):
        complete(bins, completed=False, occurrence=1)


def test_the_copy_of_a_client_gets_the_new_due_date(
    alice, alice_client, client_for, bins, complete
):
    token = alice_client.get("/api/sync").json()["next"]
    complete(bins)

    fresh = client_for(User.objects.get(pk=alice.pk))
    (task,) = fresh.get("/api/sync", {"since": token}).json()["tasks"]

    assert (task["due_date"], task["occurrence"]) == ("2026-12-08", 2)
