import pytest
from django.utils import timezone

from tasks.models import Task

URL = "/api/tasks"


def test_it_creates_a_task_with_defaults(alice, alice_client):
    before = timezone.now()

    response = alice_client.post(URL, {"title": "Buy milk"})

    task = Task.objects.get()
    assert (response.status_code, task.owner) == (201, alice)
    assert response["Location"] == f"http://testserver/api/tasks/{task.pk}"
    created_at = task.created_at.isoformat().replace("+00:00", "Z")
    assert response.json() == {
        "id": task.pk,
        "title": "Buy milk",
        "description": "",
        "completed": False,
        "tags": [],
        "completed_at": None,
        "priority": None,
        "due_date": None,
        "due_time": None,
        "project": None,
        "parent": None,
        "repeat": None,
        "repeat_from": "due",
        "occurrence": 1,
        "position": "a1",
        "revision": 1,
        "created_at": created_at,
        "updated_at": created_at,
    }
    assert before <= task.created_at <= timezone.now()


def test_it_stores_every_member(alice_client):
    body = {
        "title": "Buy milk",
        "description": "  Oats, too\n",
        "priority": "high",
        "due_date": "2026-12-01",
        "due_time": "09:30:00",
    }

    response = alice_client.post(URL, {**body, "completed": True})

    answer = response.json()
    assert {name: answer[name] for name in body} == body
    assert answer["completed"] is True
    assert Task.objects.get().completed_at is not None


def test_it_rejects_an_anonymous_caller(anonymous, db):
    response = anonymous.post(URL, {"title": "Buy milk"})

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert not Task.objects.exists()


def test_it_ignores_an_owner_and_read_only_members(alice, alice_client, bob):
    body = {
        "title": "Buy milk",
        "owner": bob.pk,
        "id": 7,
        "completed_at": "2020-01-01T00:00:00Z",
        "created_at": "2020-01-01T00:00:00Z",
        "title_key": "zzz",
        "unknown": {"nested": [1]},
    }

    response = alice_client.post(URL, body)

    task = Task.objects.get()
    assert response.status_code == 201
    assert (task.owner, task.completed_at, task.title_key) == (alice, None, "buy milk")
    assert task.created_at.year > 2020


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("title", None),
        ("title", ""),
        ("title", "   "),
        ("title", "x" * 201),
        ("title", "Buy\nmilk"),
        ("title", "Buy\x00milk"),
        ("title", "Buy\x9fmilk"),
        ("title", ["Buy milk"]),
        ("title", True),
        ("description", "x" * 10_001),
        ("description", "\x00"),
        ("completed", None),
        ("completed", "perhaps"),
        ("priority", 4),
        ("priority", -1),
        ("priority", 2),
        ("priority", ""),
        ("priority", "High"),
        ("priority", "urgent"),
        ("priority", "none"),
        ("priority", True),
        ("priority", 10**30),
        ("due_date", ""),
        ("due_date", "2026-02-30"),
        ("due_date", "2026-W49-2"),
        ("due_date", "1969-12-31"),
        ("due_date", "9999-01-01"),
        ("due_date", "10000-01-01"),
        ("due_date", "2026-12-01T10:00:00"),
        ("due_date", "2026-12-01T25:00:00Z"),
        ("due_date", "0001-01-01T00:00:00+14:00"),
        ("due_date", "9999-12-31T23:59:59-12:00"),
        ("due_date", 20261201),
        ("due_time", "09:30"),  # without a date
        ("due_date", "2026-1-5"),
        ("due_date", "20260105"),
        ("due_date", "٢٠٢٦-01-05"),
        ("due_date", " 2026-01-05"),
        ("due_date", []),
        ("due_time", "25:00:00"),
        ("due_time", "9:5:3"),
        ("due_time", "9:05"),
        ("due_time", []),
        ("due_time", "09:30:00Z"),
        ("due_time", "09:30:00.5"),
    ],
)
def test_it_rejects_an_invalid_value_and_names_the_member(alice_client, member, value):
    response = alice_client.post(URL, {"title": "Buy milk", member: value})

    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == {member}
    assert not Task.objects.exists()


def test_it_rejects_a_body_without_a_title(alice_client):
    response = alice_client.post(URL, {})

    assert response.status_code == 400
    assert response.json() == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "code": "validation_error",
        "detail": "title: This field is required.",
        "errors": [{"field": "title", "code": "required", "detail": "This field is required."}],
    }


def test_it_trims_the_title(alice_client):
    response = alice_client.post(URL, {"title": " \t Buy milk \n"})

    assert response.json()["title"] == "Buy milk"


@pytest.mark.parametrize("title", ["x" * 200, "🥛" * 200, "Grüße an Ἀθήνα", "بقالة", "'; DROP"])
def test_it_accepts_any_title_of_up_to_200_characters(alice_client, title):
    response = alice_client.post(URL, {"title": title})

    assert response.status_code == 201
    assert alice_client.get(response["Location"]).json()["title"] == title


def test_it_stores_a_long_description_unchanged(alice_client):
    response = alice_client.post(URL, {"title": "Buy milk", "description": "é\t\n" + "x" * 9_997})

    assert response.json()["description"] == "é\t\n" + "x" * 9_997


@pytest.mark.parametrize("day", ["1970-01-01", "9998-12-31"])
def test_it_accepts_the_first_and_the_last_due_date(alice_client, day):
    response = alice_client.post(URL, {"title": "Buy milk", "due_date": day})

    assert response.json()["due_date"] == day


@pytest.mark.parametrize(
    ("instant", "day", "time"),
    [
        ("2026-12-01T10:00:00Z", "2026-12-02", "00:00:00"),
        ("2026-12-01T23:30:00.999+14:00", "2026-12-01", "23:30:00"),
        ("2026-12-01t00:15:00-08:00", "2026-12-01", "22:15:00"),
    ],
)
def test_it_converts_an_instant_to_the_owners_date_and_time(
    alice, alice_client, instant, day, time
):
    alice.timezone = "Pacific/Kiritimati"  # UTC+14

    response = alice_client.post(URL, {"title": "Buy milk", "due_date": instant, "due_time": None})

    assert (response.json()["due_date"], response.json()["due_time"]) == (day, time)


@pytest.mark.parametrize("time", ["11:00", "", [], {}, 0, False])
def test_it_rejects_a_due_time_with_an_instant(alice_client, time):
    body = {"title": "Buy milk", "due_date": "2026-12-01T10:00:00Z", "due_time": time}

    response = alice_client.post(URL, body)

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "due_time"


def test_it_rejects_a_query_parameter(alice_client):
    response = alice_client.post(f"{URL}?status=all", {"title": "Buy milk"})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "status"
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("member", "value", "detail"),
    [
        ("priority", "urgent", "Must be one of: low, medium, high; or null for none."),
        (
            "due_date",
            "31.12.2026",
            "Must be a date, 2026-12-31, or an instant, 2026-12-31T18:00:00Z.",
        ),
        ("due_date", "2026-02-30", "There is no such date."),
        ("due_date", "2026-02-30T10:00:00Z", "There is no such date or time."),
        ("due_time", "9:30", "Must be a time: HH:MM:SS or HH:MM."),
        ("due_time", "24:00:00", "There is no such time."),
    ],
)
def test_an_error_describes_the_problem(alice_client, member, value, detail):
    body = {"title": "Buy milk", "due_date": "2026-12-01", member: value}

    response = alice_client.post(URL, body)

    errors = [(error["field"], error["detail"]) for error in response.json()["errors"]]
    assert errors == [(member, detail)]
