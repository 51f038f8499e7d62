"""Writes that read without locks and then check that nothing has changed since."""

import threading
import time
from datetime import date

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from projects.models import Project
from tasks.models import Task
from tasks.views import TaskViewSet
from todo_project.api import known
from todo_project.api.problems import invalid
from todo_project.api.writes import LocksNeeded, Write, write, write_optimistically

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def before_commit(monkeypatch):
    """Does something once, when a write without locks has read everything."""

    def arrange(action):
        commit = Write.write_if_unchanged

        def delayed(writing):
            monkeypatch.setattr(Write, "write_if_unchanged", commit)
            action()
            return commit(writing)

        monkeypatch.setattr(Write, "write_if_unchanged", delayed)

    return arrange


def change(task, **values):
    with write(task.owner_id) as writing:
        writing.update(Task.objects.get(pk=task.pk), **values)


def test_two_changes_at_once_are_both_kept(token_client, milk, before_commit):
    before_commit(lambda: change(milk, description="Oat"))

    response = token_client.patch(f"/api/tasks/{milk.pk}", {"title": "Buy 2"})

    answer = response.json()
    assert (answer["title"], answer["description"], answer["revision"]) == ("Buy 2", "Oat", 3)
    milk.refresh_from_db()
    assert (milk.title, milk.description, milk.revision) == ("Buy 2", "Oat", 3)
    assert milk.member_revisions == {"description": 2, "title": 3}


def test_two_toggles_at_once_are_both_done(token_client, milk, before_commit):
    before_commit(lambda: change(milk, completed=True))

    response = token_client.patch(f"/api/tasks/{milk.pk}/complete")

    assert response.json()["completed"] is False


def test_two_creates_at_once_have_their_own_numbers(token_client, alice, before_commit):
    before_commit(lambda: Task.objects.create(owner=alice, title="First"))

    response = token_client.post("/api/tasks", {"title": "Second"})

    assert response.status_code == 201
    rows = Task.objects.order_by("position").values_list("title", "revision")
    assert [*rows] == [("First", 1), ("Second", 2)]


def test_an_outdated_change_is_refused(token_client, milk, before_commit):
    before_commit(lambda: change(milk, description="Oat"))
    headers = {"if-match": milk.etag}

    response = token_client.patch(f"/api/tasks/{milk.pk}", {"title": "Buy 2"}, headers=headers)

    assert response.status_code == 412
    assert Task.objects.get(pk=milk.pk).title == "Buy milk"


def test_objects_that_contradict_each_other_are_read_again(token_client, alice, milk, monkeypatch):
    """The task is read before both move to another project, its new parent after that."""
    errands = Project.objects.create(owner=alice, name="Errands")
    shop = Task.objects.create(owner=alice, title="Shop")
    find = TaskViewSet.get_object

    def interrupted(view):
        monkeypatch.setattr(TaskViewSet, "get_object", find)
        found = find(view)
        for task in (milk, shop):
            change(task, project=errands)
        return found

    monkeypatch.setattr(TaskViewSet, "get_object", interrupted)

    response = token_client.patch(f"/api/tasks/{milk.pk}", {"parent": shop.pk})

    assert response.status_code == 200, response.json()
    assert response.json()["project"] == errands.pk


def test_tasks_that_seem_to_be_below_each_other(token_client, alice, milk, monkeypatch):
    """The tasks below are read level by level, and they swap places twice in between."""
    shop = Task.objects.create(owner=alice, title="Shop")
    change(milk, parent=shop)
    read, swaps = known.read_children, [(milk, shop), (shop, milk)]

    def interrupted(model, keys):
        upper, lower = swaps.pop(0)
        monkeypatch.setattr(known, "read_children", read)  # the changes read, too
        change(upper, parent=None)
        change(lower, parent=upper)
        monkeypatch.setattr(known, "read_children", interrupted if swaps else read)
        return read(model, keys)

    monkeypatch.setattr(known, "read_children", interrupted)

    response = token_client.patch(f"/api/tasks/{milk.pk}", {"completed": True})

    assert response.status_code == 200
    assert swaps == []
    assert [*Task.objects.completed()] == [milk]


