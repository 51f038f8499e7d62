"""ETag, If-Match and If-None-Match."""

import pytest

from tasks.models import Task

WRITES = [
    ("put", "", {"title": "Buy oats"}, 200),
    ("patch", "", {"title": "Buy oats"}, 200),
    ("patch", "/complete", {}, 200),
    ("delete", "", None, 204),
]


def send(client, task, method, path="", body=None, **headers):
    return getattr(client, method)(f"/api/tasks/{task.pk}{path}", body, headers=headers)


def test_every_response_with_one_task_has_a_tag(alice_client):
    created = alice_client.post("/api/tasks", {"title": "Buy milk"})
    task = Task.objects.get()

    read = send(alice_client, task, "get")

    assert created["ETag"] == read["ETag"]
    assert read["ETag"].startswith('"')


@pytest.mark.parametrize(("method", "path", "body", "status"), WRITES[:3])
def test_every_change_changes_the_tag(alice_client, milk, method, path, body, status):
    before = send(alice_client, milk, "get")["ETag"]

    changed = send(alice_client, milk, method, path, body)["ETag"]

    assert changed != before
    assert send(alice_client, milk, "get")["ETag"] == changed


def test_a_write_without_a_change_keeps_the_tag(alice_client, milk):
    before = send(alice_client, milk, "get")["ETag"]

    assert send(alice_client, milk, "patch", body={"title": "Buy milk"})["ETag"] == before
    body = {"completed": False}
    assert send(alice_client, milk, "patch", "/complete", body)["ETag"] == before


def test_a_tag_is_never_reused(alice_client, milk):
    tags = [send(alice_client, milk, "patch", "/complete")["ETag"] for _ in range(6)]

    assert len(set(tags)) == 6


@pytest.mark.parametrize(("method", "path", "body", "status"), WRITES)
@pytest.mark.parametrize("tag", ["{tag}", "W/{tag}", '"x", {tag}', '"x",W/{tag}', "*"])
def test_a_write_with_the_current_tag_succeeds(alice_client, milk, method, path, body, status, tag):
    header = tag.format(tag=milk.etag)

    assert send(alice_client, milk, method, path, body, if_match=header).status_code == status


@pytest.mark.parametrize(("method", "path", "body", "status"), WRITES)
@pytest.mark.parametrize("tag", ['"x"', "", 'W/"x"', "nonsense", '"x", "y"', "\x7f", '"*"'])
def test_a_write_with_another_tag_changes_nothing(
    alice_client, milk, method, path, body, status, tag
):
    response = send(alice_client, milk, method, path, body, if_match=tag)

    revision = milk.revision
    milk.refresh_from_db()
    assert response.status_code == 412
    assert response.json()["code"] == "precondition_failed"
    assert "ETag" not in response
    assert (milk.title, milk.revision) == ("Buy milk", revision)


def test_a_stale_tag_is_checked_before_the_body(alice_client, milk):
    assert send(alice_client, milk, "patch", body={"title": ""}, if_match='"x"').status_code == 412


@pytest.mark.parametrize(("method", "path", "body", "status"), WRITES)
def test_a_write_with_a_matching_if_none_match_changes_nothing(
    alice_client, milk, method, path, body, status
):
    response = send(alice_client, milk, method, path, body, if_none_match="*")

    assert response.status_code == 412
    assert Task.objects.get().revision == milk.revision


@pytest.mark.parametrize("tag", ["{tag}", "W/{tag}", '"x", {tag}', "*"])
def test_a_read_with_the_current_tag_gets_a_304(alice_client, milk, tag):
    response = send(alice_client, milk, "get", if_none_match=tag.format(tag=milk.etag))

    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == milk.etag


def test_a_read_with_another_tag_gets_the_task(alice_client, milk):
    response = send(alice_client, milk, "get", if_none_match='"x", "y"')

    assert response.status_code == 200
    assert response.json()["title"] == "Buy milk"


@pytest.mark.parametrize("header", ["if_match", "if_none_match"])
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_a_stranger_gets_the_response_of_a_missing_task(bob_client, milk, method, header):
    for tag in (milk.etag, '"x"', "*"):
        hidden = send(bob_client, milk, method, **{header: tag})
        missing = send(bob_client, Task(pk=milk.pk + 1000), method, **{header: tag})

        del hidden["X-Request-ID"], missing["X-Request-ID"]
        assert hidden.status_code == 404
        assert (hidden.content, hidden.headers) == (missing.content, missing.headers)


def test_a_create_ignores_preconditions(alice_client):
    response = alice_client.post("/api/tasks", {"title": "x"}, headers={"if_none_match": "*"})

    assert response.status_code == 201
    assert Task.objects.exists()


def test_the_browsable_api_has_no_tag(alice_client, milk):
    response = send(alice_client, milk, "get", accept="text/html", if_none_match=milk.etag)

    assert response.status_code == 200
    assert "ETag" not in response
