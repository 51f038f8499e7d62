"""The trash, restoring tasks, and permanent deletion."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Tombstone, User
from tasks.models import Task

URL = "/api/trash"


@pytest.fixture
def rye(alice):
    """A task of Alice in the trash."""
    task = Task.objects.create(owner=alice, title="Buy rye", created_at=timezone.now())
    task.change({"deleted_at": timezone.now()})
    return task


def counter(user):
    return User.objects.get(pk=user.pk).revision


def test_a_deleted_task_is_only_in_the_trash(alice_client, milk):
    before = alice_client.get(f"/api/tasks/{milk.pk}").json()

    alice_client.delete(f"/api/tasks/{milk.pk}")

    (trashed,) = alice_client.get(URL).json()
    milk.refresh_from_db()
    deleted_at = milk.deleted_at.isoformat().replace("+00:00", "Z")
    assert trashed == {**before, "revision": milk.revision, "deleted_at": deleted_at}
    assert alice_client.get("/api/tasks").json() == []
    assert alice_client.get("/api/tasks/summary").json()["total"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", ""), ("put", ""), ("patch", ""), ("delete", ""), ("patch", "/complete")],
)
def test_a_task_in_the_trash_is_not_found(alice_client, rye, method, path):
    body = {"title": "x"} if method in ("put", "patch") else None
    hidden = getattr(alice_client, method)(f"/api/tasks/{rye.pk}{path}", body)
    missing = getattr(alice_client, method)(f"/api/tasks/{rye.pk + 1000}{path}", body)

    assert hidden.status_code == missing.status_code == 404
    assert hidden.content == missing.content
    assert Task.objects.get().title == "Buy rye"


def test_the_last_deleted_task_comes_first(alice, alice_client):
    tasks = [Task.objects.create(owner=alice, title=f"Task {n}") for n in range(5)]
    for task in [tasks[n] for n in (1, 4, 0, 3, 2)]:
        alice_client.delete(f"/api/tasks/{task.pk}")

    first = alice_client.get(f"{URL}?page_size=3")
    link = first["Link"].split(">")[0].removeprefix("<")
    second = alice_client.get(link)

    titles = [task["title"] for task in [*first.json(), *second.json()]]
    assert titles == ["Task 2", "Task 3", "Task 0", "Task 4", "Task 1"]


def test_the_trash_has_only_the_callers_tasks(bob_client, rye):
    assert bob_client.get(URL).json() == []
    assert bob_client.delete(URL).status_code == 204
    assert bob_client.delete(f"{URL}/{rye.pk}").status_code == 404
    assert bob_client.post(f"/api/tasks/{rye.pk}/restore").status_code == 404
    assert Task.objects.trashed().get() == rye


@pytest.mark.parametrize(
    ("method", "path"), [("get", URL), ("delete", URL), ("delete", URL + "/1")]
)
def test_it_rejects_an_anonymous_caller(anonymous, method, path):
    assert getattr(anonymous, method)(path).status_code == 401


@pytest.mark.parametrize("query", ["status=all", "page_size=0", "page_size=201", "cursor=x"])
def test_it_rejects_an_invalid_parameter(alice_client, query):
    response = alice_client.get(f"{URL}?{query}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == query.split("=")[0]


def test_a_restored_task_is_unchanged_except_its_revision(alice, alice_client, milk):
    before = alice_client.get(f"/api/tasks/{milk.pk}").json()
    alice_client.delete(f"/api/tasks/{milk.pk}")

    response = alice_client.post(f"/api/tasks/{milk.pk}/restore")

    assert response.status_code == 200
    assert response.json() == {**before, "revision": before["revision"] + 2}
    assert response["ETag"] == alice_client.get(f"/api/tasks/{milk.pk}")["ETag"]
    assert counter(alice) == before["revision"] + 2
    assert alice_client.get(URL).json() == []


def test_restoring_a_task_outside_the_trash_changes_nothing(alice, alice_client, milk):
    response = alice_client.post(f"/api/tasks/{milk.pk}/restore")

    assert response.status_code == 200
    assert response.json()["revision"] == milk.revision == counter(alice)


def test_a_stale_tag_restores_nothing(alice_client, rye):
    headers = {"if_match": '"x"'}

    assert alice_client.post(f"/api/tasks/{rye.pk}/restore", headers=headers).status_code == 412
    assert Task.objects.trashed().exists()


def test_a_task_can_be_deleted_permanently_only_from_the_trash(alice, alice_client, milk, rye):
    assert alice_client.delete(f"{URL}/{milk.pk}").status_code == 404
    assert alice_client.delete(f"{URL}/{rye.pk}").status_code == 204

    assert Task.objects.get() == milk
    tombstone = Tombstone.objects.get()
    assert (tombstone.owner, tombstone.kind, tombstone.object_id) == (alice, "task", rye.pk)
    assert tombstone.revision == counter(alice) == rye.revision + 1
    assert alice_client.post(f"/api/tasks/{rye.pk}/restore").status_code == 404


def test_emptying_the_trash_is_one_write(alice, alice_client, milk, django_assert_num_queries):
    for n in range(5):
        Task.objects.create(owner=alice, title=f"Task {n}").change({"deleted_at": timezone.now()})
    before = counter(alice)

    # A savepoint, the counter, the rows, what is below them, the tombstones, the deletion of their
    # completions, the deletion, the release.
    with django_assert_num_queries(8):
        assert alice_client.delete(URL).status_code == 204

    assert Task.objects.get() == milk
    assert set(Tombstone.objects.values_list("revision", flat=True)) == {before + 1}
    assert counter(alice) == before + 1


def test_the_daily_command_deletes_old_tasks_in_the_trash(alice, bob, milk, rye):
    old = timezone.now() - timedelta(days=30, minutes=1)
    for owner in (alice, bob):
        Task.objects.create(owner=owner, title="Old").change({"deleted_at": old})
    before = counter(alice), counter(bob)

    call_command("clear_expired")

    assert {*Task.objects.all()} == {milk, rye}
    assert (counter(alice), counter(bob)) == (before[0] + 1, before[1] + 1)
    assert Tombstone.objects.filter(revision=counter(bob), owner=bob).count() == 1


def test_the_daily_command_deletes_old_tombstones(alice, bob):
    for number, days in [(3, 91), (5, 91), (7, 89)]:
        deleted_at = timezone.now() - timedelta(days=days)
        Tombstone.objects.create(
            owner=alice, kind="task", object_id=number, revision=number, deleted_at=deleted_at
        )

    call_command("clear_expired")

    assert Tombstone.objects.get().revision == 7
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.forgotten_revision, bob.forgotten_revision) == (5, 0)


@pytest.mark.parametrize("path", [URL, "/api/tasks/{}/restore", "/api/tasks/bulk"])
def test_the_trash_has_a_page_in_the_browsable_api(client, alice, rye, path):
    client.force_login(alice)

    page = client.get(path.format(rye.pk), headers={"accept": "text/html"})

    assert page.status_code == (200 if path == URL else 405)
    assert ("Buy rye" in page.content.decode()) == (path == URL)


def test_the_page_has_a_button_to_empty_the_trash(client, alice, rye):
    client.force_login(alice)

    page = client.get(URL, headers={"accept": "text/html"}).content.decode()

    assert "Yes, delete all</button>" in page