def test_the_base_of_a_merge_is_found_again(token_client, milk, before_commit):
    change(milk, description="Oat")
    before_commit(lambda: change(milk, title="Buy 1"))
    tags = f'"{milk.pk}-1", "{milk.pk}-3"'  # the write that starts again finds the second
    headers = {"if-match": tags, "prefer": "handling=lenient"}

    response = token_client.patch(f"/api/tasks/{milk.pk}", {"title": "Buy 2"}, headers=headers)

    assert response.status_code == 200, response.json()
    assert "Preference-Applied" not in response


def test_an_account_that_ends_before_the_write(token_client, alice, milk, before_commit):
    before_commit(alice.delete)

    assert token_client.patch(f"/api/tasks/{milk.pk}", {"title": "Buy 2"}).status_code == 401


def test_an_account_that_ends_before_the_read(token_client, alice, milk, monkeypatch):
    find = TaskViewSet.get_object

    def interrupted(view):
        alice.delete()
        return find(view)

    monkeypatch.setattr(TaskViewSet, "get_object", interrupted)

    assert token_client.patch(f"/api/tasks/{milk.pk}", {"title": "Buy 2"}).status_code == 401


def test_a_malformed_body_is_refused_once(token_client, milk):
    path = f"/api/tasks/{milk.pk}"

    response = token_client.generic("PATCH", path, "{", content_type="application/json")

    assert response.json()["code"] == "parse_error"


def test_a_write_with_an_unknown_outcome_is_not_repeated(token_client, monkeypatch):
    commit = Write.write_if_unchanged

    def interrupted(writing):
        commit(writing)
        raise OperationalError("The connection was lost.")

    monkeypatch.setattr(Write, "write_if_unchanged", interrupted)

    assert token_client.post("/api/tasks", {"title": "Buy milk"}).status_code == 503

    assert Task.objects.count() == 1


@pytest.mark.parametrize("step", [Write.flush, lambda writing: writing.delete(*writing.updated)])
def test_a_step_that_needs_locks_changes_nothing(alice, milk, step):
    alice.refresh_from_db()

    def change_and_go_on():
        with write_optimistically(alice) as writing:
            writing.update(milk, title="Buy oats")
            step(writing)

    with pytest.raises(LocksNeeded):
        change_and_go_on()

    assert Task.objects.get().title == "Buy milk"


@pytest.mark.parametrize(
    "step",
    [
        lambda writing, task: writing.update(task, title="Buy oats"),
        lambda writing, task: writing.flush(),
        lambda writing, task: invalid("title", "Too late."),
    ],
)
def test_nothing_comes_after_the_end_of_a_write(alice, step):
    """A view would start again, and create a second object."""

    def create_and_go_on():
        with write_optimistically(alice) as writing:
            task = Task(owner=alice, title="Buy milk")
            writing.create(task)
            writing.commit()
            error = step(writing, task)
            if isinstance(error, Exception):
                raise error

    with pytest.raises(RuntimeError):
        create_and_go_on()


def test_a_failed_write_takes_no_number(alice, milk):
    """The user's number is outdated."""
    with pytest.raises(LocksNeeded), write_optimistically(alice) as writing:
        writing.update(milk, title="Buy oats")

    alice.refresh_from_db()
    assert alice.revision == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one isolation")
@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
def test_a_write_that_waits_for_another_starts_again(token_client, milk, isolation):
    """For each isolation that a server may have by default."""
    backends, answers = [], []

    def patch():
        with connection.cursor() as cursor:
            cursor.execute(f"SET default_transaction_isolation = '{isolation}'")
        backends.append(connection.connection.info.backend_pid)
        answers.append(token_client.patch(f"/api/tasks/{milk.pk}", {"title": "Buy 2"}))
        connection.close()

    def waits(cursor):
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = ANY(%s)"
        return cursor.execute(query, [backends]).fetchone()[0]

    thread = threading.Thread(target=patch)
    with write(milk.owner_id) as writing, connection.cursor() as cursor:
        writing.update(Task.objects.get(), description="Oat")
        thread.start()
        while thread.is_alive() and not waits(cursor):
            time.sleep(0.01)
    thread.join()

    assert answers[0].status_code == 200
    assert (answers[0].json()["title"], answers[0].json()["description"]) == ("Buy 2", "Oat")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite cannot write in a WITH")
