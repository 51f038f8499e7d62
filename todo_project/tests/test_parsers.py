import pytest

from tasks.models import Task

URL = "/api/tasks"


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"{}}",
        b"[]",
        b'"title"',
        b"null",
        b"1",
        b'{"title": "x", "priority": NaN}',
        b'{"title": "x", "priority": Infinity}',
        b'{"title": "x", "priority": -Infinity}',
        b'{"title": "x", "priority": 1e999}',
        b'{"title": "x", "title": "y"}',
        b'{"title": "x", "other": {"a": 1, "a": 2}}',
        b'{"title": "\\ud800"}',
        b'{"title": "\xff"}',
        b'{"title": "x"}'.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + b'{"title": "x"}',
        b'{"title": "x",}',
        b"{'title': 'x'}",
        b'{"title": "x", "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 1_020 + b"1" + b"}" * 1_020,
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(alice_client, body):
    response = alice_client.generic("POST", URL, body, "application/json")

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "x"]
)
def test_another_media_type_is_refused(alice_client, media_type):
    response = alice_client.generic("POST", URL, b'{"title": "x"}', media_type)

    assert response.status_code == 415
    assert not Task.objects.exists()


def test_unicode_is_stored_unchanged(alice_client):
    body = '{"title": "Grüße \\u00fc \\ud83e\\udd5b 🥛"}'.encode()

    response = alice_client.generic("POST", URL, body, "application/json; charset=utf-8")

    assert response.json()["title"] == "Grüße ü 🥛 🥛"
