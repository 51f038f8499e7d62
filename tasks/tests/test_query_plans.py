"""Query plans on PostgreSQL for an owner of 100,000 tasks: lists with an indexed order are read
from the index, and the searches of the admin use an index."""

from datetime import date, timedelta

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.db.models import Min
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework.request import Request

from accounts.models import User
from projects.models import Project
from tasks.models import Task
from tasks.views import TaskViewSet
from todo_project.api.filters import OwnedFilterBackend
from todo_project.api.keysets import find_page
from todo_project.api.positions import new_key
from todo_project.api.prepared import values_given

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="the plans are PostgreSQL's"
)

SORTS = ["created", "-created", "due_date", "-due_date", "title", "-title"]
SORTS += ["position", "-position"]


def task_of(n, users, projects, top):
    """Task `n` of the first user up to 100,000, and of the second from there."""
    first, now = n < 100_000, users[0].date_joined
    is_child, is_work = first and n % 1000 > 0, n % 3000 == 1
    return Task(
        owner=users[not first],
        title=f"Task {n % 1000}" if n % 20_000 else "Find the zebra of a task",
        position=new_key(2, n),
        project=projects[is_work] if is_child else None,
        parent=top if is_child else None,
        depth=int(is_child),
        parent_depth=0 if is_child else None,
        due_date=date(2026, 1, 1) + timedelta(days=n % 300) if n % 2 else None,
        completed_at=now - timedelta(minutes=n % 100_000) if n % 3 else None,
        created_at=now - timedelta(seconds=n),
        updated_at=now,
        deleted_at=None if first or n % 10 == 0 else now,
        tags=["home", f"tag {n % 5000}"] if n % 3 == 0 else [],
    )


