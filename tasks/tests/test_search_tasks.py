"""`search` finds words and phrases in titles and descriptions, alike on both databases."""

import pytest

from tasks.models import Task
from tasks.search import Terms, parse


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("Buy milk", ("buy", "milk"), ()),
        ('"Buy milk" -oat', ("buy milk",), ("oat",)),
        ('buy -"oat milk" -rye', ("buy",), ("oat milk", "rye")),
        ('"buy milk', ("buy milk",), ()),
        ('buy "', ("buy",), ()),
        ('buy "" - --x', ("buy",), ("-x",)),
        ("well-known a--b", ("well-known", "a--b"), ()),
        ('foo"bar baz"', ("foo", "bar baz"), ()),
        ("milk MILK", ("milk",), ()),
        ("milk -milk", ("milk",), ("milk",)),
        ("a\u00a0b\u3000c", ("a", "b", "c"), ()),
    ],
)
def test_how_a_search_is_read(text, wanted, unwanted):
    assert parse(text) == Terms(wanted, unwanted)


def found(client, text, **others):
    response = client.get("/api/tasks", {"search": text, "sort": "created", **others})
    assert response.status_code == 200
    return [task["title"] for task in response.json()]


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Buy milk", "MILK"),
        ("Buy milk", "il"),
        ("Buy milk", '"y m"'),
        ("Buy milk", "milk buy"),
        ("İstanbul", "istanbul"),
        ("istanbul", "İSTANBUL"),
        ("Hauptstraße 7", "HAUPTSTRASSE"),
        ("STRASSE", "straße"),
        ("Cafe\u0301", "CAFÉ"),
        ("CAFÉ", "cafe\u0301"),
        ("ΟΔΟΣ", "οδος"),
        ("شراء الحليب", "الحليب"),
        ("買牛奶", "牛奶"),
        ("Milk 🥛 please", "🥛"),
        ("ＦＵＬＬ ｗｉｄｔｈ", "full width"),
        ("100% of a_b", "100%"),
        ("100% of a_b", "a_b"),
        ("C:\\temp", "c:\\TEMP"),
        ('it\'s "quoted"', "it's"),
    ],
)
def test_it_finds_any_case_and_script(alice, alice_client, title, text):
    Task.objects.create(owner=alice, title=title)
    Task.objects.create(owner=alice, title="zzz", description=f"xx\n{title}\nyy")

    assert found(alice_client, text) == [title, "zzz"]


@pytest.mark.parametrize("text", ["m%k", "m_lk", "milk\\", "mild", '"milk buy"', "milk -BUY"])
def test_it_does_not_find_others(alice_client, milk, text):
    assert found(alice_client, text) == []


def test_all_must_match_in_either_text(alice, alice_client):
    Task.objects.create(owner=alice, title="Buy milk", description="Two bottles")
    Task.objects.create(owner=alice, title="Buy oats", description="Two bags")

    assert found(alice_client, "two milk") == ["Buy milk"]
    assert found(alice_client, "two -MILK") == ["Buy oats"]
    assert found(alice_client, '-"two bags" buy') == ["Buy milk"]
    assert found(alice_client, '"milk two"') == []


def test_a_change_of_either_text_is_found(alice_client, milk):
    alice_client.patch(f"/api/tasks/{milk.pk}", {"title": "Buy Ähren"})
    alice_client.patch(f"/api/tasks/{milk.pk}", {"description": "In Łódź"})
    operation = {"op": "update", "id": milk.pk, "data": {"description": "In Kraków"}}
    alice_client.post("/api/tasks/bulk", {"operations": [operation]})

    assert found(alice_client, "KRAKÓW ähren") == ["Buy Ähren"]
    assert found(alice_client, "łódź") == found(alice_client, "milk") == []


def test_it_hides_other_users_tasks(bob_client, milk):
    assert found(bob_client, "milk") == []


def test_it_combines_with_filters_and_pages(alice, alice_client):
    for n in range(5):
        Task.objects.create(owner=alice, title=f"Buy {n}", priority=n % 2, tags=["shop"])
    query = {"search": "buy -3", "priority": "low,none", "tag": "shop", "page_size": 2}

    first = alice_client.get("/api/tasks", query)
    second = alice_client.get(first["Link"].split(">")[0][1:])

    assert [task["title"] for task in first.json()] == ["Buy 4", "Buy 2"]
    assert [task["title"] for task in second.json()] == ["Buy 1", "Buy 0"]
    assert found(alice_client, "buy", priority="low") == ["Buy 1", "Buy 3"]


@pytest.mark.parametrize(
    "text",
    ["-milk", "-", "--", '""', '"', '- "', " ", "x" * 201, "a\x00", " ".join("abcdefghijk")],
)
def test_it_refuses_what_is_no_search(alice_client, text):
    response = alice_client.get("/api/tasks", {"search": text})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "search"


def test_it_takes_200_characters_and_10_words(alice_client):
    assert found(alice_client, "x" * 200) == []
    assert found(alice_client, "a b c d e f g h i -j") == []


def test_it_takes_no_further_query(alice_client, milk, django_assert_num_queries):
    with django_assert_num_queries(1):  # the tasks
        assert found(alice_client, "buy -oats milk") == ["Buy milk"]


def test_an_empty_field_of_the_form_is_no_error(client, alice):
    client.force_login(alice)

    page = client.get("/api/tasks?due=someday", HTTP_ACCEPT="text/html").content.decode()

    assert "Must be one of: none, any" in page
    assert "Must have a word" not in page
