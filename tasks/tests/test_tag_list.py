"""`/api/tags`: list, rename, merge and remove tags."""

from urllib.parse import quote

import pytest
from django.utils import timezone

from conftest import signed_in
from tasks.models import Task


def make(owner, title, *tags, **members):
    task = Task.objects.create(owner=owner, title=title, tags=[*tags])
    if members:
        task.change(members)
    return task


@pytest.fixture
def tasks(alice, bob):
    made = [
        make(alice, "a", "Errands", "home"),
        make(alice, "b", "errands"),
        make(alice, "c", "Home", completed=True),
        make(alice, "d", "old", completed=True),
        make(alice, "e", "trashed", "Errands", deleted_at=timezone.now()),
        make(alice, "f"),
    ]
    make(bob, "x", "errands", "bob's")
    return made


def tags(user):
    return {task.title: task.tags for task in Task.objects.filter(owner=user)}


def url(name):
    return f"/api/tags/{quote(name, safe='')}"


@pytest.mark.usefixtures("tasks")
def test_it_counts_open_tasks(alice_client):
    assert alice_client.get("/api/tags").json() == [
        {"name": "Errands", "tasks": 2},
        {"name": "home", "tasks": 1},
        {"name": "old", "tasks": 0},
    ]


def test_it_is_empty_without_tags(alice_client, milk):
    assert alice_client.get("/api/tags").json() == []


@pytest.mark.usefixtures("tasks")
def test_one_query_reads_it(alice_client, django_assert_num_queries):
    with django_assert_num_queries(1):  # the tags of the tasks
        alice_client.get("/api/tags")


def test_its_tag_changes_with_any_write(alice, alice_client, tasks, django_assert_num_queries):
    alice.refresh_from_db()
    etag = alice_client.get("/api/tags")["ETag"]

    with django_assert_num_queries(0):
        same = alice_client.get("/api/tags", headers={"if_none_match": etag})
    tasks[0].change({"tags": []})
    alice.refresh_from_db()
    changed = alice_client.get("/api/tags", headers={"if_none_match": etag})

    assert same.status_code == 304
    assert changed.status_code == 200


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_nobody_is_let_in_without_signing_in(anonymous, tasks, method):
    path = "/api/tags" if method == "get" else "/api/tags/errands"

    assert getattr(anonymous, method)(path).status_code == 401


def test_it_renames_on_every_task(alice, bob, alice_client, tasks):
    response = alice_client.patch("/api/tags/ERRANDS", {"name": " Town "})

    assert response.status_code == 200
    assert response.json() == {"name": "Town", "tasks": 2}
    assert tags(alice) == {
        "a": ["Town", "home"],
        "b": ["Town"],
        "c": ["Home"],
        "d": ["old"],
        "e": ["trashed", "Town"],
        "f": [],
    }
    assert tags(bob) == {"x": ["errands", "bob's"]}
    assert [task["title"] for task in alice_client.get("/api/tasks?tag=town").json()] == ["b", "a"]


def test_it_is_one_write(alice, alice_client, tasks):
    before = Task.objects.get(title="f").revision

    alice_client.patch("/api/tags/errands", {"name": "Town"})

    changed = Task.objects.filter(owner=alice, revision__gt=before)
    assert sorted(task.title for task in changed) == ["a", "b", "e"]
    assert len({task.revision for task in changed}) == 1


def test_a_new_case_is_no_other_tag(alice, alice_client, tasks):
    response = alice_client.patch("/api/tags/home", {"name": "HOME"})

    assert response.json() == {"name": "HOME", "tasks": 1}
    assert tags(alice)["a"] == ["Errands", "HOME"]
    assert tags(alice)["c"] == ["HOME"]


def test_the_same_name_changes_nothing(alice_client, tasks):
    before = Task.objects.get(title="d").revision

    assert alice_client.patch("/api/tags/old", {"name": "old"}).status_code == 200
    assert Task.objects.get(title="d").revision == before


