"""Keyset pagination: follows the links as a client does."""

import random
import re
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing

from projects.models import Project
from tasks.models import Task
from tasks.querysets import SORT_KEYS

URL = "/api/tasks"
SORTS = [sign + name for name in [*SORT_KEYS, "due_date"] for sign in ("", "-")]
SORTS += ["-priority,due_date", "due_date,-title", "-due_date,title,-priority"]


def make_tasks(owner, count, seed=1):
    """Tasks with many equal sort keys. Half of them have no due date."""
    chance = random.Random(seed)
    start = owner.date_joined
    return Task.objects.bulk_create(
        Task(
            owner=owner,
            title=chance.choice(["Buy milk", "buy milk", "Call Ann", "Écrire", "écrire"]),
            due_date=chance.choice([None, date(2026, 6, chance.randint(1, 5))]),
            priority=chance.randint(0, 3),
            created_at=start + timedelta(seconds=chance.randint(0, 20)),
            updated_at=start + timedelta(seconds=chance.randint(0, 20)),
        )
        for _ in range(count)
    )


def links(response):
    found = re.findall(r'<([^>]+)>; rel="(\w+)"', response.headers.get("Link", ""))
    return {relation: url for url, relation in found}


def walk(client, url, relation="next", between=lambda: None):
    """The ids of each page, starting at `url`, and the last response."""
    pages = []
    while url:
        response = client.get(url)
        assert response.status_code == 200, response.content
        pages.append([task["id"] for task in response.json()])
        url = links(response).get(relation)
        between()
    return pages, response


@pytest.mark.parametrize("sort", SORTS)
def test_every_task_is_listed_once_in_both_directions(alice, alice_client, sort):
    make_tasks(alice, 1000)
    expected = [task.pk for task in Task.objects.sorted_by(*sort.split(","))]

    forward, last = walk(alice_client, f"{URL}?sort={sort}&page_size=70")
    backward, first = walk(alice_client, links(last)["prev"], "prev")

    assert sum(forward, []) == expected
    assert sum(reversed(backward), []) == expected[: -len(forward[-1])]
    assert {len(page) for page in forward[:-1]} == {70}
    assert "prev" not in links(first)


@pytest.mark.parametrize("sort", SORTS)
def test_inserts_and_deletes_do_not_repeat_or_hide_tasks(alice, alice_client, sort):
    tasks = make_tasks(alice, 1000)
    chance = random.Random(2)
    leaving = chance.sample(tasks, 300)
    staying = {task.pk for task in tasks} - {task.pk for task in leaving}
    seeds = iter(range(100, 1000))

    def disturb():
        gone = [leaving.pop() for _ in range(min(12, len(leaving)))]
        Task.objects.filter(pk__in=[task.pk for task in gone]).delete()
        make_tasks(alice, 5, seed=next(seeds))

    forward, last = walk(alice_client, f"{URL}?sort={sort}&page_size=70", between=disturb)
    backward, _ = walk(alice_client, links(last)["prev"], "prev", disturb)

    for pages in (forward, [*backward, forward[-1]]):
        seen = [pk for page in pages for pk in page if pk in staying]
        assert len(seen) == len(set(seen))
        assert set(seen) == staying


def test_prev_of_an_emptied_page_is_the_last_page(alice, alice_client):
    make_tasks(alice, 5)
    second = links(alice_client.get(f"{URL}?sort=created&page_size=3"))["next"]
    kept = [task.pk for task in Task.objects.sorted_by("created")[:3]]
    Task.objects.exclude(pk__in=kept).delete()

    empty = alice_client.get(second)
    previous = alice_client.get(links(empty)["prev"])

    assert empty.json() == []
    assert set(links(empty)) == {"prev"}
    assert [task["id"] for task in previous.json()] == kept
    assert links(previous) == {}


def test_next_of_an_emptied_page_is_the_first_page(alice, alice_client):
    make_tasks(alice, 5)
    second = alice_client.get(links(alice_client.get(f"{URL}?sort=created&page_size=3"))["next"])
    kept = [task["id"] for task in second.json()]
    Task.objects.exclude(pk__in=kept).delete()

    empty = alice_client.get(links(second)["prev"])
    following = alice_client.get(links(empty)["next"])

    assert empty.json() == []
    assert set(links(empty)) == {"next"}
    assert [task["id"] for task in following.json()] == kept
    assert links(following) == {}


