"""`repeat` and `repeat_from`: which rules a task can have."""

from datetime import date

import pytest

from tasks.models import Task
from tasks.recurrence import MOST_CHARACTERS, Rule

DAY = "2026-01-31"


@pytest.fixture
def rent(add):
    return add("Pay the rent", due_date=date(2026, 1, 31), repeat="FREQ=MONTHLY;BYMONTHDAY=31")


def stored(task):
    return Task.objects.filter(pk=task.pk).values().get()


def errors(response):
    return [(error["field"], error["detail"]) for error in response.json()["errors"]]


@pytest.mark.parametrize(
    ("body", "repeat"),
    [
        ({"repeat": "FREQ=MONTHLY"}, "FREQ=MONTHLY;BYMONTHDAY=31"),
        ({"repeat": "freq=weekly;byday=th,mo"}, "FREQ=WEEKLY;BYDAY=MO,TH"),
        ({"repeat": "FREQ=MONTHLY", "repeat_from": "completion"}, "FREQ=MONTHLY"),
        ({"repeat": "FREQ=MONTHLY;BYMONTHDAY=-1", "repeat_from": "due"}, None),
        ({"repeat": "FREQ=DAILY;UNTIL=20260131"}, None),
        ({"repeat": "FREQ=WEEKLY;INTERVAL=99;BYDAY=MO,TU,WE,TH,FR,SA,SU;UNTIL=20301231"}, None),
    ],
)
def test_it_stores_the_canonical_text(alice_client, body, repeat):
    response = alice_client.post("/api/tasks", {"title": "Pay", "due_date": DAY, **body})

    assert response.status_code == 201
    assert response.json()["repeat"] == (repeat or body["repeat"])
    assert response.json()["repeat_from"] == body.get("repeat_from", "due")
    assert alice_client.get(response["Location"]).json() == response.json()


def test_the_longest_canonical_text_fits_into_the_column():
    longest = Rule("WEEKLY", 99, (0, 1, 2, 3, 4, 5, 6), until=date(9999, 12, 31))

    assert len(str(longest)) < MOST_CHARACTERS == Task._meta.get_field("repeat").max_length


@pytest.mark.parametrize(
    ("part", "rule"),
    [
        ("FREQ", "FREQ=SECONDLY"),
        ("BYEASTER", "FREQ=YEARLY;BYEASTER=0"),
        ("EXDATE", "FREQ=DAILY;EXDATE=20260202"),
        ("RRULE:FREQ", "RRULE:FREQ=DAILY"),
        ("INTERVAL", "FREQ=DAILY;INTERVAL=0"),
        ("INTERVAL", "FREQ=DAILY;INTERVAL=100"),
        ("UNTIL", "FREQ=DAILY;COUNT=2;UNTIL=20301231"),
        ("BYMONTHDAY", "FREQ=MONTHLY;BYMONTHDAY=32"),
        ("BYMONTHDAY", "FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=1FR"),
        ("UNTIL", "FREQ=DAILY;UNTIL=20260130"),
        ("WKST", "FREQ=WEEKLY;WKST=SU"),
    ],
)
@pytest.mark.parametrize("method", ["post", "patch", "put"])
def test_it_names_the_part_that_is_wrong_and_stores_nothing(alice_client, rent, method, part, rule):
    before, count = stored(rent), Task.objects.count()
    path = "/api/tasks" if method == "post" else f"/api/tasks/{rent.pk}"

    response = getattr(alice_client, method)(
        path, {"title": "Pay", "due_date": DAY, "repeat": rule}
    )

    assert response.status_code == 400
    assert [field for field, _ in errors(response)] == ["repeat"]
    assert errors(response)[0][1].startswith(f"{part}: ")
    assert (stored(rent), Task.objects.count()) == (before, count)


@pytest.mark.parametrize("value", ["", " ", 7, ["FREQ=DAILY"], {"freq": "DAILY"}, True, "x" * 101])
def test_a_rule_is_a_text(alice_client, rent, value):
    response = alice_client.patch(f"/api/tasks/{rent.pk}", {"repeat": value})

    assert response.status_code == 400
    assert [field for field, _ in errors(response)] == ["repeat"]


