from hashlib import sha256

import pytest
from django.core.management import call_command
from django.core.signing import Signer
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Tombstone, User
from projects.models import Project
from sync import tokens
from tasks.models import Task
from todo_project.api.writes import write

from .conftest import Mirror

SYNC, TASKS = "/api/sync", "/api/tasks"


@pytest.fixture
def three(alice):
    return [Task.objects.create(owner=alice, title=title) for title in ("one", "two", "three")]


def purge(task):
    """Delete a task for good."""
    with write(task.owner_id) as writing:
        writing.delete(task)


def test_it_reads_everything_at_first(alice_client, milk):
    response = alice_client.get(SYNC)

    answer = response.json()
    assert response.status_code == 200
    assert list(answer) == ["tasks", "projects", "deleted", "next", "has_more"]
    assert answer["projects"] == []
    assert answer["tasks"] == [alice_client.get(f"{TASKS}/{milk.pk}").json()]
    assert answer["deleted"] == {"tasks": [], "projects": []}
    assert answer["has_more"] is False


def test_it_needs_a_user(anonymous, db):
    assert anonymous.get(SYNC).status_code == 401


def test_it_hides_other_users_tasks(bob_client, milk):
    assert bob_client.get(SYNC).json()["tasks"] == []


def test_it_reads_what_has_changed_since(alice_client, mirror, three):
    mirror.sync()
    alice_client.patch(f"{TASKS}/{three[1].pk}", {"title": "zwei"})

    (answer,) = mirror.sync()

    assert [task["title"] for task in answer["tasks"]] == ["zwei"]
    assert sorted(mirror.titles()) == ["one", "three", "zwei"]


def test_a_task_in_the_trash_is_deleted_and_comes_back(alice_client, mirror, milk):
    mirror.sync()

    alice_client.delete(f"{TASKS}/{milk.pk}")
    (deleted,) = mirror.sync()
    milk.refresh_from_db()
    with write(milk.owner_id) as writing:
        writing.set(milk, deleted_at=None)
    (restored,) = mirror.sync()

    assert (deleted["tasks"], deleted["deleted"]) == ([], {"tasks": [milk.pk], "projects": []})
    assert [task["id"] for task in restored["tasks"]] == [milk.pk]


def test_a_task_that_is_deleted_for_good_is_deleted(mirror, three):
    mirror.sync()
    purge(three[0])

    (answer,) = mirror.sync()

    assert answer["deleted"] == {"tasks": [three[0].pk], "projects": []}


def test_a_new_client_is_not_told_of_what_was_deleted_before(alice_client, mirror, three):
    purge(three[0])
    alice_client.delete(f"{TASKS}/{three[1].pk}")

    (answer,) = mirror.sync()

    assert answer["deleted"] == {"tasks": [], "projects": []}
    assert mirror.titles() == ["three"]


def test_a_deletion_while_a_new_client_reads_is_not_missed(alice_client, mirror, three):
    mirror.get(limit=1)
    assert mirror.titles() == ["one"]

    alice_client.delete(f"{TASKS}/{three[0].pk}")
    purge(three[1])
    mirror.sync(limit=1)

    assert mirror.titles() == ["three"]


def test_rows_of_one_revision_are_divided_among_pages(alice, mirror):
    with write(alice.pk) as writing:
        writing.create(*(Task(owner=alice, title=f"Task {n}") for n in range(7)))
    assert Task.objects.values("revision").distinct().count() == 1

    answers = mirror.sync(limit=2)

    assert [len(answer["tasks"]) for answer in answers] == [2, 2, 2, 1]
    assert len(mirror.tasks) == 7


def test_a_page_has_changes_and_deletions_in_the_order_of_revisions(alice_client, mirror, three):
    mirror.sync()
    purge(three[0])
    alice_client.patch(f"{TASKS}/{three[1].pk}", {"title": "zwei"})
    purge(three[2])

    pages = [(a["tasks"], a["deleted"]["tasks"]) for a in mirror.sync(limit=1)]

    assert [(len(tasks), ids) for tasks, ids in pages] == [
        (0, [three[0].pk]),
        (1, []),
        (0, [three[2].pk]),
    ]


def test_a_write_that_is_later_than_the_look_up_waits_for_the_next_page(alice, mirror, monkeypatch):
    """Between the queries of an answer somebody writes twice; neither is missed."""
    mirror.sync()
    task = Task.objects.create(owner=alice, title="first")
    fetch = tokens.read_token

    def write_first(user, token):
        task.change({"title": "second"})
        purge(Task.objects.create(owner=alice, title="gone"))
        return fetch(user, token)

    monkeypatch.setattr("sync.views.read_token", write_first)
    (answer,) = mirror.sync()
    monkeypatch.undo()
    assert (answer["tasks"], answer["deleted"]) == ([], {"tasks": [], "projects": []})
    (answer,) = mirror.sync()

    assert [task["title"] for task in answer["tasks"]] == ["second"]
    assert len(answer["deleted"]["tasks"]) == 1


def test_nothing_new_costs_no_query_of_rows(alice_client, mirror, three):
    mirror.sync()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        mirror.sync()

    assert len(queries) == 1  # the caller


