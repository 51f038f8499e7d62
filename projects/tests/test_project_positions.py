"""`PATCH /api/projects/{id}/position`, and what holds for all positions."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.models import Project
from todo_project.api import positions
from todo_project.api.positions import LONGEST, new_key
from todo_project.api.writes import write

PROJECTS = "/api/projects"


@pytest.fixture
def four(alice):
    return [Project.objects.create(owner=alice, name=name) for name in "ABCD"]


@pytest.fixture
def names(alice_client):
    return lambda: "".join(project["name"] for project in alice_client.get(PROJECTS).json())


def move(client, one, body):
    return client.patch(f"{PROJECTS}/{one.pk}/position", body)


@pytest.mark.parametrize(
    ("moved", "name", "anchor", "order"),
    [
        (0, "after", 1, "BACD"),
        (0, "after", 3, "BCDA"),
        (3, "after", 0, "ADBC"),
        (3, "after", None, "DABC"),
        (3, "before", 0, "DABC"),
        (2, "before", 1, "ACBD"),
        (1, "before", None, "ACDB"),
        (1, "after", 0, "ABCD"),
        (1, "before", 2, "ABCD"),
        (1, "after", 1, "ABCD"),
        (3, "before", None, "ABCD"),
        (0, "after", None, "ABCD"),
    ],
)
def test_it_moves_a_project(alice_client, four, names, moved, name, anchor, order):
    body = {name: None if anchor is None else four[anchor].pk}

    response = move(alice_client, four[moved], body)

    stored = Project.objects.get(pk=four[moved].pk)
    assert (response.status_code, names()) == (200, order)
    assert response.json() == alice_client.get(f"{PROJECTS}/{stored.pk}").json()
    assert response["ETag"] == stored.etag
    # A place that it has already is no change.
    assert stored.revision == (moved + 1 if order == "ABCD" else 5)


def test_a_new_one_comes_last(alice_client, four, names):
    move(alice_client, four[0], {"before": None})
    move(alice_client, four[2], {"before": None})

    alice_client.post(PROJECTS, {"name": "E"})

    assert names() == "BDACE"


def test_projects_of_one_write_keep_their_order(alice):
    with write(alice.pk) as writing:
        writing.create(*(Project(owner=alice, name=str(n)) for n in range(200)))

    projects = Project.objects.in_order()
    assert [project.name for project in projects] == [str(n) for n in range(200)]
    assert len({project.position for project in projects}) == 200


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "after", "invalid"),
        ({"after": None, "before": None}, "after", "invalid"),
        ({"after": 999_999}, "after", "does_not_exist"),
        ({"before": 2**63 - 1}, "before", "does_not_exist"),
        ({"before": 0}, "before", "does_not_exist"),
        ({"before": "1"}, "before", "incorrect_type"),
        ({"before": True}, "before", "incorrect_type"),
        ({"after": [1]}, "after", "incorrect_type"),
    ],
)
def test_it_refuses_a_bad_body(alice_client, four, names, body, field, code):
    response = move(alice_client, four[0], body)

    error = response.json()["errors"][0]
    assert (response.status_code, error["field"], error["code"]) == (400, field, code)
    assert names() == "ABCD"


def test_a_strangers_project_is_no_place(alice_client, four, bob):
    his = Project.objects.create(owner=bob, name="Bob's")

    answer = move(alice_client, four[0], {"after": his.pk}).content
    missing = move(alice_client, four[0], {"after": his.pk + 1}).content

    assert answer == missing


def test_a_stranger_moves_nothing(bob_client, four, bob, names):
    his = Project.objects.create(owner=bob, name="Bob's")

    assert move(bob_client, four[0], {"before": his.pk}).status_code == 404
    assert names() == "ABCD"


def test_a_move_changes_one_row(alice_client, four):
    with CaptureQueriesContext(connection) as queries:
        move(alice_client, four[3], {"after": four[0].pk})

    # A savepoint, the counter, the row, the anchor, the neighbour, the update, the release.
    assert len(queries) == 7
    revisions = Project.objects.in_order().values_list("revision", flat=True)
    assert list(revisions) == [1, 5, 2, 3]


@pytest.mark.parametrize("longest", [8, 20, LONGEST])
def test_keys_are_renewed_before_they_are_too_long(alice, four, monkeypatch, longest):
    monkeypatch.setattr(positions, "LONGEST", longest)
    order, dice = list(four), random.Random(1)
    lengths = set()
    for _ in range(150):
        one = order.pop(dice.choice([-1, -2]))
        order.insert(1, one)
        with write(alice.pk) as writing:
            one.refresh_from_db()
            positions.move(writing, one, Project.objects.get(pk=order[0].pk), True)
        lengths |= {len(each.position) for each in Project.objects.all()}
        assert list(Project.objects.in_order()) == order

    assert max(lengths) <= longest
    newest = Project.objects.create(owner=alice, name="E")
    assert Project.objects.in_order().last() == newest


def place_between(owner, one, anchor):
    with write(owner.pk) as writing:
        one.refresh_from_db()
        positions.move(writing, one, Project.objects.get(pk=anchor.pk), True)


def test_many_moves_to_one_place_make_short_keys(alice, four):
    order, longest = list(four), 0
    for _ in range(200):
        one = order.pop()
        order.insert(1, one)
        place_between(alice, one, order[0])
        longest = max(longest, len(one.position))

    assert list(Project.objects.in_order()) == order
    assert longest <= 5


def test_moves_between_the_last_two_renew_only_the_keys_near_them(alice, four, monkeypatch):
    monkeypatch.setattr(positions, "LONGEST", 12)
    order, longest = list(four), 0
    lower, upper, *spare = four
    others = [Project.objects.create(owner=alice, name=name) for name in "EF"]
    before = Project.objects.get(pk=others[0].pk).position
    for n in range(60):
        one = spare.pop(0)
        order.remove(one)
        order.insert(order.index(lower) + 1, one)
        place_between(alice, one, lower)
        spare.append(upper if n % 2 else lower)
        lower, upper = (lower, one) if n % 2 else (one, upper)
        longest = max(longest, len(one.position))

    assert list(Project.objects.in_order()) == order + others
    assert 8 < longest <= 12
    assert Project.objects.get(pk=others[0].pk).position == before  # of another write


def test_equal_keys_are_made_different(alice_client, four, names):
    Project.objects.update(position="a1")

    move(alice_client, four[3], {"after": four[0].pk})

    assert names() == "ADBC"


def test_keys_sort_by_revision_and_place():
    numbers = [0, 1, 35, 36, 61, 62, 63, 3843, 3844, 10**6, 10**12, 2**63 - 1]

    keys = [new_key(revision, place) for revision in numbers for place in numbers[:-2]]

    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_a_lenient_stale_move_is_refused_after_another_move(alice_client, four, names):
    headers = {"if_match": four[0].etag, "prefer": "handling=lenient"}
    moved = move(alice_client, four[0], {"after": four[1].pk}).json()

    response = alice_client.patch(
        f"{PROJECTS}/{four[0].pk}/position", {"before": None}, headers=headers
    )

    assert response.status_code == 412
    assert response.json()["conflicts"] == ["position"]
    assert response.json()["current"] == moved
    assert names() == "BACD"