def test_a_name_that_is_taken_is_a_conflict(alice, alice_client, tasks):
    before = tags(alice)

    response = alice_client.patch("/api/tags/errands", {"name": "HOME"})

    assert response.status_code == 409
    assert response.json()["code"] == "conflict"
    assert tags(alice) == before


def test_it_merges_into_the_other_tag(alice, alice_client, tasks):
    response = alice_client.patch("/api/tags/errands", {"name": "HOME", "merge": True})

    assert response.json() == {"name": "home", "tasks": 2}
    assert alice_client.get("/api/tags").json()[0] == {"name": "home", "tasks": 2}
    assert tags(alice) == {
        "a": ["home"],
        "b": ["home"],
        "c": ["Home"],
        "d": ["old"],
        "e": ["trashed", "home"],
        "f": [],
    }


def test_it_takes_it_off_every_task(alice, bob, alice_client, tasks):
    response = alice_client.delete("/api/tags/errands")

    assert response.status_code == 204
    assert tags(alice)["a"] == ["home"]
    assert tags(alice)["b"] == []
    assert tags(alice)["e"] == ["trashed"]
    assert tags(bob) == {"x": ["errands", "bob's"]}


@pytest.mark.parametrize("name", ["bob's", "trashed", "none", "a,b", "a\x00", "x" * 51, " ", ".."])
@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_tag_that_is_not_there_is_not_found(alice, bob, alice_client, tasks, method, name):
    before = tags(alice), tags(bob)

    missing = getattr(alice_client, method)("/api/tags/missing", {"name": "new"})
    response = getattr(alice_client, method)(url(name), {"name": "new"})

    assert response.status_code == 404
    assert response.content == missing.content
    assert (tags(alice), tags(bob)) == before


@pytest.mark.parametrize("name", ["a/b", "50%", "a b", "ä?#", "🥛", "it's", "a//b", "a;b=c"])
def test_a_name_is_encoded_in_the_path(alice, alice_client, name):
    make(alice, "t", name)

    assert alice_client.patch(url(name), {"name": f"{name}2"}).status_code == 200
    assert alice_client.delete(url(f"{name}2") + "/").status_code == 204
    assert tags(alice) == {"t": []}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": 1}, "name"),
        ({"name": ["a"]}, "name"),
        ({"name": "a,b"}, "name"),
        ({"name": "a\tb"}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"name": "a", "merge": "perhaps"}, "merge"),
    ],
)
def test_it_refuses_other_names(alice, alice_client, tasks, body, field):
    before = tags(alice)

    response = alice_client.patch("/api/tags/errands", body)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert tags(alice) == before


def test_members_that_are_not_used_are_named(alice_client, tasks):
    response = alice_client.patch("/api/tags/old", {"name": "new", "tasks": 7, "color": "red"})

    assert response["X-Ignored-Members"] == "tasks, color"


def test_parameters_are_refused(alice_client, tasks):
    assert alice_client.get("/api/tags?page_size=2").status_code == 400
    assert alice_client.delete("/api/tags/old?merge=true").status_code == 400


def test_the_queries_do_not_grow_with_the_tasks(alice, alice_client, django_assert_num_queries):
    for n in range(30):
        make(alice, f"t{n}", "old", f"other {n}")

    # A savepoint, the counter, the tasks with either tag, the update, the release.
    with django_assert_num_queries(5):
        alice_client.patch("/api/tags/old", {"name": "new"})


@pytest.mark.django_db(transaction=True)
def test_two_renames_into_each_other_end_in_one_tag(alice, at_once):
    for name in ("a", "b"):
        make(alice, name, name)
    targets = [("a", "b"), ("b", "a")]

    def swap(n):
        old, new = targets[n]
        return signed_in(alice).patch(f"/api/tags/{old}", {"name": new, "merge": True})

    responses = at_once(2, swap)

    assert [response.status_code for response in responses] == [200, 200]
    assert len(signed_in(alice).get("/api/tags").json()) == 1
