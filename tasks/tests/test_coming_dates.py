"""`GET /api/tasks/{id}/next`, `GET /api/tasks/{id}/completions` and `POST /api/tasks/preview`."""

from datetime import date, time

import pytest

from tasks.models import Task

PREVIEW = "/api/tasks/preview"


@pytest.fixture
def rent(add, on):
    on("2026-01-31")
    return add("Rent", due_date=date(2026, 1, 31), repeat="FREQ=MONTHLY;BYMONTHDAY=31")


def rows():
    return list(Task.objects.order_by("pk").values())


def test_it_tells_the_coming_dates_and_changes_nothing(alice_client, rent):
    before = rows()

    response = alice_client.get(f"/api/tasks/{rent.pk}/next?count=3")

    assert response.status_code == 200
    assert response.json() == {
        "repeat": "FREQ=MONTHLY;BYMONTHDAY=31",
        "dates": ["2026-02-28", "2026-03-31", "2026-04-30"],
    }
    assert rows() == before


def test_it_tells_five_dates_unless_asked_for_more(alice_client, rent):
    path = f"/api/tasks/{rent.pk}/next"

    counts = [len(alice_client.get(url).json()["dates"]) for url in (path, f"{path}?count=50")]

    assert counts == [5, 50]


def test_it_tells_the_dates_that_completing_gives(alice_client, rent, on):
    on("2026-05-15")
    dates = alice_client.get(f"/api/tasks/{rent.pk}/next?count=4").json()["dates"]

    for day in dates:
        response = alice_client.patch(f"/api/tasks/{rent.pk}/complete", {"completed": True})
        assert response.json()["due_date"] == day
    assert dates[0] == "2026-05-31"


@pytest.mark.parametrize("count", ["0", "51", "-1", "five", "", "1.0", "01x", "٣"])
def test_it_names_a_wrong_count(alice_client, rent, count):
    response = alice_client.get(f"/api/tasks/{rent.pk}/next", {"count": count})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "count"


@pytest.mark.parametrize("values", [{}, {"completed": True, "repeat": "FREQ=DAILY"}])
def test_no_date_comes_for_other_tasks(alice_client, add, values):
    task = add("Buy milk", due_date=date(2026, 12, 1), **values)

    response = alice_client.get(f"/api/tasks/{task.pk}/next")

    assert response.json() == {"repeat": values.get("repeat"), "dates": []}


@pytest.mark.parametrize("name", ["next", "completions"])
def test_others_find_nothing(anonymous, bob_client, rent, name):
    path = f"/api/tasks/{rent.pk}/{name}"
    missing = f"/api/tasks/{rent.pk + 9}/{name}"

    assert anonymous.get(path).status_code == 401
    assert bob_client.get(path).status_code == 404
    assert bob_client.get(path).content == bob_client.get(missing).content


def test_the_history_has_the_last_completion_first(alice_client, on, add):
    on("2026-12-01")
    task = add("Pill", due_date=date(2026, 12, 1), due_time=time(8), repeat="FREQ=DAILY;COUNT=2")
    for _ in range(2):
        alice_client.patch(f"/api/tasks/{task.pk}/complete", {"completed": True})

    response = alice_client.get(f"/api/tasks/{task.pk}/completions")

    assert response.status_code == 200
    assert response.json() == [
        {
            "occurrence": 2,
            "due_date": "2026-12-02",
            "due_time": "08:00:00",
            "completed_at": "2026-12-01T12:00:00Z",
            "next_due_date": None,
        },
        {
            "occurrence": 1,
            "due_date": "2026-12-01",
            "due_time": "08:00:00",
            "completed_at": "2026-12-01T12:00:00Z",
            "next_due_date": "2026-12-02",
        },
    ]


def test_the_history_has_pages(alice_client, rent):
    for _ in range(5):
        alice_client.patch(f"/api/tasks/{rent.pk}/complete", {"completed": True})
    url, found = f"/api/tasks/{rent.pk}/completions?page_size=2", []

    while url:
        response = alice_client.get(url)
        found += [row["occurrence"] for row in response.json()]
        link = response.get("Link", "")
        url = link.split(">")[0].lstrip("<") if 'rel="next"' in link else ""

    assert found == [5, 4, 3, 2, 1]
    assert alice_client.get(f"/api/tasks/{rent.pk}/completions?status=all").status_code == 400


def test_a_preview_tells_dates_and_stores_nothing(alice_client, on, alice):
    on("2026-01-31")
    body = {"due_date": "2026-01-31", "repeat": "freq=monthly", "count": 2}

    response = alice_client.post(PREVIEW, body)

    assert response.status_code == 200
    assert response.json() == {
        "repeat": "FREQ=MONTHLY;BYMONTHDAY=31",
        "dates": ["2026-02-28", "2026-03-31"],
    }
    assert rows() == []


def test_a_preview_takes_an_instant(alice_client, on):
    on("2026-01-31")
    body = {"due_date": "2026-01-31T10:00:00Z", "repeat": "FREQ=WEEKLY", "count": 1}

    response = alice_client.post(PREVIEW, body)

    assert response.json()["dates"] == ["2026-02-07"]
    assert "X-Ignored-Members" not in response


def test_a_preview_counts_from_completion(alice_client, on):
    on("2026-01-31")
    body = {"due_date": "2026-01-05", "repeat": "FREQ=MONTHLY", "repeat_from": "completion"}

    dates = alice_client.post(PREVIEW, body).json()["dates"]

    assert dates[:2] == ["2026-02-28", "2026-03-28"]
    assert len(dates) == 5


def test_a_preview_ends_with_its_rule(alice_client, on):
    on("2026-01-31")
    body = {"due_date": "2026-01-31", "repeat": "FREQ=DAILY;COUNT=3", "count": 50}

    assert alice_client.post(PREVIEW, body).json()["dates"] == ["2026-02-01", "2026-02-02"]


GOOD = {"due_date": "2026-01-31", "repeat": "FREQ=DAILY"}


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("due_date", {"repeat": "FREQ=DAILY"}),
        ("due_date", {**GOOD, "due_date": None}),
        ("due_date", {**GOOD, "due_date": "1969-12-31"}),
        ("due_date", {**GOOD, "due_date": "tomorrow"}),
        ("repeat", {"due_date": "2026-01-31"}),
        ("repeat", {**GOOD, "repeat": None}),
        ("repeat", {**GOOD, "repeat": ""}),
        ("repeat", {**GOOD, "repeat": "FREQ=HOURLY"}),
        ("repeat", {**GOOD, "repeat": "FREQ=DAILY;COUNT=2", "repeat_from": "completion"}),
        ("repeat_from", {**GOOD, "repeat_from": "start"}),
        ("count", {**GOOD, "count": 0}),
        ("count", {**GOOD, "count": 51}),
        ("count", {**GOOD, "count": "5"}),
    ],
)
def test_a_preview_names_what_is_wrong(alice_client, field, body):
    response = alice_client.post(PREVIEW, body)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_a_preview_is_for_users(anonymous):
    assert anonymous.post(PREVIEW, GOOD).status_code == 401


def test_no_answer_costs_more_with_tasks_that_repeat(alice_client, add, django_assert_num_queries):
    for n in range(5):
        add(f"Read {n}", due_date=date(2026, 12, 1), repeat="FREQ=DAILY")

    with django_assert_num_queries(1):  # the tasks
        assert len(alice_client.get("/api/tasks").json()) == 5