def test_a_page_has_100_tasks_by_default(alice, alice_client):
    make_tasks(alice, 101)

    response = alice_client.get(URL)

    assert len(response.json()) == 100
    assert set(links(response)) == {"next"}


def test_the_page_size_may_change_between_pages(alice, alice_client):
    make_tasks(alice, 10)
    url = links(alice_client.get(f"{URL}?page_size=4"))["next"]

    response = alice_client.get(url.replace("page_size=4", "page_size=6"))

    assert len(response.json()) == 6
    assert set(links(response)) == {"prev"}


@pytest.mark.parametrize("other", ["sort=title", "status=pending", "sort=-created&status=all"])
def test_a_cursor_is_valid_only_for_its_sort_and_filters(alice, alice_client, other):
    make_tasks(alice, 10)
    cursor = links(alice_client.get(f"{URL}?page_size=4"))["next"].split("cursor=")[1].split("&")[0]

    response = alice_client.get(f"{URL}?{other}&cursor={cursor}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize(
    "cursor", ["x", "%00", "a:b:c", "W2ZhbHNlLFtdXQ:1:x", "%F0%9F%A5%9B", "::", "." * 5000]
)
def test_an_invalid_cursor_is_rejected(alice_client, cursor):
    response = alice_client.get(f"{URL}?cursor={cursor}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "cursor"


@pytest.fixture
def next_of(alice, alice_client):
    """Gives the cursor to the second page of a list."""
    make_tasks(alice, 3)
    for task in Task.objects.all()[:2]:
        task.change({"deleted_at": task.created_at})
    for name in "ab":
        Project.objects.create(owner=alice, name=name)

    def next_of(path):
        url = links(alice_client.get(path, {"page_size": 1}))["next"]
        return parse_qs(urlsplit(url).query)["cursor"][0]

    return next_of


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("/api/projects", "/api/tasks"),
        ("/api/projects", "/api/trash"),
        ("/api/trash", "/api/tasks"),
        ("/api/trash", "/api/projects"),
    ],
)
def test_a_cursor_of_another_list_is_rejected(alice_client, next_of, source, target):
    cursor = next_of(source)

    for url in (target, f"{target}/"):
        response = alice_client.get(url, {"page_size": 1, "cursor": cursor})

        assert response.status_code == 400
        assert response.json()["errors"][0]["field"] == "cursor"


def test_a_tasks_cursor_is_rejected_by_the_trash(alice, alice_client, next_of):
    make_tasks(alice, 2)

    assert alice_client.get("/api/trash", {"cursor": next_of(URL)}).status_code == 400


def test_a_cursor_is_valid_with_and_without_a_trailing_slash(alice_client, next_of):
    query = {"page_size": 1, "cursor": next_of("/api/projects/")}

    without = alice_client.get("/api/projects", query)

    assert [project["name"] for project in without.json()] == ["b"]
    assert alice_client.get("/api/projects/", query).json() == without.json()


@pytest.mark.parametrize("keys", [["2026-11-20"], ["a1", 1], ["2026-13-01", 1], [5, 1], [None, {}]])
def test_a_cursor_of_another_order_is_rejected(alice_client, milk, keys):
    """A cursor from a release in which a sort had other keys."""
    cursor = signing.dumps([False, keys], salt="/api/tasks?")

    response = alice_client.get(URL, {"cursor": cursor})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "cursor"


def test_empty_controls_of_a_form_are_not_in_the_links(alice, alice_client):
    make_tasks(alice, 2)

    page = alice_client.get(f"{URL}?sort=&status=&page_size=1", headers={"accept": "text/html"})
    (link,) = re.findall("<([^>]*)>", page["Link"])

    assert "sort" not in link
    assert alice_client.get(link).status_code == 200


def test_a_cursor_of_another_user_shows_only_own_tasks(alice, alice_client, bob, bob_client):
    make_tasks(alice, 10)
    Task.objects.create(owner=bob, title="Feed the cat")
    url = links(alice_client.get(f"{URL}?page_size=4&sort=created"))["next"]

    titles = {task["title"] for task in bob_client.get(url).json()}

    assert titles <= {"Feed the cat"}
