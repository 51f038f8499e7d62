"""`GET /api/export`, and importing its document."""

import json
from datetime import UTC, date, datetime, time

import pytest
from django.core.management import call_command

from projects.models import Project
from tasks.models import Task

URL = "/api/export"
IMPORT = "/api/import"


def export(client):
    response = client.get(URL)
    assert response.status_code == 200
    return json.loads(response.getvalue())


def send(client, document):
    return client.post(IMPORT, document, content_type="application/json")


def comparable(document):
    """The document without what depends on the account.

    Relations are given by the titles at their ends, and positions by the order of the lists.
    """
    titles = {task["id"]: task["title"] for task in [*document["tasks"], *document["trash"]]}
    names = {project["id"]: project["name"] for project in document["projects"]}

    def plain(one):
        ends = {"project": names.get(one.get("project")), "parent": titles.get(one.get("parent"))}
        return {name: value for name, value in {**one, **ends}.items() if name not in NUMBERS}

    def in_order(rows):
        return [plain(row) for row in sorted(rows, key=lambda row: (row["position"], row["id"]))]

    return {
        "projects": in_order(document["projects"]),
        "tasks": in_order([*document["tasks"], *document["trash"]]),
    }


def unordered(document):
    return {name: sorted(rows, key=str) for name, rows in comparable(document).items()}


NUMBERS = ("id", "revision", "position")


@pytest.fixture
def everything(alice, alice_client):
    """One of each kind, in an account."""
    project = Project.objects.create(owner=alice, name="Home 🏠", color="#aabbcc", archived=True)
    parent = Task.objects.create(
        owner=alice,
        title='Ärger, "quotes" and \\',
        description="line\nline",
        priority=3,
        due_date=date(2026, 12, 31),
        due_time=time(9, 30),
        project=project,
        tags=["work", "Ideen"],
    )
    child = Task.objects.create(owner=alice, title="Child", project=project, parent=parent)
    child.change({"completed": True})
    top = Task.objects.create(owner=alice, title="Trashed")
    Task.objects.create(owner=alice, title="With its parent", parent=top)
    assert alice_client.delete(f"/api/tasks/{top.pk}").status_code == 204
    values = {"due_date": date(2026, 1, 31), "repeat": "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=9"}
    repeating = Task.objects.create(owner=alice, title="Rent", **values)
    for _ in range(3):
        path = f"/api/tasks/{repeating.pk}/complete"
        assert alice_client.patch(path).status_code == 200
    Task.objects.create(owner=alice, title="Old", created_at=datetime(2020, 1, 1, tzinfo=UTC))


def test_it_has_all_of_the_callers_and_nothing_of_others(everything, alice_client, bob_client):
    bob_client.post("/api/tasks", {"title": "Bob's"}, content_type="application/json")

    document = export(alice_client)

    assert document["version"] == 1
    assert document["profile"]["email"] == "alice@example.com"
    assert [one["name"] for one in document["projects"]] == ["Home 🏠"]
    assert len(document["tasks"]) == 4
    assert {one["title"] for one in document["trash"]} == {"Trashed", "With its parent"}
    assert "Bob's" not in json.dumps(document)


def test_it_is_a_download_that_is_not_stored(everything, alice_client):
    response = alice_client.get(URL)

    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"].startswith('attachment; filename="todo-')
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Length"] == str(len(response.getvalue()))


def test_an_import_into_another_account_makes_the_same(everything, alice_client, bob_client):
    document = export(alice_client)

    response = send(bob_client, document)

    assert response.status_code == 201, response.content
    assert response.json() == {"created": 7, "skipped": 0, "warnings": []}
    assert comparable(export(bob_client)) == comparable(document)


def test_the_order_of_moves_and_bulks_is_kept(alice_client, bob_client):
    creates = [{"op": "create", "data": {"title": f"Task {n}"}} for n in range(70)]
    response = alice_client.post(
        "/api/tasks/bulk", {"operations": creates}, content_type="application/json"
    )
    first, *_, last = [result["id"] for result in response.json()["results"]]
    url = f"/api/tasks/{last}/position"
    alice_client.patch(url, {"after": first}, content_type="application/json")
    document = export(alice_client)

    response = send(bob_client, document)

    assert response.status_code == 201, response.content
    assert comparable(export(bob_client)) == comparable(document)


