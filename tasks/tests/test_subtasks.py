import pytest
from django.db import IntegrityError
from django.db.models import F

from tasks.models import Task
from todo_project.api.writes import write

from .test_projects_of_tasks import force

TASKS = "/api/tasks"


def patch(client, task, body):
    return client.patch(f"{TASKS}/{task.pk}", body)


def complete(client, task, value=True):
    return client.patch(f"{TASKS}/{task.pk}/complete", {"completed": value})


def shape():
    """The live tasks: title, title of the parent, project's id, depth."""
    tasks = Task.objects.live().order_by("id")
    return list(tasks.values_list("title", "parent__title", "project__name", "depth"))


def test_a_subtask_is_in_its_parents_project(alice_client, add, home):
    paint = add("paint", project=home)

    response = alice_client.post(TASKS, {"title": "wash", "parent": paint.pk})

    assert response.status_code == 201
    assert (response.json()["parent"], response.json()["project"]) == (paint.pk, home.pk)
    assert shape() == [("paint", None, "Home", 0), ("wash", "paint", "Home", 1)]


def test_a_parent_in_another_project_is_refused(alice_client, add, home, work):
    paint, milk = add("paint", project=home), add("milk")
    bodies = [
        alice_client.post(TASKS, {"title": "x", "project": work.pk, "parent": paint.pk}),
        alice_client.post(TASKS, {"title": "x", "project": None, "parent": paint.pk}),
        patch(alice_client, milk, {"parent": paint.pk}),
        patch(alice_client, milk, {"parent": paint.pk, "project": work.pk}),
    ]

    for response in bodies:
        assert response.status_code == 400
        assert response.json()["errors"][0]["field"] == "parent"
    assert shape() == [("paint", None, "Home", 0), ("milk", None, None, 0)]


def test_a_subtask_does_not_leave_its_parents_project(alice_client, chain, work):
    response = patch(alice_client, chain[1], {"project": work.pk})
    out = patch(alice_client, chain[1], {"project": work.pk, "parent": None})

    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "parent")
    assert out.status_code == 200
    assert shape() == [
        ("one", None, "Home", 0),
        ("two", None, "Work", 0),
        ("three", "two", "Work", 1),
        ("four", "three", "Work", 2),
    ]


def test_a_parent_takes_its_subtree_along(alice_client, chain, work, add):
    report = add("report", project=work)

    response = patch(alice_client, chain[1], {"project": work.pk, "parent": report.pk})

    assert response.status_code == 200
    assert shape()[1:] == [
        ("two", "report", "Work", 1),
        ("three", "two", "Work", 2),
        ("four", "three", "Work", 3),
        ("report", None, "Work", 0),
    ]
    revisions = Task.objects.filter(title__in=["two", "three", "four"]).values("revision")
    assert revisions.distinct().count() == 1


def test_five_levels_are_refused(alice_client, chain, add, home):
    below = alice_client.post(TASKS, {"title": "five", "parent": chain[3].pk})
    above = patch(alice_client, chain[0], {"parent": add("zero", project=home).pk})

    for response in (below, above):
        assert response.status_code == 400
        assert response.json()["errors"][0]["field"] == "parent"
    assert [row[3] for row in shape()] == [0, 1, 2, 3, 0]


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_task_is_not_below_itself(alice_client, chain, place):
    response = patch(alice_client, chain[0], {"parent": chain[place].pk})

    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "parent")
    assert [row[3] for row in shape()] == [0, 1, 2, 3]


def test_a_task_in_the_trash_is_no_parent(alice_client, add, milk):
    gone = add("gone")
    alice_client.delete(f"{TASKS}/{gone.pk}")

    answer = patch(alice_client, milk, {"parent": gone.pk})

    assert answer.status_code == 400
    assert answer.content == patch(alice_client, milk, {"parent": 999_999}).content


def test_completing_completes_what_is_below(alice_client, chain):
    complete(alice_client, chain[2])
    third = Task.objects.get(pk=chain[2].pk)

    complete(alice_client, chain[0])

    tasks = Task.objects.order_by("id")
    assert all(task.completed for task in tasks)
    assert tasks[2].completed_at == third.completed_at
    assert tasks[2].revision == third.revision
    assert tasks[3].revision == third.revision  # completed with it
    assert tasks[1].revision == tasks[0].revision
    complete(alice_client, chain[0], False)
    assert [task.completed for task in Task.objects.order_by("id")] == [False, True, True, True]


def test_a_subtree_goes_to_the_trash_and_comes_back(alice_client, chain):
    alice_client.delete(f"{TASKS}/{chain[3].pk}")
    before = shape()

    alice_client.delete(f"{TASKS}/{chain[1].pk}")
    assert [row[0] for row in shape()] == ["one"]
    response = alice_client.post(f"{TASKS}/{chain[1].pk}/restore")

    assert response.status_code == 200
    assert shape() == before  # without the fourth, which was deleted before
    alice_client.post(f"{TASKS}/{chain[3].pk}/restore")
    assert [row[0] for row in shape()] == ["one", "two", "three", "four"]


