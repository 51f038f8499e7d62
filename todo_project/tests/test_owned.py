"""`write()`: numbers in order and without holes, and one lock for all writers of an owner."""

import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import RefreshToken
from tasks.models import Task
from todo_project.api.writes import OwnerGone, write, write_of, write_rows


def counter(user):
    return User.objects.get(pk=user.pk).revision


def test_each_write_takes_the_next_number(alice):
    tasks = [Task.objects.create(owner=alice, title=f"Task {n}") for n in range(3)]
    tasks[0].change({"title": "Buy oats"})

    assert [task.revision for task in tasks] == [4, 2, 3]
    assert counter(alice) == 4


def test_all_that_one_write_changes_has_one_number(alice, django_assert_num_queries):
    tasks = [Task.objects.create(owner=alice, title=f"Task {n}") for n in range(100)]

    # A savepoint, the counter, the subtasks, one update of all, one insert, the release.
    with django_assert_num_queries(6), write(alice.pk) as writing:
        for task in writing.know(tasks)[:61]:
            writing.update(task, completed=True)
        writing.create(*(Task(owner=alice, title=f"New {n}") for n in range(39)))

    changed = Task.objects.filter(revision=writing.revision)
    assert changed.count() == 100
    assert changed.completed().count() == 61
    assert counter(alice) == writing.revision == 101


def test_rows_that_change_in_many_ways_are_written_together(alice, django_assert_num_queries):
    tasks = [Task.objects.create(owner=alice, title=f"Task {n}") for n in range(60)]

    with django_assert_num_queries(4), write(alice.pk) as writing:
        for n, task in enumerate(tasks):
            writing.update(task, title=f"TITLE {n}")

    stored = Task.objects.order_by("pk").values_list("title", "title_key", "revision")
    assert list(stored) == [(f"TITLE {n}", f"title {n}", 61) for n in range(60)]


def test_a_write_that_changes_nothing_takes_no_number(alice, milk):
    with write(alice.pk) as writing:
        assert not writing.update(milk, title="Buy milk", completed=False)

    assert counter(alice) == milk.revision == 1
    milk.change({"title": "Buy oats"})
    assert milk.revision == 2


def test_a_number_of_a_write_within_another_comes_once(alice, milk):
    with write(alice.pk):
        milk.change({"title": "Buy oats"})
    Task.objects.create(owner=alice, title="Buy rye")

    first, second = Task.objects.order_by("pk").values_list("revision", flat=True)
    assert first < second == counter(alice)


def test_of_many_owners_those_of_whom_nothing_changed_keep_their_numbers(alice, bob, milk):
    with write_of([bob.pk, alice.pk]) as writing:
        writing.update(milk, title="Buy oats")

    assert (counter(alice), counter(bob)) == (2, 0)


def test_owners_are_locked_by_ascending_id(alice, bob):
    with CaptureQueriesContext(connection) as queries, write_of([bob.pk, alice.pk]):
        pass

    locks = [one["sql"] for one in queries if "RETURNING revision" in one["sql"]]
    assert [int(lock.split("id = ")[1].split()[0]) for lock in locks] == [alice.pk, bob.pk]


def test_a_refused_write_takes_no_number(alice, milk):
    def fail():
        with write(alice.pk) as writing:
            writing.update(milk, title="Buy oats")
            writing.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert counter(alice) == 1
    assert Task.objects.get().title == "Buy milk"


def test_a_member_knows_when_it_was_changed_last(milk):
    milk.change({"title": "Buy oats", "priority": 1})
    milk.change({"title": "Buy rye"})

    milk.refresh_from_db()
    assert milk.member_revisions == {"title": 3, "priority": 2}


def test_what_is_stored_is_not_saved_whole(milk):
    with pytest.raises(TypeError, match="Use change"):
        milk.save()


def test_an_owner_who_is_gone_writes_nothing(alice):
    pk = alice.pk
    alice.delete()

    with pytest.raises(OwnerGone), write(pk):
        pass
    with write_of([pk]) as writing:
        assert writing.revisions == {}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("post", "/api/tasks", {"title": "x"}), ("delete", "/api/trash", None)],
)
def test_a_request_that_outlives_its_account_is_told_so(alice, alice_client, method, path, body):
    token = RefreshToken.for_user(alice).access_token
    User.objects.get(pk=alice.pk).delete()

    response = getattr(alice_client, method)(path, body)

    unknown = getattr(APIClient(headers={"authorization": f"Bearer {token}"}), method)(path, body)
    assert response.status_code == unknown.status_code == 401
    assert response.content == unknown.content


def test_a_save_of_a_user_leaves_the_counters_alone(alice):
    User.objects.filter(pk=alice.pk).update(revision=7, forgotten_revision=5, sync_epoch=3)

    alice.name = "Alice B."
    alice.save()

    stored = User.objects.get(pk=alice.pk)
    assert stored.name == "Alice B."
    assert (stored.revision, stored.forgotten_revision, stored.sync_epoch) == (7, 5, 3)


def test_rows_of_many_owners_are_locked_owners_first(alice, bob, milk):
    oats = Task.objects.create(owner=bob, title="Buy oats")

    with write_rows(Task.objects.order_by("-pk")) as (writing, tasks):
        assert tasks == [milk, oats]
        assert writing.revisions == {alice.pk: 2, bob.pk: 2}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks the whole database")
@pytest.mark.django_db(transaction=True)
def test_writers_of_one_owner_wait_and_writers_of_two_do_not(alice, bob):
    written = threading.Event()

    def create(owner):
        Task.objects.create(owner=owner, title="Buy milk")
        written.set()
        connection.close()

    with write(alice.pk):
        his = threading.Thread(target=create, args=[bob])
        his.start()
        his.join(30)
        assert written.is_set()
        written.clear()
        hers = threading.Thread(target=create, args=[alice])
        hers.start()
        wait_for_a_waiter()
        assert not written.is_set()
    hers.join(30)

    assert written.is_set()
    assert counter(alice) == counter(bob) == 1


def wait_for_a_waiter():
    """Until PostgreSQL says that somebody waits for a lock."""
    sql = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    for _ in range(100_000):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            if cursor.fetchone()[0]:
                return
    raise AssertionError("Nobody waits.")
