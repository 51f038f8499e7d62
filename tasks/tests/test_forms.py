"""The forms of the browsable API, see `todo_project.api.forms`."""

from urllib.parse import urlencode

import pytest
from django.core.files.base import ContentFile

from accounts.tokens import RefreshToken
from tasks.models import Task

from .conftest import press_undo

FORM = "application/x-www-form-urlencoded"


def test_a_form_leads_back_to_the_list_as_it_was_filtered(send, browser):
    response = send("/api/tasks", title="Buy milk", next="/api/tasks?status=pending&sort=title")

    assert response.status_code == 303
    assert response["Location"] == "/api/tasks?status=pending&sort=title"
    assert "“Buy milk” is added." in browser.get(response["Location"]).text
    assert "is added" not in browser.get(response["Location"]).text


@pytest.mark.parametrize(
    ("method", "status", "title"),
    [("PUT", 303, "Buy oats"), ("PATCH", 303, "Buy oats"), ("POST", 405, "Buy milk")],
)
def test_a_field_gives_the_method(send, milk, method, status, title):
    path = f"/api/tasks/{milk.pk}"

    response = send(path, _method=method, title="Buy oats", next=path)

    assert response.status_code == status
    assert Task.objects.get().title == title


@pytest.mark.parametrize("method", ["", "put", "GET", "OPTIONS", "TRACE", "DELETE ", "X" * 9999])
def test_another_method_is_refused(send, milk, method):
    response = send("/api/tasks", _method=method, title="Buy oats")

    assert response.status_code == 405
    assert len(response.content) < 50_000
    assert Task.objects.get() == milk


def test_a_method_of_another_route_is_a_405(send, milk):
    assert send("/api/tasks", _method="DELETE").status_code == 405
    assert Task.objects.get().deleted_at is None


@pytest.mark.parametrize("content_type", [FORM, "multipart/form-data; boundary=x"])
def test_a_method_without_the_csrf_token_is_refused(browser, milk, content_type):
    path, body = f"/api/tasks/{milk.pk}", urlencode({"_method": "DELETE"})
    if content_type != FORM:
        body = '--x\r\nContent-Disposition: form-data; name="_method"\r\n\r\nDELETE\r\n--x--\r\n'

    assert browser.post(path, body, content_type=content_type).status_code == 403
    assert Task.objects.get().deleted_at is None


def test_a_method_with_a_bearer_token_is_refused(browser, alice, milk):
    token = RefreshToken.for_user(alice).access_token
    response = browser.post(
        f"/api/tasks/{milk.pk}",
        {"_method": "DELETE"},
        headers={"authorization": f"Bearer {token}"},
    )

    assert response.status_code in (405, 415)
    assert Task.objects.get().deleted_at is None


def test_json_has_no_method_field(client, alice, milk):
    client.force_login(alice)
    body = {"_method": "DELETE", "title": "Buy oats", "next": "/api/tasks"}

    path = f"/api/tasks/{milk.pk}"
    posted = client.post(path, body, content_type="application/json")
    created = client.post("/api/tasks", body, content_type="application/json")

    assert (posted.status_code, created.status_code) == (405, 201)
    assert created["X-Ignored-Members"] == "_method, next"
    assert Task.objects.get(pk=milk.pk).deleted_at is None


def test_only_a_post_has_another_method(client, alice, milk):
    client.force_login(alice)
    body = urlencode({"_method": "DELETE", "title": "Buy oats"})

    client.patch(f"/api/tasks/{milk.pk}", body, content_type=FORM)

    assert (Task.objects.get().title, Task.objects.get().deleted_at) == ("Buy oats", None)