def test_a_restored_task_is_below_none_while_its_parent_is_in_the_trash(alice_client, chain):
    alice_client.delete(f"{TASKS}/{chain[0].pk}")

    response = alice_client.post(f"{TASKS}/{chain[1].pk}/restore")

    assert response.json()["parent"] is None
    assert response.json()["project"] is not None
    assert [(row[0], row[1], row[3]) for row in shape()] == [
        ("two", None, 0),
        ("three", "two", 1),
        ("four", "three", 2),
    ]


def test_what_is_deleted_for_good_takes_what_is_below(alice_client, chain, milk):
    alice_client.delete(f"{TASKS}/{chain[3].pk}")
    alice_client.delete(f"{TASKS}/{chain[1].pk}")

    response = alice_client.delete(f"/api/trash/{chain[1].pk}")

    assert response.status_code == 204
    assert set(Task.objects.all()) == {chain[0], milk}
    deleted = alice_client.get("/api/sync").json()["deleted"]["tasks"]
    assert deleted == []  # a new client never had them


@pytest.mark.parametrize("value", ["none", "id"])
def test_it_filters_by_parent(alice_client, chain, milk, value):
    query = "none" if value == "none" else chain[1].pk

    response = alice_client.get(f"{TASKS}?parent={query}&sort=created")

    expected = ["one", "Buy milk"] if value == "none" else ["three"]
    assert sorted(task["title"] for task in response.json()) == sorted(expected)
    assert alice_client.get(f"{TASKS}/summary?parent={query}").json()["total"] == len(expected)


@pytest.mark.parametrize(
    "values",
    [
        {"parent": F("id")},
        {"parent": F("id"), "parent_depth": 0, "depth": 1},
        {"depth": 1},
        {"parent_depth": 0},
        {"depth": 4, "parent_depth": 3},
    ],
)
def test_the_database_refuses_what_is_no_tree(milk, values):
    with pytest.raises(IntegrityError):
        force(milk, **values)


def test_the_database_refuses_a_cycle(add):
    """Whatever depths are written: each would have to be one more than the other."""
    a = add("a")
    b = add("b", parent=a)
    for depth, parent_depth in ((2, 1), (1, 0), (3, 2)):
        with pytest.raises(IntegrityError):
            force(a, parent=b, depth=depth, parent_depth=parent_depth)


def test_the_database_refuses_a_parent_on_another_level(add):
    a = add("a")
    add("b", parent=a)
    with pytest.raises(IntegrityError):
        force(a, parent=a, parent_depth=2, depth=3)


@pytest.mark.parametrize("count", [1, 20])
def test_a_subtree_costs_a_fixed_number_of_queries(
    alice_client, add, milk, count, django_assert_num_queries
):
    for n in range(count):
        add(f"below {n}", parent=milk)

    # A savepoint, the counter, the row, two levels below, the updates, the release.
    with django_assert_num_queries(7):
        alice_client.delete(f"{TASKS}/{milk.pk}")


def test_the_admin_actions_take_subtrees_along(chain):
    with write(chain[0].owner_id) as writing:
        writing.update(chain[0], completed=True)

    assert not Task.objects.pending().exists()


def bulk(client, *operations):
    return client.post(f"{TASKS}/bulk", {"operations": operations})


def create(title, **data):
    ref = {"ref": data.pop("ref")} if "ref" in data else {}
    return {"op": "create", "data": {"title": title, **data}, **ref}


def test_a_bulk_call_builds_a_tree_by_refs(alice_client, home):
    response = bulk(
        alice_client,
        create("one", ref="1", project=home.pk),
        create("two", ref="2", parent="1"),
        create("three", parent="2"),
        {"op": "complete", "id": "2"},
    )

    assert response.status_code == 200, response.content
    assert shape() == [
        ("one", None, "Home", 0),
        ("two", "one", "Home", 1),
        ("three", "two", "Home", 2),
    ]
    assert [task.completed for task in Task.objects.order_by("id")] == [False, True, True]


def test_a_bulk_call_is_in_order(alice_client, chain, milk):
    one, two, _, four = chain

    response = bulk(
        alice_client,
        {"op": "complete", "id": one.pk},
        {"op": "reopen", "id": four.pk},
        {"op": "update", "id": four.pk, "data": {"parent": two.pk, "title": "vier"}},
        {"op": "delete", "id": two.pk},
        {"op": "restore", "id": two.pk},
    )

    assert response.status_code == 200, response.content
    assert shape()[:4] == [
        ("one", None, "Home", 0),
        ("two", "one", "Home", 1),
        ("three", "two", "Home", 2),
        ("vier", "two", "Home", 2),
    ]
    assert [task.completed for task in Task.objects.order_by("id")][:4] == [True] * 3 + [False]


