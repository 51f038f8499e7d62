"""Each page with its style and its script is less than 100 KB, whatever the texts are."""

import re
from html import unescape

import pytest
from django.contrib.staticfiles import finders

from projects.models import Project
from tasks.models import Task
from todo_project.api.room import LEAST, find_room, measure, shorten

FILES = [finders.find(f"todo_project/{name}") for name in ("pages.css", "pages.js", "icon.svg")]
ROWS = 200
TEXTS = {"letters": "w", "markup": "<", "emoji": "\U0001f600"}


@pytest.fixture
def weigh(browser):
    """The bytes of a page and of what it loads."""

    def weigh(path):
        loaded = 0
        for name in FILES:
            with open(name, "rb") as file:
                loaded += len(file.read())
        return len(browser.get(path).content) + loaded

    return weigh


@pytest.fixture
def fill(alice):
    """Makes 200 tasks of a letter, and as many in the trash."""

    def fill(letter, **members):
        made = {
            "owner": alice,
            "updated_at": alice.date_joined,
            "due_date": "2020-12-01",
            **members,
        }
        for first, gone in ((10**9, None), (2 * 10**9, alice.date_joined)):
            Task.objects.bulk_create(
                Task(
                    id=first + n,
                    title=letter * 196 + f"{n:04}",
                    position=f"a{n}",
                    tags=[letter * 46 + f"{tag}{n:03}" for tag in range(5)],
                    deleted_at=gone,
                    **made,
                )
                for n in range(ROWS)
            )

    return fill


@pytest.mark.parametrize("text", TEXTS)
def test_a_full_page_of_long_texts_is_light(weigh, fill, alice, text):
    letter, made = TEXTS[text], {"owner": alice, "updated_at": alice.date_joined}
    Project.objects.bulk_create(
        Project(
            id=10**9 + n,
            name=letter * 96 + f"{n:04}",
            position=f"a{n}",
            archived=n >= 100,
            **made,
        )
        for n in range(ROWS)
    )
    fill(letter, project=Project.objects.first(), description=letter * 10_000)
    paths = [
        "/api/tasks?page_size=200",
        "/api/tasks",
        f"/api/tasks/{Task.objects.live().last().pk}",
    ]
    paths += ["/api/trash?page_size=200", "/api/projects?page_size=200&archived=true", "/api/tags"]

    sizes = {path: weigh(path) for path in paths}

    assert {path: size for path, size in sizes.items() if size >= 100_000} == {}


def test_a_task_with_long_subtasks_is_light(weigh, fill, alice):
    parent = Task.objects.create(
        owner=alice, title="w" * 200, description="w" * 10_000, updated_at=alice.date_joined
    )
    fill("w", parent=parent, depth=1, parent_depth=0)

    assert weigh(f"/api/tasks/{parent.pk}") < 100_000


def test_a_full_page_has_all_rows(browser, fill):
    fill("w")

    page = browser.get("/api/tasks?page_size=200").text
    titles = re.findall(r"<a id=t\d+ href=[^>]*><bdi>(w+)…</bdi>", page)

    assert len(titles) == ROWS
    assert page.count("<span>+") == ROWS  # each tells that it has more details
    assert {len(title) for title in titles} == {len(titles[0])}


def test_usual_titles_of_a_full_page_are_whole(browser, alice):
    made = {"owner": alice, "updated_at": alice.date_joined, "tags": ["a", "b"]}
    title = "A title of a usual length, and a little longer"
    Task.objects.bulk_create(Task(title=title, position=f"a{n}", **made) for n in range(ROWS))

    assert browser.get("/api/tasks?page_size=200").text.count(f"<bdi>{title}</bdi>") == ROWS


def test_a_usual_page_shows_all_of_long_texts(browser, alice):
    made = {"owner": alice, "updated_at": alice.date_joined, "due_date": "2020-12-01"}
    tags = [f"a tag of a usual length {n}" for n in range(5)]
    Task.objects.bulk_create(
        Task(title="w" * 200, position=f"a{n}", priority=3, tags=tags, **made) for n in range(60)
    )

    page = browser.get("/api/tasks").text

    assert page.count(f"<bdi>{'w' * 200}</bdi>") == 60
    assert all(page.count(f"<bdi>#{tag}</bdi>") == 60 for tag in tags)
    assert "<span>+" not in page


def test_the_page_of_a_task_shows_all_of_it(browser, alice):
    made = {"owner": alice, "updated_at": alice.date_joined}
    texts = {
        "title": "<" * 200,
        "description": "<" * 10_000,
        "tags": ["&" * 49 + str(n) for n in range(9)],
    }
    task = Task.objects.create(**texts, **made)

    page = unescape(browser.get(f"/api/tasks/{task.pk}").text)

    assert f"<h1><bdi>{texts['title']}</bdi></h1>" in page
    assert f"\n{texts['description']}</textarea>" in page
    assert all(f"<bdi>#{tag}</bdi>" in page for tag in texts["tags"])


def test_the_page_of_tags_counts_those_without_room(browser, fill):
    fill("\U0001f600")  # 1,000 tags; the address of each has 600 bytes

    page = browser.get("/api/tags").text
    shown = page.count(">Change</a>")

    assert 20 < shown < 100
    assert f"And {1_000 - shown} more." in page


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [
        ("milk", 4, "milk"),
        ("milk and rye", 7, "milk…"),
        ("<<<<", 16, "<<<<"),
        ("<<<<", 15, "<<<…"),
        ("éééé", 7, "éé…"),
        ("", 1, ""),
    ],
)
def test_a_text_is_shortened_by_its_bytes_in_html(text, room, shown):
    assert shorten(text, room) == shown
    assert measure(shown) <= room


def test_each_row_has_some_room():
    assert find_room(0, 200) == find_room(1, 200)
    assert find_room(200, 200, taken=10**6) == LEAST
