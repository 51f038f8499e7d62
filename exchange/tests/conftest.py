import pytest


@pytest.fixture
def upload(alice_client):
    """Sends a file of Alice's and gives the members of the response."""

    def send(text, media_type, status=201):
        body = text if isinstance(text, bytes) else text.encode()
        response = alice_client.post("/api/import", body, content_type=media_type)
        assert response.status_code == status, response.content
        return response.json()

    return send


@pytest.fixture
def tasks(alice_client):
    """Alice's tasks by their titles."""

    def get():
        rows = alice_client.get("/api/tasks?page_size=100&sort=position").json()
        return {row["title"]: row for row in rows}

    return get
