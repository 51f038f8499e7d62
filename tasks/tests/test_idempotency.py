import pytest

from tasks.models import Task

URL = "/api/tasks"
BODY = {"title": "Buy milk", "priority": "medium", "completed": True}


def create(client, key, body=BODY, **headers):
    return client.post(URL, body, headers={"idempotency_key": key, **headers})


def test_a_repeated_request_creates_one_task(alice_client):
    first = create(alice_client, "k1")
    second = create(alice_client, "k1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second["Location"] == first["Location"]
    assert second["ETag"] == first["ETag"]
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert Task.objects.get().completed


def test_the_order_of_members_does_not_matter(alice_client):
    create(alice_client, "k1")

    response = create(alice_client, "k1", dict(reversed(BODY.items())))

    assert response["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    "body", [{"title": "Buy oats"}, {**BODY, "priority": "low"}, {**BODY, "unknown": 1}]
)
def test_a_different_body_is_rejected(alice_client, body):
    create(alice_client, "k1")

    response = create(alice_client, "k1", body)

    assert response.status_code == 422
    assert response.json()["code"] == "idempotency_key_reused"
    assert Task.objects.get().title == "Buy milk"


def test_another_key_creates_another_task(alice_client):
    create(alice_client, "k1")
    create(alice_client, "k2")
    alice_client.post(URL, BODY)
    alice_client.post(URL, BODY)

    assert Task.objects.count() == 4


def test_keys_belong_to_their_user(alice_client, bob_client):
    hers, his = create(alice_client, "k1"), create(bob_client, "k1", {"title": "Feed the cat"})

    assert (hers.status_code, his.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in his
    assert [task["title"] for task in bob_client.get(URL).json()] == ["Feed the cat"]


def test_a_rejected_request_stores_nothing(alice_client):
    refused = create(alice_client, "k1", {"title": ""})

    response = create(alice_client, "k1")

    assert refused.status_code == 400
    assert response.status_code == 201
    assert "Idempotent-Replayed" not in response


def test_a_repeated_body_is_not_validated_again(alice, alice_client):
    body = {"title": "Buy milk", "due_date": "1970-01-01T00:00:00Z"}
    first = create(alice_client, "k1", body)
    alice.timezone = "America/New_York"  # where it is still the year before

    second = create(alice_client, "k1", body)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotent-Replayed"] == "true"
    assert create(alice_client, "k1", {"title": ""}).status_code == 422


def test_a_key_outlives_its_task(alice_client):
    first = create(alice_client, "k1")
    alice_client.delete(first["Location"])
    alice_client.delete("/api/trash")

    response = create(alice_client, "k1")

    assert (response.status_code, response.json()) == (201, first.json())
    assert response["Idempotent-Replayed"] == "true"
    assert not Task.objects.exists()


@pytest.mark.parametrize("levels", [200, 252, 253, 300])
def test_a_deeply_nested_body_is_accepted_or_rejected(alice_client, levels):
    body = b'{"title": "x", "a": ' + b"[" * levels + b"]" * levels + b"}"

    response = alice_client.generic(
        "POST", URL, body, "application/json", headers={"idempotency_key": "k1"}
    )

    assert response.status_code == (201 if levels < 254 else 400)


def test_the_response_has_the_task_as_it_was_created(alice_client):
    first = create(alice_client, "k1")
    alice_client.patch(first["Location"], {"title": "Buy oats"})

    response = create(alice_client, "k1")

    assert response.content == first.content
    assert response["ETag"] == first["ETag"]


@pytest.mark.parametrize("key", ["x", "!" * 255, "~", '"quoted"', "a,b;c=d"])
def test_a_key_is_1_to_255_visible_characters(alice_client, key):
    assert create(alice_client, key).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é", "a\tb", "\x7f"])
def test_an_invalid_key_is_rejected_and_nothing_is_stored(alice_client, key):
    response = create(alice_client, key)

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "Idempotency-Key"
    assert not Task.objects.exists()


def test_the_key_is_not_in_the_response(alice_client):
    create(alice_client, "k1")

    assert "k1" not in alice_client.get(URL).content.decode()


def test_a_key_in_the_body_is_ignored(alice, alice_client):
    alice_client.post(URL, {**BODY, "idempotency_key": "k1", "idempotency_digest": "x"})

    assert not alice.idempotency_keys.exists()