@pytest.mark.parametrize("value", ["", "Due", "start", None, 1])
def test_it_counts_from_one_of_two(alice_client, rent, value):
    response = alice_client.patch(f"/api/tasks/{rent.pk}", {"repeat_from": value})

    assert response.status_code == 400
    assert [field for field, _ in errors(response)] == ["repeat_from"]


@pytest.mark.parametrize(
    ("field", "body"),
    [("repeat", {"repeat": "FREQ=DAILY"}), ("repeat", {"repeat": "FREQ=DAILY", "due_date": None})],
)
def test_a_rule_needs_a_due_date(alice_client, milk, field, body):
    before = stored(milk)

    response = alice_client.patch(f"/api/tasks/{milk.pk}", body)

    assert response.status_code == 400
    assert errors(response) == [(field, "A task that repeats needs a due date.")]
    assert stored(milk) == before


def test_the_due_date_of_a_task_that_repeats_cannot_be_removed(alice_client, rent):
    before = stored(rent)

    response = alice_client.patch(f"/api/tasks/{rent.pk}", {"due_date": None})

    assert response.status_code == 400
    assert errors(response) == [("due_date", "A task that repeats needs a due date.")]
    assert stored(rent) == before


def test_the_rule_and_the_due_date_can_be_removed_together(alice_client, rent):
    response = alice_client.patch(f"/api/tasks/{rent.pk}", {"due_date": None, "repeat": None})

    assert response.status_code == 200
    assert (response.json()["due_date"], response.json()["repeat"]) == (None, None)


def test_a_moved_due_date_keeps_the_day_of_the_rule(alice_client, rent, on):
    on("2026-02-01")
    path = f"/api/tasks/{rent.pk}"

    moved = alice_client.patch(path, {"due_date": "2026-02-03"}).json()
    coming = alice_client.get(f"{path}/next?count=2").json()

    assert moved["repeat"] == "FREQ=MONTHLY;BYMONTHDAY=31"
    assert coming["dates"] == ["2026-02-28", "2026-03-31"]


def test_a_due_date_may_move_beyond_the_end_of_its_rule(alice_client, add):
    task = add("Pay", due_date=date(2026, 1, 31), repeat="FREQ=DAILY;UNTIL=20260201")
    whole = alice_client.get(f"/api/tasks/{task.pk}").json()

    response = alice_client.put(f"/api/tasks/{task.pk}", {**whole, "due_date": "2026-02-05"})

    assert response.status_code == 200


@pytest.mark.parametrize("rule", ["FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=DAILY;COUNT=3"])
def test_it_cannot_count_such_a_rule_from_completion(alice_client, add, rule):
    task = add("Pay", due_date=date(2026, 1, 31), repeat=rule)

    response = alice_client.patch(f"/api/tasks/{task.pk}", {"repeat_from": "completion"})

    assert response.status_code == 400
    ((field, detail),) = errors(response)
    assert field == "repeat_from"
    assert detail.startswith(rule.split(";")[1].split("=")[0])


def test_counting_from_the_due_date_again_keeps_its_day(alice_client, add):
    task = add("Pay", due_date=date(2026, 1, 31), repeat="FREQ=MONTHLY", repeat_from="completion")

    response = alice_client.patch(f"/api/tasks/{task.pk}", {"repeat_from": "due"})

    assert response.json()["repeat"] == "FREQ=MONTHLY;BYMONTHDAY=31"


def test_the_same_rule_in_other_words_changes_nothing(alice_client, rent):
    before = stored(rent)

    response = alice_client.patch(f"/api/tasks/{rent.pk}", {"repeat": "freq=monthly"})

    assert response.status_code == 200
    assert stored(rent) == before


def test_the_number_of_the_occurrence_is_read_only(alice_client, rent):
    response = alice_client.patch(f"/api/tasks/{rent.pk}", {"occurrence": 9})

    assert response.json()["occurrence"] == 1
    assert response["X-Ignored-Members"] == "occurrence"


def test_an_instant_is_the_due_date_of_a_rule(alice_client):
    body = {"title": "Pay", "due_date": "2026-01-31T10:00:00Z", "repeat": "FREQ=YEARLY"}

    task = alice_client.post("/api/tasks", body).json()

    assert (task["repeat"], task["due_time"]) == ("FREQ=YEARLY;BYMONTHDAY=31", "10:00:00")