def test_a_program_gets_no_redirect(client, alice):
    client.force_login(alice)

    response = client.post("/api/tasks", {"title": "Buy milk", "next": "/"})

    assert response.status_code == 201
    assert response.json()["title"] == "Buy milk"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "http:///evil.example",
        "javascript:alert(1)",
        "tasks",
        " /api/tasks",
        "\x01//evil.example",
        "/" + "a" * 2_000,
        "",
    ],
)
def test_a_form_never_leads_to_another_site(send, path):
    response = send("/api/tasks", title="Buy milk", next=path)

    assert response.status_code == 201
    assert "Location" not in response or response["Location"].startswith("http://testserver/api/")
    assert "evil.example" not in response.text


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/a\r\nSet-Cookie: x=1", "/a%0D%0ASet-Cookie:%20x=1"),
        ("/api/tasks?search=Käse\x00", "/api/tasks?search=K%C3%A4se%00"),
    ],
)
def test_it_escapes_the_path(send, path, location):
    assert send("/api/tasks", title="Buy milk", next=path)["Location"] == location


def test_a_file_is_no_method_and_no_path(send, milk):
    file = ContentFile("x", "DELETE")

    response = send("/api/tasks", title="Buy oats", _method=file, next=file)

    assert response.status_code == 201
    assert Task.objects.filter(deleted_at=None).count() == 2


def test_wrong_input_shows_the_errors_and_what_was_typed(send):
    path = "/api/tasks?status=pending"

    response = send("/api/tasks", title="Buy milk", due_time="09:30", next=path)

    assert response.status_code == 400
    assert "A due time needs a due date." in response.text
    assert 'value="Buy milk"' in response.text
    assert f'name="next" value="{path}"' in response.text


@pytest.mark.parametrize("button", ["complete", "reopen"])
def test_completing_and_reopening_can_be_undone(send, browser, add, button):
    task = add("Buy milk", completed=button == "reopen")

    send("/api/tasks/bulk", **{button: task.pk}, next="/api/tasks")
    between = Task.objects.get().completed
    after = press_undo(browser, browser.get("/api/tasks").text)

    assert after.status_code == 303
    assert (between, Task.objects.get().completed) == (button == "complete", button == "reopen")


def test_completing_an_occurrence_can_be_undone(send, browser, add, on):
    on("2026-12-01")
    bins = add("Bins", due_date="2026-12-01", repeat="FREQ=WEEKLY;BYDAY=TU")

    send("/api/tasks/bulk", complete=f"{bins.pk}-1", next="/api/tasks")
    page = browser.get("/api/tasks").text
    moved = str(Task.objects.get().due_date)
    press_undo(browser, page)

    assert "“Bins” is completed. It is due again: 8 December." in page
    assert moved == "2026-12-08"
    assert str(Task.objects.get().due_date) == "2026-12-01"


def test_undo_reopens_the_subtasks_that_were_completed_as_well(send, browser, chain):
    Task.objects.filter(pk=chain[1].pk).update(completed_at="2026-11-01T10:00Z")

    send("/api/tasks/bulk", complete=chain[0].pk, next="/api/tasks")
    done = Task.objects.exclude(completed_at=None).count()
    press_undo(browser, browser.get("/api/tasks").text)

    assert done == 4
    assert [task.completed for task in Task.objects.order_by("pk")] == [False, True, False, False]


def test_deleting_can_be_undone(send, browser, milk):
    response = send(f"/api/tasks/{milk.pk}", _method="DELETE", next="/api/tasks")
    deleted = Task.objects.get().deleted_at
    page = browser.get(response["Location"]).text
    press_undo(browser, page)

    assert deleted is not None
    assert "“Buy milk” is in the trash." in page
    assert Task.objects.get().deleted_at is None


def test_a_message_of_the_longest_title_fits_its_cookie(send, browser, add):
    task = add("\U0001f600" * 200)

    send(f"/api/tasks/{task.pk}", _method="DELETE", next="/api/tasks")

    assert 'class="undo"' in browser.get("/api/tasks").text


def test_a_stale_form_changes_nothing(send, milk, alice_client):
    form = {"_method": "PUT", "etag": milk.etag, "title": "Buy oats", "next": "/"}
    alice_client.patch(f"/api/tasks/{milk.pk}", {"title": "Buy rye"})

    assert send(f"/api/tasks/{milk.pk}", **form).status_code == 412
    assert Task.objects.get().title == "Buy rye"
