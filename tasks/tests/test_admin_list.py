"""The list of all users' tasks. Its cost does not grow with the table."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from tasks.models import Task
from todo_project.admin import change_lists

URL = "/admin/tasks/task/"


def titles(response):
    return [task.title for task in response.context["cl"].result_list]


@pytest.fixture
def hundred(alice):
    """100 tasks of Alice, numbered from the newest."""
    now = timezone.now()
    return Task.objects.bulk_create(
        Task(owner=alice, title=f"Task {n}", created_at=now - timedelta(n), updated_at=now)
        for n in range(100)
    )


@pytest.mark.parametrize("count", [1, 60])
def test_it_costs_a_fixed_number_of_queries(staff, count, django_assert_num_queries):
    for n in range(count):
        owner = User.objects.create_user(f"user{n}@example.com")
        Task.objects.create(owner=owner, title=f"Task {n}")

    # The session, the user, the keys, the rows of a page with owners, the oldest creation date.
    with django_assert_num_queries(5):
        response = staff.get(URL)

    assert len(titles(response)) == min(count, 50)
    assert f"user{count - 1}@example.com" in response.content.decode()


@pytest.mark.parametrize(
    "query", ["", "?q=task", "?status=pending&p=2", "?created_at__year=2026", "?_facets=True"]
)
def test_it_counts_no_rows_of_the_table(staff, hundred, query):
    with CaptureQueriesContext(connection) as queries:
        staff.get(URL + query)

    statements = [statement["sql"] for statement in queries if "tasks_task" in statement["sql"]]
    assert not [statement for statement in statements if "COUNT(" in statement]
    assert all("LIMIT" in one or " IN (" in one or "MIN(" in one for one in statements)


def test_it_counts_only_the_next_rows(staff, hundred, monkeypatch):
    monkeypatch.setattr(change_lists, "AHEAD", 70)

    first, second = staff.get(URL), staff.get(f"{URL}?p=2")

    assert "70+ tasks" in first.content.decode()
    assert first.context["cl"].paginator.num_pages == 2
    assert "100 tasks" in second.content.decode()
    assert titles(first) + titles(second) == [f"Task {n}" for n in range(100)]


def test_the_search_shows_the_number_of_results(staff, hundred):
    every, some = staff.get(URL), staff.get(f"{URL}?q=task 1")

    assert "results (" not in every.content.decode()
    assert "11 results" in some.content.decode()


def test_it_has_a_last_page(staff, hundred, monkeypatch):
    monkeypatch.setattr(change_lists, "DEEPEST", 50)

    last, *after = (staff.get(f"{URL}?p={n}") for n in (1, 2, 3))

    assert "50+ tasks" in last.content.decode()
    assert last.context["cl"].paginator.num_pages == 1
    assert {page["Location"] for page in after} == {f"{URL}?e=1"}


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("feed", ["Feed the cat"]),
        ("FEED THE", ["Feed the cat"]),
        ("the cat", ["Feed the cat"]),
        ('"the cat"', ["Feed the cat"]),
        ('"cat the"', []),
        ("cat -feed", []),
        ("thing", ["7 things"]),
        ("fegen straße", ["STRASSE fegen"]),
        ("fe", ["Feed the cat"]),  # too short to look up inside
        ("at", []),
        ("straße", ["STRASSE fegen"]),
        ("alice@", ["Buy milk"]),
        ("LICE@exam", ["Buy milk"]),
        ("Bob@Example.com", ["7 things", "STRASSE fegen", "Feed the cat"]),
        ("7", ["7 things"]),
        ("alice", []),
        ("", ["7 things", "STRASSE fegen", "Feed the cat", "Buy milk"]),
    ],
)
def test_it_finds_tasks_by_words_and_by_owner(staff, milk, bob, term, found):
    for title in ("Feed the cat", "STRASSE fegen", "7 things"):
        Task.objects.create(owner=bob, title=title)

    assert titles(staff.get(URL, {"q": term})) == found


def test_it_finds_a_task_by_its_id(staff, milk, bob):
    Task.objects.create(owner=bob, title="Feed the cat")

    assert titles(staff.get(URL, {"q": milk.pk})) == ["Buy milk"]


@pytest.mark.parametrize("order", [["b", "A", "c"], ["c", "A", "b"]])
def test_it_sorts_results_by_title_by_default(staff, alice, order):
    for title in order:
        Task.objects.create(owner=alice, title=f"x {title}")

    assert titles(staff.get(f"{URL}?q=x")) == ["x A", "x b", "x c"]
    assert titles(staff.get(f"{URL}?q=x&o=6")) == [f"x {title}" for title in order]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=completed", {"done"}),
        ("status=pending", {"late", "now", "later", "some day"}),
        ("priority__exact=3", {"late"}),
        ("due=overdue", {"late"}),
        ("due=today", {"now", "done"}),
        ("due=upcoming", {"later"}),
        ("due=any", {"late", "now", "later", "done"}),
        ("due=none", {"some day"}),
        ("due=today&status=pending", {"now"}),
    ],
)
def test_it_filters_by_status_and_date(staff, alice, query, found):
    today, day = timezone.localdate(), timedelta(1)
    for title, due, fields in [
        ("late", today - day, {"priority": 3}),
        ("now", today, {}),
        ("later", today + day, {}),
        ("some day", None, {}),
        ("done", today, {"completed": True}),
    ]:
        Task.objects.create(owner=alice, title=title, due_date=due, **fields)

    assert set(titles(staff.get(f"{URL}?{query}"))) == found


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])  # 26 hours apart
def test_today_is_in_the_time_zone_of_the_staff_user(staff, alice, zone):
    User.objects.filter(email="root@example.com").update(timezone=zone)
    today = User(timezone=zone).local_time(timezone.now()).date()
    for days in (-1, 0, 1):
        Task.objects.create(owner=alice, title=f"{days}", due_date=today + timedelta(days))

    assert titles(staff.get(f"{URL}?due=today")) == ["0"]


@pytest.mark.parametrize("title", ["@home", "lunch@Joe"])
def test_a_title_may_have_an_at_sign(staff, alice, title):
    Task.objects.create(owner=alice, title=title)

    assert titles(staff.get(URL, {"q": title})) == [title]


def test_it_filters_by_owner_and_shows_the_filter(staff, alice, bob, milk):
    Task.objects.create(owner=bob, title="Feed the cat")

    response = staff.get(f"{URL}?owner={bob.pk}")

    assert titles(response) == ["Feed the cat"]
    assert "By owner" in response.content.decode()
    assert "By owner" not in staff.get(URL).content.decode()
    assert titles(staff.get(f"{URL}?owner=0")) == []


def links(response):
    return [link["title"] for link in response.context["choices"]]


def test_it_has_links_to_years_months_and_days(staff, alice):
    for month, day in [(3, 8), (3, 9), (4, 9)]:
        Task.objects.create(
            owner=alice, title=f"{day}.{month}.", created_at=datetime(2024, month, day, tzinfo=UTC)
        )
    now = timezone.localdate()

    every = staff.get(URL)
    none = staff.get(f"{URL}?status=completed")
    year = staff.get(f"{URL}?created_at__year=2024")
    month = staff.get(f"{URL}?created_at__year=2024&created_at__month=3")
    day = staff.get(f"{URL}?created_at__year=2024&created_at__month=3&created_at__day=9")

    assert links(every) == links(none) == [str(n) for n in range(2024, now.year + 1)]
    assert links(year)[:2] == ["March 2024", "April 2024"]  # none before the oldest
    assert links(month) == [f"March {n}" for n in range(8, 32)]
    assert links(day) == ["March 9"]
    assert [len(titles(response)) for response in (every, year, month, day)] == [3, 3, 2, 1]
    assert day.context["back"]["title"] == "March 2024"


def test_it_has_no_links_to_days_after_today(staff, milk):
    now = timezone.localdate()

    month = staff.get(f"{URL}?created_at__year={now.year}&created_at__month={now.month}")

    assert len(links(month)) == 1


@pytest.mark.parametrize(
    "query",
    [
        "p=0",
        "p=-1",
        "p=99999999999999999999999999",
        "q=%00",
        "q=99999999999999999999999999",
        f"q={'9' * 5000}",
        "q=%EF%BC%97",
        "owner=x",
        "owner=99999999999999999999999999",
        "owner=%00",
        "created_at__year=9999",
        "created_at__year=0",
        "created_at__month=x",
        "created_at__year=2026&created_at__day=1",
        "due=never",
        "_facets=True",
        "all=",
        "o=99.x",
    ],
)
def test_it_handles_bad_queries(staff, milk, query):
    assert staff.get(f"{URL}?{query}").status_code in (200, 302)
