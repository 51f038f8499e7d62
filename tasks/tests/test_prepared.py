import gc
import threading
import weakref

import pytest
from django.db import Error, connection, connections, transaction
from django.db.transaction import TransactionManagementError

from tasks.models import Task
from tasks.views import TaskViewSet
from todo_project.api.prepared import PreparedQuery, prepare
from todo_project.api.viewsets import owned

TASKS, LOCKED_TASKS = (owned(TaskViewSet.queryset, locked) for locked in (None, True))


@pytest.mark.django_db
@pytest.mark.parametrize("run", ["__iter__", "count", "exists", "delete", "first"])
def test_a_queryset_with_a_parameter_cannot_run_unprepared(run):
    with pytest.raises(Error):
        getattr(TASKS.all(), run)()


@pytest.mark.parametrize("parameters", ["", "?sort=-due_date", "?due=any", "?page_size=1"])
def test_callers_share_a_query_but_not_its_results(
    alice, bob, alice_client, bob_client, parameters
):
    for owner in (alice, bob):
        Task.objects.create(owner=owner, title=f"{owner.name}'s", due_date="2026-12-01")

    for _ in range(2):
        assert [each["title"] for each in alice_client.get(f"/api/tasks{parameters}").data] == [
            "Alice's"
        ]
        assert [each["title"] for each in bob_client.get(f"/api/tasks{parameters}").data] == [
            "Bob's"
        ]


@pytest.fixture
def made(monkeypatch):
    """The models whose SQL was built during the test."""
    models, make = [], PreparedQuery.__init__

    def note(query, queryset):
        models.append(queryset.model)
        make(query, queryset)

    monkeypatch.setattr(PreparedQuery, "__init__", note)
    return models


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("status=pending&sort=title", "sort=title&status=pending"),
        ("due_after=2026-12-01&page_size=7", "page_size=8&due_after=2026-12-02"),
        ("due_before=1970-01-01", "due_before=9998-12-31"),
        ("completed_after=1970-01-01", "completed_after=9998-12-31"),
        ("completed_before=1970-01-01", "completed_before=9998-12-31"),
    ],
)
def test_the_sql_of_a_list_is_built_once(alice_client, bob_client, made, first, second):
    alice_client.get(f"/api/tasks?{first}")
    made.clear()

    assert bob_client.get(f"/api/tasks?{second}").status_code == 200
    assert made == []


def test_the_sql_of_one_task_is_built_once(alice_client, bob_client, milk, made):
    alice_client.get(f"/api/tasks/{milk.pk}")
    made.clear()

    assert bob_client.get(f"/api/tasks/{milk.pk}").status_code == 404
    assert made == []


@pytest.mark.django_db
def test_a_query_does_not_keep_the_connection_that_built_it():
    made = []

    def make():
        made.extend([PreparedQuery(TASKS), weakref.ref(connection.ops)])
        made[0].fetch({"caller": 1})
        connections.close_all()

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    gc.collect()

    assert made[1]() is None


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction_for_cached_sql_too():
    values = {"caller": 1, "id": 1}
    with transaction.atomic():
        prepare(LOCKED_TASKS, "id").first(values)

    with pytest.raises(TransactionManagementError):
        prepare(LOCKED_TASKS, "id").first(values)


@pytest.mark.parametrize("tasks", [TASKS.values("id"), TASKS.select_related("owner")])
def test_an_unsupported_queryset_is_rejected(tasks):
    with pytest.raises(ValueError, match="A prepared query cannot have: "):
        PreparedQuery(tasks)


def test_an_id_out_of_range_is_not_found(alice_client):
    assert alice_client.get("/api/tasks/9223372036854775808").status_code == 404


@pytest.mark.parametrize("tasks", [TASKS, LOCKED_TASKS])
def test_it_loads_the_same_instance_as_the_queryset(alice, milk, tasks):
    """Deferred columns are read on access."""
    with transaction.atomic():
        found = prepare(tasks, "id").first({"caller": alice.pk, "id": milk.pk})

    assert ("member_revisions" in vars(found)) is (tasks is LOCKED_TASKS)
    assert (found.member_revisions, found.tag_keys, found.search_key) == ({}, [], "buy milk\n")
    plain = Task.objects.get(pk=milk.pk)
    assert {**vars(found), "_state": None} == {**vars(plain), "_state": None}
    assert (found._state.adding, found._state.db) == (False, "default")