@pytest.mark.parametrize(
    ("kind", "path", "name"),
    [("tasks", "/api/tasks?sort=position", "title"), ("projects", "/api/projects", "name")],
)
def test_new_ones_come_after_those_of_an_import(alice_client, kind, path, name):
    positions = ["cD0S", None, "cD0R", "cD0S"]
    rows = [{"id": n, name: str(n), "position": key} for n, key in enumerate(positions, 1)]
    del rows[1]["position"]
    send(alice_client, {"version": 1, "account": "x", kind: rows})
    url = path.partition("?")[0]

    new = alice_client.post(url, {name: "new"}, content_type="application/json").json()

    assert [row[name] for row in alice_client.get(path).json()] == ["3", "1", "4", "2", "new"]
    url = f"{url}/{new['id']}/position"
    response = alice_client.patch(url, {"after": None}, content_type="application/json")
    assert response.status_code == 200
    assert alice_client.get(path).json()[0][name] == "new"


def test_the_same_document_again_makes_nothing(everything, alice_client, bob_client):
    document = export(alice_client)
    send(bob_client, document)

    again = send(bob_client, document)
    own = send(alice_client, document)

    assert again.json() == own.json() == {"created": 0, "skipped": 7, "warnings": []}
    assert comparable(export(bob_client)) == comparable(document)


def test_what_was_deleted_for_good_is_made_again(everything, alice_client):
    document = export(alice_client)
    alice_client.delete("/api/trash")

    response = send(alice_client, document)

    assert response.json()["created"] == 2
    assert unordered(export(alice_client)) == unordered(document)


def test_a_parent_in_the_trash_gets_no_new_subtask(everything, alice_client, bob_client):
    document = export(alice_client)
    send(bob_client, document)
    (child,) = [one for one in export(bob_client)["tasks"] if one["title"] == "Child"]
    for pk in (child["id"], child["parent"]):
        bob_client.delete(f"/api/tasks/{pk}")
    bob_client.delete(f"/api/trash/{child['id']}")

    response = send(bob_client, document)

    assert response.json()["created"] == 1
    assert "is not its parent any more" in response.json()["warnings"][0]["message"]


TRASHED = {"id": 1, "title": "Trashed", "deleted_at": "2020-01-01T00:00:00Z"}


def test_a_live_task_is_not_below_what_the_import_puts_in_the_trash(alice_client):
    child = {"id": 2, "title": "Child", "parent": 1}

    response = send(
        alice_client, {"version": 1, "account": "x", "tasks": [child], "trash": [TRASHED]}
    )

    assert response.json()["created"] == 2
    assert response.json()["warnings"] == [
        {"line": None, "message": "Trashed: is in the trash, so not its parent."}
    ]
    call_command("clear_expired")
    (task,) = export(alice_client)["tasks"]
    assert (task["title"], task["parent"]) == ("Child", None)


def test_a_restored_parent_of_an_earlier_import_keeps_its_place(alice_client):
    document = {"version": 1, "account": "x", "trash": [TRASHED]}
    send(alice_client, document)
    (parent,) = export(alice_client)["trash"]
    alice_client.post(f"/api/tasks/{parent['id']}/restore")

    child = {"id": 2, "title": "Child", "parent": 1}
    response = send(alice_client, {**document, "tasks": [child]})

    assert response.json() == {"created": 1, "skipped": 1, "warnings": []}
    assert Task.objects.get(title="Child").parent_id == parent["id"]


def test_a_project_has_no_members_of_a_task(alice_client):
    others = {
        "completed_at": "2020-01-01T00:00:00Z",
        "deleted_at": "2020-01-01T00:00:00Z",
        "due_date": "2031-01-31",
        "repeat": "FREQ=DAILY",
        "occurrence": 2,
    }
    document = {"version": 1, "account": "x", "projects": [{"id": 1, "name": "Home", **others}]}

    response = send(alice_client, document)

    assert response.status_code == 201, response.content
    assert [one["name"] for one in export(alice_client)["projects"]] == ["Home"]


def repeating(**values):
    """The members of a document with a task that repeats."""
    rule = {"due_date": "2031-01-31", "repeat": "FREQ=MONTHLY"}
    return {"tasks": [{"id": 1, "title": "Rent", **rule, **values}]}


