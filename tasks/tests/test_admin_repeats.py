"""Tasks that repeat in the admin and in the browsable API."""

from datetime import date

import pytest

from tasks.completions import Completion
from tasks.models import Task
from todo_project.models import LogEntry


@pytest.fixture
def bins(add, on):
    on("2026-12-01")
    return add("Put out the bins", due_date=date(2026, 12, 1), repeat="FREQ=WEEKLY;BYDAY=TU")


@pytest.fixture
def send(staff):
    """Sends the form of a task."""

    def send(task, **values):
        form = {"title": task.title, "priority": 0, "etag": task.etag, "due_date": "2026-12-01"}
        return staff.post(f"/admin/tasks/task/{task.pk}/change/", {**form, **values})

    return send


def state(task):
    task = Task.objects.get(pk=task.pk)
    return task.completed, str(task.due_date), task.occurrence


def test_an_action_completes_one_occurrence_of_each(staff, bins, milk, bob):
    other = Task.objects.create(owner=bob, title="x", due_date="2026-12-01", repeat="FREQ=DAILY")
    keys = [bins.pk, milk.pk, other.pk]

    response = staff.post(
        "/admin/tasks/task/", {"action": "complete", "_selected_action": keys}, follow=True
    )

    assert "3 tasks completed." in response.content.decode()
    assert state(bins) == (False, "2026-12-08", 2)
    assert state(milk)[0] is True
    assert state(other) == (False, "2026-12-02", 2)
    assert set(Completion.objects.values_list("task", "owner")) == {
        (bins.pk, bins.owner_id),
        (other.pk, bob.pk),
    }


def test_the_form_completes_one_occurrence(send, bins):
    response = send(bins, repeat=bins.repeat, completed="on")

    assert response.status_code == 302
    assert state(bins) == (False, "2026-12-08", 2)


def test_the_form_stores_the_canonical_text(send, bins):
    response = send(bins, repeat="freq=monthly")

    bins.refresh_from_db()
    assert response.status_code == 302
    assert bins.repeat == "FREQ=MONTHLY;BYMONTHDAY=1"


def test_the_form_stores_the_canonical_text_of_a_rule_that_was_not_typed(send, add):
    task = add("Rent", due_date="2031-01-31", repeat="FREQ=MONTHLY", repeat_from="completion")
    values = {"due_date": "2031-01-31", "repeat": task.repeat, "repeat_from": "due"}

    response = send(task, **values)

    task.refresh_from_db()
    assert response.status_code == 302
    assert (task.repeat, task.repeat_from) == ("FREQ=MONTHLY;BYMONTHDAY=31", "due")
    message = LogEntry.objects.get().get_change_message()
    assert message == "Changed Repeat from and Repeat."


def test_the_form_removes_a_rule(send, bins):
    assert send(bins, repeat="").status_code == 302

    bins.refresh_from_db()
    assert (bins.repeat, bins.repeat_from) == (None, "due")


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"repeat": "FREQ=HOURLY"}, "FREQ: Must be one of"),
        ({"repeat": "FREQ=DAILY", "due_date": ""}, "A task that repeats needs a due date."),
        ({"repeat": "FREQ=DAILY;COUNT=2", "repeat_from": "completion"}, "COUNT: Not allowed"),
    ],
)
def test_the_form_shows_what_is_wrong_with_a_rule(send, bins, values, error):
    response = send(bins, **values)

    assert response.status_code == 200
    assert error in response.content.decode()
    assert state(bins) == (False, "2026-12-01", 1)


def test_the_form_shows_the_rule_and_the_history(staff, bins, alice_client):
    alice_client.patch(f"/api/tasks/{bins.pk}/complete", {"completed": True})

    page = staff.get(f"/admin/tasks/task/{bins.pk}/change/").content.decode()

    assert "every week on Tuesday, next on Tue 15 Dec 2026" in page
    assert "1: due 2026-12-01, completed 2026-12-01 12:00 UTC" in page


def test_the_form_of_other_tasks_shows_no_rule(staff, milk):
    page = staff.get(f"/admin/tasks/task/{milk.pk}/change/").content.decode()

    assert "<span>next" not in page
    assert staff.get("/admin/tasks/task/add/").status_code == 200


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def test_the_browsable_api_tells_the_rule_and_the_next_date(browser, bins):
    page = browser.get(f"/api/tasks/{bins.pk}", headers={"accept": "text/html"})
    listed = browser.get("/api/tasks", headers={"accept": "text/html"})

    assert "<span>every week on Tuesday</span><span>next 8 December</span>" in page.content.decode()
    assert "every week on Tuesday" in listed.content.decode()


def test_the_browsable_api_tells_no_next_date_of_the_last_occurrence(browser, add, on):
    on("2026-12-01")
    task = add("Pill", due_date=date(2026, 12, 1), repeat="FREQ=DAILY;COUNT=1")

    page = browser.get(f"/api/tasks/{task.pk}", headers={"accept": "text/html"}).content.decode()

    assert "every day, once" in page
    assert "<span>next" not in page


@pytest.mark.parametrize("name", ["next", "completions"])
def test_the_pages_of_a_series_open_in_a_browser(browser, bins, name):
    path = f"/api/tasks/{bins.pk}/{name}"

    assert browser.get(path, headers={"accept": "text/html"}).status_code == 200
    assert browser.get("/api/tasks/preview", headers={"accept": "text/html"}).status_code == 405
