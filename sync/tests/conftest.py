import pytest
from rest_framework.test import APIClient

from accounts.tokens import RefreshToken


@pytest.fixture
def client_for():
    """Gives clients with a real token: each request reads the user, and so the revision."""

    def client(user):
        client = APIClient()
        access = RefreshToken.for_user(user).pair()["access"]
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
        return client

    return client


class Mirror:
    """A client's copy, filled by `GET /api/sync`."""

    def __init__(self, client):
        self.client, self.token, self.tasks, self.pages = client, None, {}, 0

    def get(self, **query):
        if self.token:
            query["since"] = self.token
        response = self.client.get("/api/sync", query)
        assert response.status_code == 200, response.content
        answer = response.json()
        self.tasks |= {task["id"]: task for task in answer["tasks"]}
        for pk in answer["deleted"]["tasks"]:
            self.tasks.pop(pk, None)
        self.token = answer["next"]
        return answer

    def sync(self, **query):
        """Read until nothing is left; the answers."""
        answers = [self.get(**query)]
        while answers[-1]["has_more"]:
            answers.append(self.get(**query))
        return answers

    def titles(self):
        return [task["title"] for task in self.tasks.values()]


@pytest.fixture
def mirror(alice_client):
    return Mirror(alice_client)