def test_an_unchanged_state_is_a_304_that_reads_no_rows(alice_client, mirror, milk):
    mirror.sync()
    first = alice_client.get(SYNC, {"since": mirror.token})

    with CaptureQueriesContext(connection) as queries:
        response = alice_client.get(
            SYNC, {"since": mirror.token}, headers={"if_none_match": first["ETag"]}
        )
    count = len(queries)
    milk.change({"title": "Buy oat milk"})
    changed = alice_client.get(
        SYNC, {"since": mirror.token}, headers={"if_none_match": first["ETag"]}
    )

    assert (response.status_code, response.content, response["ETag"]) == (304, b"", first["ETag"])
    assert response["Cache-Control"] == "private, no-cache"
    assert count == 1  # the caller
    assert [task["title"] for task in changed.json()["tasks"]] == ["Buy oat milk"]


def test_a_page_costs_a_query_of_each_source(mirror, three):
    with CaptureQueriesContext(connection) as queries:
        mirror.sync()

    assert len(queries) == 4  # the caller, the tasks, the projects, the tombstones


def test_the_check_is_that_of_the_copy(alice, alice_client, mirror, three):
    alice_client.delete(f"{TASKS}/{three[0].pk}")

    *_, answer = mirror.sync(verify="true", limit=1)

    digest = 0
    for task in mirror.tasks.values():
        text = f"task:{task['id']}:{task['revision']}"
        digest ^= int.from_bytes(sha256(text.encode()).digest()[:8])
    assert answer["check"] == {"tasks": 2, "projects": 0, "digest": f"{digest:016x}"}


def test_only_the_last_page_has_a_check(mirror, three):
    answers = mirror.sync(verify="true", limit=2)

    assert ["check" in answer for answer in answers] == [False, True]


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "ten", "1.5", ""])
def test_a_bad_limit_is_refused(alice_client, limit):
    response = alice_client.get(SYNC, {"limit": limit})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "limit"


@pytest.mark.parametrize(
    "make",
    [
        lambda token: "x",
        lambda token: token[:-1],
        lambda token: token[1:],
        lambda token: "\x00",
        lambda token: token * 10,
        lambda token: Signer(salt=tokens.SALT).sign_object([1, 1, 0, 1, 0, 0, 0]),
        lambda token: Signer(salt=tokens.SALT).sign_object("text"),
    ],
)
def test_another_token_is_refused(alice_client, mirror, milk, make):
    mirror.sync()

    response = alice_client.get(SYNC, {"since": make(mirror.token)})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "since"


def test_the_token_of_another_user_is_refused(bob_client, mirror, milk):
    mirror.sync()

    assert bob_client.get(SYNC, {"since": mirror.token}).status_code == 400


def test_a_token_of_the_future_is_refused(alice_client, mirror, milk):
    mirror.sync()
    User.objects.update(revision=0)  # as after restoring a backup

    assert alice_client.get(SYNC, {"since": mirror.token}).status_code == 400


def test_a_token_older_than_the_known_deletions_has_expired(alice, alice_client, mirror, three):
    mirror.sync()
    purge(three[0])
    User.objects.update(forgotten_revision=Tombstone.objects.get().revision)

    response = alice_client.get(SYNC, {"since": mirror.token})

    assert (response.status_code, response.json()["code"]) == (410, "sync_token_expired")
    fresh = Mirror(alice_client)
    fresh.sync(limit=1)  # pages of a start do not expire by what was deleted before it
    assert sorted(fresh.titles()) == ["three", "two"]


def test_reset_sync_has_every_client_start_again(alice, alice_client, mirror, milk, capsys):
    mirror.sync()
    revision = User.objects.get(pk=alice.pk).revision

    call_command("reset_sync")

    response = alice_client.get(SYNC, {"since": mirror.token})
    assert (response.status_code, response.json()["code"]) == (410, "sync_token_expired")
    assert User.objects.get(pk=alice.pk).revision > revision  # no revision is given twice
    fresh = Mirror(alice_client)
    fresh.sync()
    assert fresh.titles() == ["Buy milk"]


def test_tokens_survive_a_change_of_keys(mirror, milk, settings):
    mirror.sync()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [settings.SECRET_KEY]

    (answer,) = mirror.sync()

    assert answer["tasks"] == []


def test_projects_are_among_the_changes(alice, alice_client, mirror, milk):
    home, work = (Project.objects.create(owner=alice, name=name) for name in ("Home", "Work"))
    (first,) = mirror.sync(verify="true")

    home.change({"archived": True})
    work.delete()
    (second,) = mirror.sync(verify="true")

    assert [project["name"] for project in first["projects"]] == ["Home", "Work"]
    assert (first["check"]["tasks"], first["check"]["projects"]) == (1, 2)
    assert second["projects"] == [alice_client.get(f"/api/projects/{home.pk}").json()]
    assert second["deleted"] == {"tasks": [], "projects": [work.pk]}
    assert second["check"]["projects"] == 1
    digest = 0
    home.refresh_from_db()
    for text in (f"task:{milk.pk}:{milk.revision}", f"project:{home.pk}:{home.revision}"):
        digest ^= int.from_bytes(sha256(text.encode()).digest()[:8])
    assert second["check"]["digest"] == f"{digest:016x}"
