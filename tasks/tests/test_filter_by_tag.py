"""`tag` filters lists by tags."""

import pytest

from tasks.models import Task


@pytest.fixture
def tagged(alice, bob):
    for owner, title, tags in [
        (alice, "a", ["Errands"]),
        (alice, "b", ["errands", "Home"]),
        (alice, "c", ["home", "Straße"]),
        (alice, "d", []),
        (bob, "e", ["Errands", "Home"]),
    ]:
        Task.objects.create(owner=owner, title=title, tags=tags)


def titles(client, query):
    response = client.get(f"/api/tasks?sort=title&{query}")
    assert response.status_code == 200
    return "".join(task["title"] for task in response.json())


@pytest.mark.usefixtures("tagged")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tag=ERRANDS", "ab"),
        ("tag=home", "bc"),
        ("tag=home,errands", "b"),
        ("tag=home&tag=errands", "b"),
        ("tag=home, Home", "bc"),
        ("tag=STRASSE", "c"),
        ("tag=hom", ""),
        ("tag=hom%25", ""),
        ("tag=none", ""),
        ("tag=home&status=completed", ""),
        ("tag=home&status=pending&due=none&priority=none", "bc"),
    ],
)
def test_it_finds_tasks_that_have_all(alice_client, query, found):
    assert titles(alice_client, query) == found


def test_a_change_is_found(alice_client, milk):
    alice_client.patch(f"/api/tasks/{milk.pk}", {"tags": ["new"]})

    assert len(alice_client.get("/api/tasks?tag=new").json()) == 1


@pytest.mark.parametrize(
    "value",
    ["home,,b", ",", "%20", "a%00", "a%09b", "%E2%80%AE", "x" * 51, ",".join(map(str, range(21)))],
)
def test_it_refuses_what_is_no_tag(alice_client, value):
    response = alice_client.get(f"/api/tasks?tag={value}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "tag"


def test_it_takes_no_further_query(alice_client, milk, django_assert_num_queries):
    with django_assert_num_queries(1):  # the tasks
        alice_client.get("/api/tasks?tag=home")
