"""A stranger's object and a missing one get the same answer in every place that takes an id.

The places are routes, relations, filters, positions, bulk operations, sync, search and counts. The
whole answer is compared: status, headers and body. Nobody's rows change.
"""

import pytest

from accounts.models import Tombstone, User
from projects.models import Project
from tasks.models import Task
from todo_project.tests.test_matrix import EXPECTED

MISSING = 999_999
BULK = "/api/tasks/bulk"


def operation(**members):
    return ("POST", BULK, {"operations": [members]})


def bodies(method, path, *members):
    """Calls with each of these members as the whole body."""
    return [(method, path, {name: "{id}"}) for name in members]


# The object of another owner whose id the calls take, and the calls.
PLACES = {
    "task": [
        *[(method, "/api/tasks/{id}", {"title": "x"}) for method in ("PUT", "PATCH", "DELETE")],
        ("GET", "/api/tasks/{id}", None),
        ("PATCH", "/api/tasks/{id}/complete", {}),
        ("PATCH", "/api/tasks/{id}/complete", {"completed": True, "occurrence": 9}),
        ("GET", "/api/tasks/{id}/completions", None),
        ("GET", "/api/tasks/{id}/next?count=2", None),
        ("POST", "/api/tasks/{id}/restore", None),
        ("PATCH", "/api/tasks/{id}/position", {"after": None}),
        ("DELETE", "/api/trash/{id}", None),
        *bodies("PATCH", "/api/tasks/{mine}/position", "after", "before"),
        *bodies("PATCH", "/api/tasks/{mine}", "parent"),
        *bodies("PUT", "/api/tasks/{mine}", "parent"),
        ("POST", "/api/tasks", {"title": "x", "parent": "{id}"}),
        ("GET", "/api/tasks?parent={id}", None),
        ("GET", "/api/tasks?parent={id}&status=completed&sort=position", None),
        ("GET", "/api/tasks/summary?parent={id}", None),
        operation(op="create", data={"title": "x", "parent": "{id}"}),
        operation(op="update", id="{mine}", data={"parent": "{id}"}),
        operation(op="update", id="{id}", data={"title": "x"}),
        *[operation(op=op, id="{id}") for op in ("complete", "reopen", "delete", "restore")],
        operation(op="complete", id="{id}", if_match="{etag}"),
        operation(op="complete", id="{id}", occurrence=9),
    ],
    "project": [
        *[(method, "/api/projects/{id}", {"name": "x"}) for method in ("PUT", "PATCH", "DELETE")],
        ("GET", "/api/projects/{id}", None),
        ("DELETE", "/api/projects/{id}?tasks=trash", None),
        ("PATCH", "/api/projects/{id}/position", {"after": None}),
        *bodies("PATCH", "/api/projects/{own}/position", "after", "before"),
        *bodies("PATCH", "/api/tasks/{mine}", "project"),
        *bodies("PUT", "/api/tasks/{mine}", "project"),
        ("POST", "/api/tasks", {"title": "x", "project": "{id}"}),
        ("GET", "/api/tasks?project={id}", None),
        ("GET", "/api/tasks?project=none,{id}", None),
        ("GET", "/api/tasks?project={own},{id}&search=x", None),
        ("GET", "/api/tasks/summary?project={id}", None),
        operation(op="create", data={"title": "x", "project": "{id}"}),
        operation(op="update", id="{mine}", data={"project": "{id}"}),
    ],
    "tag": [
        ("GET", "/api/tasks?tag={id}", None),
        ("GET", "/api/tasks/summary?tag={id}", None),
        ("PATCH", "/api/tags/{id}", {"name": "x"}),
        ("PATCH", "/api/tags/{id}", {"name": "x", "merge": True}),
        ("PATCH", "/api/tags/{id}", {"name": ""}),
        ("PATCH", "/api/tags/mine", {"name": "{id}"}),
        ("DELETE", "/api/tags/{id}", None),
    ],
    "word": [
        ("GET", "/api/tasks?search={id}", None),
        ("GET", "/api/tasks?search=-{id} mine", None),
        ("GET", "/api/tasks/summary?search={id}", None),
    ],
}
CALLS = [(kind, *call) for kind, calls in PLACES.items() for call in calls]
# Names and words of Alice, and others of the same length that nobody has.
ABSENT = {"task": MISSING, "project": MISSING, "tag": "absent", "word": "absent"}