def test_one_statement_counts_and_writes_a_row(token_client, milk):
    # The user, the task, the write.
    assert kinds(token_client.post, "/api/tasks", {"title": "Buy oats"}) == "SELECT WITH"
    path = f"/api/tasks/{milk.pk}"
    assert kinds(token_client.patch, path, {"title": "Buy oats"}) == "SELECT SELECT WITH"
    assert kinds(token_client.patch, f"{path}/complete") == "SELECT SELECT WITH"
    assert kinds(token_client.patch, f"{path}/complete") == "SELECT SELECT WITH"
    # The tasks below it are read as well.
    assert kinds(token_client.patch, path, {"completed": True}) == "SELECT SELECT SELECT WITH"
    assert kinds(token_client.patch, path, {"title": "Buy oats"}) == "SELECT SELECT"


@pytest.fixture
def bins(alice):
    weekly = {"due_date": date(2098, 12, 2), "repeat": "FREQ=WEEKLY;BYDAY=TU"}
    return Task.objects.create(owner=alice, title="Put out the bins", **weekly)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite cannot write in a WITH")
def test_one_statement_completes_an_occurrence(token_client, bins):
    # The user, the task, the write.
    assert kinds(token_client.patch, f"/api/tasks/{bins.pk}/complete") == "SELECT SELECT WITH"

    bins.refresh_from_db()
    assert (bins.due_date, bins.occurrence, bins.revision) == (date(2098, 12, 9), 2, 2)
    (completion,) = bins.completions.all()
    assert (completion.occurrence, completion.due_date) == (1, date(2098, 12, 2))
    assert completion.next_due_date == date(2098, 12, 9)


def test_two_completions_at_once_are_stored_once_each(token_client, bins, before_commit):
    path = f"/api/tasks/{bins.pk}/complete"
    before_commit(lambda: change(bins, completed=True))

    assert token_client.patch(path).status_code == 200

    rows = bins.completions.order_by("occurrence").values_list("occurrence", "due_date")
    assert [*rows] == [(1, date(2098, 12, 2)), (2, date(2098, 12, 9))]


def test_a_task_that_gets_its_first_subtask_in_between(token_client, alice, milk, before_commit):
    before_commit(lambda: Task.objects.create(owner=alice, title="Below", parent=milk))

    assert token_client.patch(f"/api/tasks/{milk.pk}/complete").status_code == 200

    assert [*Task.objects.pending()] == []


def test_several_rows_are_written_in_a_transaction(token_client, alice, milk):
    Task.objects.create(owner=alice, title="Below", parent=milk)
    # The user, the task, two levels below; the counter, both tasks.
    expected = "SELECT SELECT SELECT SELECT BEGIN UPDATE UPDATE COMMIT"

    assert kinds(token_client.patch, f"/api/tasks/{milk.pk}/complete") == expected


def test_a_refusal_needs_no_locks_if_nothing_has_changed(token_client, milk):
    # The user, the task, the user again.
    path = f"/api/tasks/{milk.pk}"
    assert kinds(token_client.patch, path, {"title": ""}, 400) == "SELECT SELECT SELECT"
    assert kinds(token_client.patch, f"{path}0", {"title": "x"}, 404) == "SELECT SELECT SELECT"


def kinds(send, path, body=None, status=None):
    """The first words of the statements of a request."""
    with CaptureQueriesContext(connection) as queries:
        assert send(path, body).status_code in ([status] if status else [200, 201])
    return " ".join(query["sql"].split()[0] for query in queries)
