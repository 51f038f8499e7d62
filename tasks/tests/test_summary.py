from datetime import date, time

import pytest
from django.utils import timezone

from tasks.models import Task

URL = "/api/tasks/summary"


def test_it_counts_the_callers_tasks(alice, alice_client, bob, django_assert_num_queries):
    today = timezone.now().date()
    Task.objects.create(owner=alice, title="someday")
    Task.objects.create(owner=alice, title="done", completed=True, due_date=date(2020, 1, 1))
    Task.objects.create(owner=alice, title="long ago", due_date=date(2020, 1, 1))
    Task.objects.create(owner=alice, title="today", due_date=today)
    Task.objects.create(owner=alice, title="at midnight", due_date=today, due_time=time(0, 0))
    Task.objects.create(owner=bob, title="not hers", due_date=today)

    with django_assert_num_queries(1):  # the counts
        response = alice_client.get(URL)

    assert response.status_code == 200
    assert response.json() == {
        "total": 5,
        "pending": 4,
        "completed": 1,
        "overdue": 2,
        "due_today": 2,
    }


def test_it_counts_zero_without_tasks(alice_client):
    response = alice_client.get(URL)

    assert set(response.json().values()) == {0}


def test_it_rejects_an_anonymous_caller(anonymous, db):
    assert anonymous.get(URL).status_code == 401


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("status=pending", 2),
        ("priority=high,low", 2),
        ("due=overdue", 1),
        ("due_before=2020-01-01", 1),
        ("completed_after=1970-01-01", 1),
        ("completed_before=1970-01-01", 0),
        ("tag=home", 2),
        ("tag=home,shop", 1),
        ("search=milk", 2),
        ("search=milk -buy&tag=home&status=all", 1),
    ],
)
def test_it_takes_the_filters_of_the_list(alice, alice_client, query, total):
    for title, members in [
        ("Buy milk", {"priority": 3, "tags": ["home", "shop"], "due_date": date(2020, 1, 1)}),
        ("Drink milk", {"priority": 1, "tags": ["home"], "completed": True}),
        ("Sleep", {}),
    ]:
        Task.objects.create(owner=alice, title=title, **members)

    response = alice_client.get(f"{URL}?{query}")

    assert response.status_code == 200
    assert response.json()["total"] == total == len(alice_client.get(f"/api/tasks?{query}").json())


@pytest.mark.parametrize(
    ("query", "field"), [("sort=title", "sort"), ("page_size=2", "page_size"), ("due=x", "due")]
)
def test_it_refuses_other_parameters(alice_client, query, field):
    response = alice_client.get(f"{URL}?{query}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field
