from datetime import date, time

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


def test_it_counts_nothing(alice_client):
    response = alice_client.get(URL)

    assert set(response.json().values()) == {0}


def test_it_refuses_an_anonymous_caller(anonymous, db):
    assert anonymous.get(URL).status_code == 401


def test_it_refuses_a_query_parameter(alice_client):
    response = alice_client.get(f"{URL}?status=all")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "status"
