"""The member and the filter `project`, and the tasks of a deleted project."""

import pytest
from django.db import IntegrityError, connection, transaction

from projects.models import Project
from tasks.models import Task

TASKS = "/api/tasks"


def force(task, **values):
    """Writes columns without `write()`, and checks the constraints that a commit checks."""
    with transaction.atomic():
        Task.objects.filter(pk=task.pk).update(**values)
        connection.check_constraints()


def titles(client, query):
    response = client.get(f"{TASKS}?sort=created&{query}")
    assert response.status_code == 200, response.content
    return [task["title"] for task in response.json()]


def test_a_task_is_put_in_a_project_and_taken_out(alice_client, home, milk):
    url = f"{TASKS}/{milk.pk}"

    into = alice_client.patch(url, {"project": home.pk})
    out = alice_client.patch(url, {"project": None})

    assert (into.json()["project"], out.json()["project"]) == (home.pk, None)
    assert out.json()["revision"] == into.json()["revision"] + 1
    assert alice_client.post(TASKS, {"title": "x", "project": home.pk}).json()["project"] == home.pk


def test_the_same_project_again_is_no_change(alice_client, home, add):
    task = add("Paint", project=home)

    response = alice_client.patch(f"{TASKS}/{task.pk}", {"project": home.pk})

    assert response.json()["revision"] == task.revision


@pytest.mark.parametrize("member", ["project", "parent"])
@pytest.mark.parametrize("value", ["1", True, [1], {}, 1.5, 0, -1, 2**63, 10**18])
def test_it_rejects_a_value_that_is_no_id(alice_client, milk, member, value):
    created = alice_client.post(TASKS, {"title": "x", member: value})
    changed = alice_client.patch(f"{TASKS}/{milk.pk}", {member: value})

    assert [created.status_code, changed.status_code] == [400, 400]
    assert created.json()["errors"][0]["field"] == member
    assert Task.objects.get() == milk


def test_a_strangers_relation_is_like_a_missing_one(bob_client, bob, alice_client, home, milk):
    """The answers are equal in all places that take it."""
    mine = Task.objects.create(owner=bob, title="Mine")

    def bulk(operation):
        return bob_client.post(f"{TASKS}/bulk", {"operations": [operation]})

    for member, thing in (("project", home), ("parent", milk)):
        calls = [
            lambda member, pk: bob_client.post(TASKS, {"title": "x", member: pk}),
            lambda member, pk: bob_client.patch(f"{TASKS}/{mine.pk}", {member: pk}),
            lambda member, pk: bob_client.put(f"{TASKS}/{mine.pk}", {member: pk}),
            lambda member, pk: bob_client.get(f"{TASKS}?{member}={pk}"),
            lambda member, pk: bob_client.get(f"{TASKS}/summary?{member}={pk}"),
            lambda member, pk: bulk({"op": "create", "data": {"title": "x", member: pk}}),
            lambda member, pk: bulk({"op": "update", "id": mine.pk, "data": {member: pk}}),
        ]
        for call in calls:
            answer, missing = call(member, thing.pk), call(member, 999_999)
            assert (answer.status_code, answer.content) == (400, missing.content)
            error = answer.json()["errors"][0]
            assert (error["field"].split(".")[-1], error["code"]) == (member, "does_not_exist")
    assert Task.objects.filter(owner=bob).get() == mine


def test_a_strangers_place_is_like_a_missing_one(bob_client, bob, milk):
    mine = Task.objects.create(owner=bob, title="Mine")

    for name in ("after", "before"):
        url = f"{TASKS}/{mine.pk}/position"
        answer = bob_client.patch(url, {name: milk.pk})
        assert (answer.status_code, answer.content) == (
            400,
            bob_client.patch(url, {name: 999_999}).content,
        )
        assert bob_client.patch(f"{TASKS}/{milk.pk}/position", {name: mine.pk}).status_code == 404


