"""Wrong input from a browser: it gets a page that says what was wrong."""

import pytest

from projects.models import Project
from tasks.models import Task

LIST = "/api/tasks?status=pending"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("{bad", "application/json"),
        ("[1]", "application/json"),
        ("x", "multipart/form-data"),
        ("x", "multipart/form-data; boundary=x"),
    ],
)
@pytest.mark.parametrize("path", ["/api/tasks", "/api/tasks/bulk", "/api/projects"])
def test_a_body_that_cannot_be_parsed_is_a_400(browser, send, path, body, content_type):
    token = {"x-csrftoken": browser.cookies["csrftoken"].value}

    response = browser.post(path, body, content_type=content_type, headers=token)

    assert response.status_code == 400
    assert "text/html" in response["Content-Type"]


@pytest.mark.parametrize("due", [{}, {"due_date": ""}, {"due_date": "x"}, {"repeat_from": ""}])
def test_a_wrong_rule_is_an_error_in_the_form(send, due):
    response = send("/api/tasks", title="Bins", repeat="FREQ=FOO", **due)

    assert response.status_code == 400
    assert "FREQ=FOO" in response.text


@pytest.mark.parametrize("value", [["a"], {"a": 1}, 7, True])
@pytest.mark.parametrize("name", ["repeat", "title", "due_date", "priority", "project", "tags"])
def test_a_value_of_another_type_has_a_page(client, alice, name, value):
    client.force_login(alice)
    html = {"accept": "text/html"}

    body = {"title": "Bins", "due_date": "2026-12-01", name: value}
    response = client.post("/api/tasks", body, content_type="application/json", headers=html)

    assert response.status_code in (201, 400)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/api/tasks", {"title": "Buy oats"}),
        ("/api/projects", {"name": "Home"}),
        ("/api/tasks/bulk", {"op": "complete", "task": "1"}),
    ],
)
def test_a_form_that_is_sent_twice_with_a_key_redirects_twice(browser, send, add, path, fields):
    if "task" in fields:
        fields = {**fields, "task": add("Buy milk").pk}
    browser.defaults["HTTP_IDEMPOTENCY_KEY"] = "k"

    answers = [send(path, next=LIST, **fields) for _ in range(2)]

    assert [(one.status_code, one["Location"]) for one in answers] == [(303, LIST)] * 2
    assert "Done." in browser.get(LIST).text
    assert Task.objects.count() + Project.objects.count() == 1
