import pytest

from accounts.tokens import RefreshToken
from tasks.models import Task

URL = "/api/tasks"


def test_it_lists_the_newest_first(alice, alice_client, milk):
    Task.objects.create(owner=alice, title="Call Ann")

    response = alice_client.get(URL)

    assert response.status_code == 200
    assert [task["title"] for task in response.json()] == ["Call Ann", "Buy milk"]
    assert "Link" not in response


def test_it_returns_the_representation_of_a_task(alice_client, milk):
    response = alice_client.get(URL)

    assert response.json() == [alice_client.get(f"{URL}/{milk.pk}").json()]


def test_an_empty_list_is_an_array(alice_client):
    response = alice_client.get(URL)

    assert (response.status_code, response.json()) == (200, [])


def test_it_rejects_an_anonymous_caller(anonymous, milk):
    response = anonymous.get(URL)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("query", ["", "?status=all", "?due=none", "?sort=title", "?page_size=200"])
def test_it_hides_other_users_tasks(bob, bob_client, milk, query):
    Task.objects.create(owner=bob, title="Feed the cat")

    response = bob_client.get(URL + query)

    assert [task["title"] for task in response.json()] == ["Feed the cat"]


@pytest.mark.parametrize("count", [1, 50])
def test_it_costs_two_queries_for_any_length(alice, anonymous, count, django_assert_num_queries):
    Task.objects.bulk_create(
        Task(owner=alice, title=f"Task {n}", updated_at=alice.date_joined) for n in range(count)
    )
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {RefreshToken.for_user(alice).access_token}")

    with django_assert_num_queries(2):  # the user of the token, the page
        response = anonymous.get(f"{URL}?status=pending&sort=due_date")

    assert len(response.json()) == count
