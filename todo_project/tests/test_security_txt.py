"""`/.well-known/security.txt` (RFC 9116)."""

from datetime import datetime, timedelta
from urllib.request import Request, urlopen

from django.utils import timezone

from .conftest import PUBLIC

PATH = "/.well-known/security.txt"


def test_it_has_a_contact_and_an_expiry(serving):
    hosts = {**PUBLIC, "ALLOWED_HOSTS": "todo.example"}
    headers = {"Host": "todo.example", "X-Forwarded-Proto": "https"}

    with serving(**hosts, SECURITY_CONTACT="security@todo.example") as server:
        response = urlopen(Request(server + PATH, headers=headers))
        media_type, text = response.headers["Content-Type"], response.read().decode()

    fields = [line.split(": ", 1) for line in text.splitlines()]
    expires = datetime.fromisoformat(dict(fields)["Expires"])
    assert media_type == "text/plain; charset=utf-8"
    assert [name for name, _ in fields] == ["Contact", "Expires", "Canonical"]
    assert dict(fields)["Contact"] == "mailto:security@todo.example"
    assert dict(fields)["Canonical"] == f"https://todo.example{PATH}"
    assert timedelta(days=30) < expires - timezone.now() < timedelta(days=365)
    assert text.endswith("\n")


def test_it_is_missing_without_a_contact(client):
    assert client.get(PATH).status_code == 404