def completed(number):
    return {
        "occurrence": number,
        "due_date": "2030-12-31",
        "due_time": None,
        "completed_at": "2030-12-31T12:00:00Z",
        "next_due_date": "2031-01-31",
    }


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({}, "FREQ=MONTHLY;BYMONTHDAY=31"),
        ({"due_date": "2031-01-31T09:00:00Z"}, "FREQ=MONTHLY;BYMONTHDAY=31"),
        ({"repeat_from": "completion"}, "FREQ=MONTHLY"),
        ({"repeat": "until=20300101;freq=daily"}, "FREQ=DAILY;UNTIL=20300101"),  # moved since
    ],
)
def test_an_imported_rule_is_in_its_canonical_form(alice_client, values, rule):
    response = send(alice_client, {"version": 1, "account": "x", **repeating(**values)})

    assert response.status_code == 201, response.content
    assert Task.objects.get().repeat == rule


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"version": 2}, "version"),
        ({"account": None}, "account"),
        ({"tasks": {}}, "tasks"),
        ({"tasks": [1]}, "tasks.0"),
        ({"tasks": [{"title": "x"}]}, "tasks.0.id"),
        ({"tasks": [{"id": "1", "title": "x"}]}, "tasks.0.id"),
        ({"tasks": [{"id": 2**64 - 1, "title": "x"}]}, "tasks.0.id"),
        ({"projects": [{"id": "1", "name": "x"}]}, "projects.0.id"),
        ({"tasks": [{"id": 1}]}, "tasks.0.title"),
        ({"tasks": [{"id": 1, "title": "x"}] * 2}, "tasks.1.id"),
        ({"tasks": [{"id": 1, "title": "x", "project": 5}]}, "tasks.0.project"),
        ({"tasks": [{"id": 1, "title": "x", "parent": 5}]}, "tasks.0.parent"),
        ({"tasks": [{"id": 1, "title": "x", "parent": 1}]}, "tasks.0.parent"),
        ({"tasks": [{"id": 1, "title": "x", "project": {}}]}, "tasks.0.project"),
        ({"tasks": [{"id": 1, "title": "x", "parent": []}]}, "tasks.0.parent"),
        ({"tasks": [{"id": 1, "title": "x", "position": "ü"}]}, "tasks.0.position"),
        ({"tasks": [{"id": 1, "title": "x", "created_at": "then"}]}, "tasks.0.created_at"),
        ({"tasks": [{"id": 1, "title": "x", "repeat": "FREQ=DAILY"}]}, "tasks.0.repeat"),
        ({"tasks": [{"id": 1, "title": "x", "repeat": "DAILY"}]}, "tasks.0.repeat"),
        ({"tasks": [{"id": 1, "title": "x", "repeat_since": 2}]}, "tasks.0.repeat_since"),
        ({"tasks": [{"id": 1, "title": "x", "occurrence": "1"}]}, "tasks.0.occurrence"),
        ({"tasks": [{"id": 1, "title": "x", "occurrence": 2**31}]}, "tasks.0.occurrence"),
        (repeating(repeat="FREQ=WEEKLY;BYDAY=MO", repeat_from="completion"), "tasks.0.repeat"),
        (repeating(repeat="FREQ=DAILY;COUNT=2", repeat_from="completion"), "tasks.0.repeat"),
        (repeating(occurrence=2, completions=[completed(2)]), "tasks.0.completions"),
        (repeating(completions=[completed(1)]), "tasks.0.completions"),
        (
            repeating(occurrence=2, completions=[completed(0)]),
            "tasks.0.completions.0.occurrence",
        ),
        ({"projects": [{"id": 1, "name": ""}]}, "projects.0.name"),
        ({"tasks": [{"id": 1, "title": "y"}, {"id": 2, "title": ""}]}, "tasks.1.title"),
    ],
)
def test_a_wrong_document_is_refused_and_nothing_is_stored(alice_client, change, field):
    response = send(alice_client, {"version": 1, "account": "x"} | change)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
    own = {"version": 1, "account": export(alice_client)["account"]}
    assert send(alice_client, own | change).status_code == 400
    assert alice_client.get("/api/tasks").json() == []