@pytest.fixture
def of_alice(alice):
    """What Alice has; the task in the project has a subtask."""
    project = Project.objects.create(owner=alice, name="hidden")
    task = Task.objects.create(owner=alice, title="hidden", project=project, tags=["hidden"])
    Task.objects.create(owner=alice, title="hidden", project=project, parent=task)
    return {"task": task.pk, "project": project.pk, "tag": "hidden", "word": "hidden"}


@pytest.fixture
def ask(bob, bob_client):
    """Sends a call of Bob, who has a task and a project, and gives the comparable answer."""
    mine = Task.objects.create(owner=bob, title="mine", tags=["mine"])
    own = Project.objects.create(owner=bob, name="mine")

    def fill(value, names):
        if isinstance(value, dict):
            return {name: fill(inner, names) for name, inner in value.items()}
        if isinstance(value, list):
            return [fill(inner, names) for inner in value]
        if isinstance(value, str) and value[1:-1] in names:
            return names[value[1:-1]]
        return value.format(**names) if isinstance(value, str) else value

    def send(method, path, body, key):
        Task.objects.get(pk=mine.pk).change({"tags": ["mine"]})
        etag = f'"{key}-1"'
        names = {"id": key, "mine": mine.pk, "own": own.pk, "etag": etag}
        call = getattr(bob_client, method.lower())
        headers = {} if method in ("GET", "POST") else {"if_match": etag}
        path = fill(path, names)
        plain = call(path, None if body is None else fill(body, names))
        conditional = call(path, None if body is None else fill(body, names), headers=headers)
        return [comparable(response, key) for response in (plain, conditional)]

    return send


def comparable(response, key):
    headers = {**response.headers}
    for name in ("X-Request-ID", "Expires", "ETag"):  # that of a list is made of its URL
        headers.pop(name, None)
    content = response.content
    if isinstance(key, str):  # a caller may read the name of their own tag
        content = content.replace(key.encode(), b"KEY")
    return response.status_code, headers, content


def rows():
    models = (Task, Project, Tombstone, User)
    return [row for model in models for row in model.objects.order_by("pk").values()]


@pytest.mark.parametrize(("kind", "method", "path", "body"), CALLS)
def test_a_strangers_object_is_like_a_missing_one(of_alice, ask, kind, method, path, body):
    before = rows()
    stranger = ask(method, path, body, of_alice[kind])
    changed = rows()
    missing = ask(method, path, body, ABSENT[kind])

    assert stranger == missing
    if (method, path) != ("PATCH", "/api/tags/mine"):
        assert stranger[0][0] >= 400 or method == "GET"
        assert changed == before
    assert [row for row in rows() if row.get("title") == "hidden"] == [
        row for row in before if row.get("title") == "hidden"
    ]


def test_each_route_with_an_id_is_a_place():
    named = {path.split("?")[0].replace("{tag}", "{id}") for _, _, path, _ in CALLS}
    routes = {route.replace("{tag}", "{id}") for route in EXPECTED if "/auth/" not in route}

    assert {route for route in routes if route.startswith("/api/") and "{id}" in route} <= named


def test_lists_counts_and_sync_have_nothing_of_a_stranger(of_alice, bob_client):
    paths = ["/api/tasks", "/api/projects?archived=all", "/api/tags", "/api/trash"]

    assert [bob_client.get(path).json() for path in paths] == [[]] * 4
    assert set(bob_client.get("/api/tasks/summary").json().values()) == {0}
    page = bob_client.get("/api/sync?verify=true").json()
    assert page["check"] == {"tasks": 0, "projects": 0, "digest": "0" * 16}
    assert (page["tasks"], page["projects"]) == ([], [])
    assert page["deleted"] == {"tasks": [], "projects": []}


def test_a_strangers_ids_are_never_in_sync_after_they_are_deleted(
    of_alice, alice_client, bob_client
):
    since = bob_client.get("/api/sync").json()["next"]
    alice_client.delete(f"/api/projects/{of_alice['project']}?tasks=trash")
    alice_client.delete("/api/trash")

    page = bob_client.get(f"/api/sync?since={since}").json()

    assert page["deleted"] == {"tasks": [], "projects": []}