def test_the_database_refuses_another_owners(milk, bob):
    project = Project.objects.create(owner=bob, name="Bob's")
    parent = Task.objects.create(owner=bob, title="Bob's")

    for values in ({"project": project}, {"parent": parent, "parent_depth": 0, "depth": 1}):
        with pytest.raises(IntegrityError):
            force(milk, **values)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("project={home}", ["paint"]),
        ("project={work}", ["write"]),
        ("project=none", ["milk"]),
        ("project={home},none", ["paint", "milk"]),
        ("project={home}&project={work}", ["paint", "write"]),
        ("project={work},{home},none", ["paint", "write", "milk"]),
        ("project={home}&status=completed", []),
    ],
)
def test_it_filters_by_project(alice_client, add, home, work, query, expected):
    add("paint", project=home)
    add("write", project=work)
    add("milk")
    query = query.format(home=home.pk, work=work.pk)

    assert titles(alice_client, query) == expected
    assert alice_client.get(f"{TASKS}/summary?{query}").json()["total"] == len(expected)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("project=x", "project"),
        ("project=0", "project"),
        ("project=01", "project"),
        ("project=1,", "project"),
        ("project=none,none", "project"),
        ("project=1,1", "project"),
        ("project=%D9%A1", "project"),
        ("project=9999999999999999999", "project"),
        ("project=", "project"),
        ("project=999999", "project"),
        ("project=none,999999", "project"),
        ("project=1%00", "project"),
        ("parent=none,1", "parent"),
        ("parent=-1", "parent"),
        ("parent=999999", "parent"),
        ("parent=none&parent=none", "parent"),
    ],
)
def test_it_refuses_a_bad_filter(alice_client, home, query, field):
    for path in (TASKS, f"{TASKS}/summary"):
        response = alice_client.get(f"{path}?{query}")

        assert response.status_code == 400
        assert response.json()["errors"][0]["field"] == field


def test_an_unchanged_list_of_a_project_costs_nothing(
    alice_client, add, home, django_assert_num_queries
):
    add("paint", project=home)
    url = f"{TASKS}?project={home.pk}"
    with django_assert_num_queries(2):  # the project, the tasks
        etag = alice_client.get(url)["ETag"]

    with django_assert_num_queries(0):
        response = alice_client.get(url, headers={"if_none_match": etag})

    assert response.status_code == 304


def test_tasks_are_kept_without_their_deleted_project(alice_client, add, home, work):
    paint, trashed = add("paint", project=home), add("old", project=home)
    alice_client.delete(f"{TASKS}/{trashed.pk}")
    other = add("write", project=work)

    response = alice_client.delete(f"/api/projects/{home.pk}")

    assert response.status_code == 204
    paint.refresh_from_db()
    assert (paint.project, paint.deleted_at) == (None, None)
    assert paint.updated_at > paint.created_at
    assert alice_client.post(f"{TASKS}/{trashed.pk}/restore").json()["project"] is None
    revision = other.revision
    other.refresh_from_db()
    assert (other.project, other.revision) == (work, revision)


def test_deleting_a_project_is_one_write(alice, alice_client, add, home):
    tasks = [add(f"Task {n}", project=home) for n in range(3)]
    alice.refresh_from_db()

    alice_client.delete(f"/api/projects/{home.pk}?tasks=trash")

    number = alice.revision + 1
    alice.refresh_from_db()
    assert alice.revision == number
    assert set(Task.objects.values_list("revision", flat=True)) == {number}
    assert alice_client.get(TASKS).json() == []
    restored = alice_client.post(f"{TASKS}/{tasks[0].pk}/restore").json()
    assert (restored["title"], restored["project"]) == ("Task 0", None)


@pytest.mark.parametrize("count", [2, 100])
@pytest.mark.parametrize(("query", "queries"), [("", 8), ("?tasks=trash", 9)])
def test_deleting_a_project_costs_a_fixed_number_of_queries(
    alice_client, add, home, query, queries, count, django_assert_num_queries
):
    Task.objects.bulk_create(
        Task(owner=home.owner, title="x", project=home, updated_at=home.updated_at)
        for _ in range(count)
    )

    # A savepoint, the counter, the project, its tasks, the tombstone, the deletion, the update, the
    # release; with `?tasks=trash` the tasks are read twice.
    with django_assert_num_queries(queries):
        alice_client.delete(f"/api/projects/{home.pk}{query}")


def test_an_account_with_all_of_it_can_be_deleted(alice, chain):
    alice.delete()

    connection.check_constraints()
    assert not Task.objects.exists()
    assert not Project.objects.exists()