@pytest.fixture(scope="module")
def crowd(django_db_setup, django_db_blocker):
    """An owner of 100,000 tasks, and one with 90 % of 100,000 in the trash."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        owner, other = (User.objects.create_user(f"crowd{n}@example.com") for n in range(2))
        now = owner.date_joined
        home, work = (Project.objects.create(owner=owner, name=name) for name in ("a", "b"))
        top = Task.objects.create(owner=owner, title="Top", created_at=now - timedelta(days=99))
        users, projects = (owner, other), (home, work)
        tasks = (task_of(n, users, projects, top) for n in range(200_000))
        with transaction.atomic():
            Task.objects.bulk_create(tasks, batch_size=2500)
            # Before the end, when the foreign keys are checked: with a plan that was made for an
            # empty table that can take minutes.
            cursor.execute("ANALYZE tasks_task")
        yield owner
        cursor.execute("TRUNCATE accounts_user CASCADE")  # a DELETE may exceed the timeout
        cursor.execute("ANALYZE tasks_task")


@pytest.mark.parametrize("status", ["all", "pending", "completed"])
@pytest.mark.parametrize("sort", SORTS)
def test_a_list_is_read_in_order_from_an_index(db, crowd, sort, status):
    tasks = Task.objects.live().filter(owner=crowd).sorted_by(sort)
    tasks = {"all": tasks, "pending": tasks.pending(), "completed": tasks.completed()}[status]

    plan = tasks[:101].explain()

    assert "Index Scan" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("sort", SORTS)
def test_a_far_page_starts_in_the_index(db, crowd, sort):
    tasks = Task.objects.live().filter(owner=crowd).sorted_by(sort)
    row = tasks[90_000]
    position = [getattr(row, name.removeprefix("-")) for name in tasks.query.order_by]

    plan = find_page(tasks, False, position)[:101].explain()

    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "ROW(" in condition
    assert "Filter" not in plan
    assert "Sort" not in plan


def listed(owner, query):
    """The plan of a page of the list."""
    view = TaskViewSet(
        action="list", detail=False, request=Request(RequestFactory().get("/api/tasks", query))
    )
    view.request.user = owner
    tasks = OwnedFilterBackend().filter_queryset(view.request, view.get_queryset(), view)
    with values_given(view.parameters):
        return tasks[:101].explain()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"tag": "tag 33"}, "task_by_tag"),
        ({"tag": "home,tag 33"}, "task_by_tag"),
        ({"tag": "nothing"}, "task_by_tag"),
        ({"tag": "home"}, "created"),
        ({"search": "task zebra"}, "task_by_text"),
        ({"search": "zebra -778"}, "task_by_text"),
        ({"search": "nothing", "sort": "title"}, "task_by_text"),
        ({"search": "task"}, "created"),
        ({"search": "zq"}, "task_by_created"),
    ],
)
def test_an_index_finds_tags_and_words(db, crowd, query, index):
    plan = listed(crowd, query)

    assert index in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"project": "a"}, "task_by_created"),
        ({"project": "b"}, "task_by_project"),
        ({"project": "b", "sort": "title"}, "task_by_project"),
        ({"project": "none"}, "task_in_no_project"),
        ({"project": "none", "status": "pending"}, "task_in_no_project"),
        ({"project": "none", "sort": "title"}, "task_by_title"),
        ({"parent": "top"}, "created"),
        ({"parent": "none"}, "task_below_none"),
        ({"parent": "none", "sort": "position"}, "task_by_position"),
        ({"parent": "none", "project": "none"}, "Index Scan Backward using task_"),
    ],
)
def test_an_index_finds_projects_and_subtasks(db, crowd, query, index):
    ids = dict(crowd.projects.values_list("name", "pk"))
    ids["top"] = crowd.tasks.get(title="Top").pk
    query = {name: ids.get(value, value) for name, value in query.items()}

    plan = listed(crowd, query)

    assert index in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize(
    ("ages", "query", "index"),
    [
        ((3, 3), {}, "task_by_completed"),
        ((3, 3), {"sort": "title"}, "task_by_completed"),
        ((0, None), {"sort": "due_date"}, "task_by_completed"),
        ((None, 69), {"status": "completed"}, "task_by_completed"),
        ((60, None), {}, "task_by_created"),
        ((None, 3), {"sort": "title"}, "task_by_title"),
    ],
)
def test_an_index_finds_the_completions_of_some_days(db, crowd, ages, query, index):
    """The ages are in days; the oldest completion is 69 days old."""
    given = {
        name: str((crowd.date_joined - timedelta(days=age)).date())
        for name, age in zip(["completed_after", "completed_before"], ages, strict=True)
        if age is not None
    }

    plan = listed(crowd, {**given, **query})

    assert index in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize("sort", SORTS)
def test_a_list_does_not_read_the_trash(db, crowd, sort):
    tasks = Task.objects.live().filter(owner=crowd.pk + 1).sorted_by(sort)

    plan = tasks[:101].explain(analyze=True)

    assert "Index Scan using task_by_" in plan.replace("Backward ", "")
    assert "Rows Removed" not in plan
    assert "Sort" not in plan


def test_the_trash_is_read_in_order_from_an_index(db, crowd):
    tasks = Task.objects.trashed().filter(owner=crowd.pk + 1).order_by("-deleted_at", "-id")

    plan = tasks[:101].explain()

    assert "Index Scan Backward using task_in_trash" in plan
    assert "Sort" not in plan


def plan(rf, query, model=Task):
    """The plan of the query for the keys of a page of the admin's list."""
    request = rf.get(f"/admin/?{query}")
    request.user = User.objects.create_superuser("root@example.com")
    changes = admin.site.get_model_admin(model).get_changelist_instance(request)
    return changes.paginator.found.explain()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "Index Only Scan Backward using task_of_all_by_created"),
        ("p=1000", "Index Only Scan Backward using task_of_all_by_created"),
        ("status=pending", "Index Scan Backward using task_of_all_by_created"),
        ("created_at__year=2024&created_at__month=2", "using task_of_all_by_created"),
        ("o=1", "using task_of_all_by_title"),
        ("q=task", "using task_of_all_by_title"),
        ("q=zebra", "task_by_text"),
        ("q=zebra&o=6", "task_by_text"),
        ("q=find zebra -milk", "task_by_text"),
        ("q=ta", "task_of_all_by_title"),
        ("due=today", "task_of_all_by_due_date"),
        ("q=99", "Index Cond: (id = '99'"),
        ("trash=yes", "Index Only Scan Backward using task_of_all_in_trash"),
    ],
)
def test_the_admin_uses_an_index(rf, db, crowd, query, index):
    found = plan(rf, query)

    assert index in found
    assert "Seq Scan on tasks_task" not in found


def test_the_admin_filters_by_owner_with_an_index(rf, db, crowd):
    found = plan(rf, f"owner={crowd.pk}")

    assert "Index Only Scan Backward using task_by_created" in found


def test_the_admin_searches_an_address_with_an_index(rf, db, crowd):
    with connection.cursor() as cursor:
        # Two users would be read without an index, or by that of their ids.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")

    found = plan(rf, "q=rowd1@")

    assert "user_by_text" in found
    assert "Seq Scan on tasks_task" not in found


@pytest.mark.parametrize("model", [User, Project])
def test_the_admin_searches_users_and_projects_inside_their_texts(rf, db, model):
    with connection.cursor() as cursor:  # few rows would be read without the index
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")

    found = plan(rf, "q=zebra", model)

    assert f"{model._meta.model_name}_by_text" in found


def test_the_oldest_task_is_found_by_an_index(db, crowd):
    with CaptureQueriesContext(connection) as queries:
        Task.objects.live().aggregate(oldest=Min("created_at"))
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        found = str(cursor.fetchall())

    assert "Index Only Scan using task_of_all_by_created" in found
