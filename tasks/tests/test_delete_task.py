from tasks.models import Task


def test_it_moves_the_task_to_the_trash(alice_client, milk):
    response = alice_client.delete(f"/api/tasks/{milk.pk}")

    assert (response.status_code, response.content) == (204, b"")
    assert not Task.objects.live().exists()
    assert alice_client.delete(f"/api/tasks/{milk.pk}").status_code == 404


def test_it_rejects_an_anonymous_caller(anonymous, milk):
    response = anonymous.delete(f"/api/tasks/{milk.pk}")

    assert response.status_code == 401
    assert Task.objects.get() == milk


def test_a_stranger_finds_nothing_and_deletes_nothing(bob_client, milk):
    response = bob_client.delete(f"/api/tasks/{milk.pk}")

    assert response.status_code == 404
    assert Task.objects.get() == milk


def test_it_rejects_a_query_parameter(alice_client, milk):
    response = alice_client.delete(f"/api/tasks/{milk.pk}?force=1")

    assert response.status_code == 400
    assert Task.objects.get() == milk
