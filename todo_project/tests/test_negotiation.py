import pytest

URL = "/api/tasks"
PAGE, DATA = "text/html", "application/json"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", DATA),
        ("", DATA),
        (" , ", DATA),
        ("application/json, text/html", DATA),
        ("text/html, application/json", DATA),
        ("text/html", PAGE),
        ("text/html, */*", PAGE),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", PAGE),
        ("application/json, text/plain, */*", DATA),
        ("application/json; indent=4", DATA),
        ("text/html;q=0, */*", DATA),
        ("*/*, text/html; Q=0.000", DATA),
        ("application/json;q=0, */*", PAGE),
        ("application/json;q=0, */*;q=0.1", PAGE),
        ("text/html;q=0.5, */*", DATA),
        ("text/html;q=0.5, application/*;q=0.6", DATA),
        ("text/html;q=0.7, application/json;q=0.6", PAGE),
        ("text/*;q=0.9, text/html;q=0.1, application/json;q=0.2", DATA),
        ("text/html;q=x", PAGE),
        ("text/html;q=nan, application/json;q=0.9", PAGE),
    ],
)
def test_the_media_type_with_the_best_quality_is_used(client, alice, accept, media_type):
    client.force_login(alice)

    response = client.get(URL, headers={"accept": accept})

    assert response.status_code == 200
    assert response["Content-Type"].split(";")[0] == media_type


def test_the_default_is_json(client, alice):
    client.force_login(alice)

    assert client.get(URL)["Content-Type"] == DATA


@pytest.mark.parametrize(
    "accept", ["*/*;q=0", "text/html;q=0", "image/png, */*;q=0", "x" * 9000, "text/html;x*=no''x"]
)
def test_a_header_that_excludes_everything_is_refused(alice_client, accept):
    response = alice_client.get(URL, headers={"accept": accept})

    assert response.status_code == 406
    assert response["Content-Type"] == "application/problem+json"


def test_an_indent_works_with_a_quality(alice_client, milk):
    response = alice_client.get(URL, headers={"accept": "application/json;indent=2;q=0.5"})

    assert response.content.startswith(b"[\n  {\n")