def test_a_bulk_call_restores_a_new_task_without_its_deleted_parent(alice_client, milk):
    response = bulk(
        alice_client,
        create("find the bottles", ref="x", parent=milk.pk),
        {"op": "delete", "id": milk.pk},
        {"op": "restore", "id": "x"},
    )

    assert response.status_code == 200, response.content
    assert shape() == [("find the bottles", None, None, 0)]


def test_a_bulk_call_refuses_what_single_calls_refuse(alice_client, chain, milk):
    for operations, field in (
        ([create("x", parent="none such")], "operations.0.data.parent"),
        ([create("x", parent=chain[3].pk)], "operations.0.data.parent"),
        (
            [
                {"op": "delete", "id": milk.pk},
                create("x", parent=milk.pk),
            ],
            "operations.1.data.parent",
        ),
        (
            [
                {"op": "update", "id": chain[1].pk, "data": {"parent": None}},
                {"op": "update", "id": chain[0].pk, "data": {"parent": chain[3].pk}},
                {"op": "update", "id": chain[1].pk, "data": {"parent": chain[0].pk}},
            ],
            "operations.2.data.parent",
        ),
        ([create("x", project="x")], "operations.0.data.project"),
    ):
        response = bulk(alice_client, *operations)

        assert response.status_code == 400
        assert [error["field"] for error in response.json()["errors"]] == [field]
    assert [row[3] for row in shape()] == [0, 1, 2, 3, 0]


@pytest.mark.parametrize("count", [2, 39])  # SQLite inserts at most 39 rows in a statement
def test_many_subtasks_cost_a_fixed_number_of_queries(
    alice_client, milk, home, count, django_assert_num_queries
):
    operations = [create(f"below {n}", parent=milk.pk, project=None) for n in range(count)]

    # A savepoint, the counter, the parent under its lock, the new rows, the release.
    with django_assert_num_queries(5):
        response = bulk(alice_client, *operations)

    assert response.status_code == 200, response.content


@pytest.fixture
def family(add, home, work):
    """Makes tasks of a project, each with a parent of its own and a subtask."""

    def make(count):
        tasks = []
        for n in range(count):
            parent = add(f"above {n}", project=home)
            tasks.append(add(f"task {n}", project=home, parent=parent))
            add(f"below {n}", project=home, parent=tasks[-1])
        return tasks

    return make


def update(task, **data):
    return {"op": "update", "id": task.pk, "data": data}


@pytest.mark.parametrize("count", [3, 12])
@pytest.mark.parametrize("change", ["parent", "project", "restore", "create"])
def test_changes_of_subtrees_cost_a_fixed_number_of_queries(
    alice_client, family, add, home, count, change, django_assert_num_queries
):
    tasks, top = family(count), add("top", project=home)
    operations = {
        "parent": [update(task, parent=top.pk) for task in tasks],
        "project": [update(task, project=home.pk) for task in tasks],
        "restore": [{"op": "restore", "id": task.pk} for task in tasks],
        "create": [create("new", parent=task.pk) for task in tasks],
    }
    if change == "restore":
        bulk(alice_client, *({"op": "delete", "id": task.pk} for task in tasks))

    # A savepoint, the counter, the locked tasks, the release, and:
    costs = {
        "parent": 3,  # two levels below, the changed rows
        "project": 3,  # the project, the parents, the unused number
        "restore": 4,  # the parents, two levels below, the changed rows
        "create": 2,  # the projects of the parents, the new rows
    }
    with django_assert_num_queries(4 + costs[change]):
        response = bulk(alice_client, *operations[change])

    assert response.status_code == 200, response.content


@pytest.mark.parametrize("count", [3, 12])
def test_moving_a_subtree_costs_a_fixed_number_of_queries(
    alice, alice_client, add, milk, count, django_assert_num_queries
):
    shop = add("shop")
    for n in range(count):
        add(f"below {n}", parent=milk)

    alice.refresh_from_db()
    # The task, the parent, two levels below, a savepoint, the counter, the rows, the release.
    with django_assert_num_queries(8):
        response = patch(alice_client, milk, {"parent": shop.pk})

    assert response.status_code == 200, response.content
    assert Task.objects.filter(depth=2).count() == count


def test_the_tasks_below_are_found_without_a_look_at_all_others(alice, family, monkeypatch):
    looks = []
    monkeypatch.setattr(
        Task, "parent_key", property(lambda task: looks.append(task) or task.parent_id)
    )
    tasks = family(20)
    looks.clear()

    with write(alice.pk) as writing:
        for task in writing.know(tasks):
            writing.update(task, completed=True)

    assert Task.objects.completed().count() == 40
    assert len(looks) < 4 * 40
