import pytest

from accounts.models import Tombstone
from projects.models import Project

PROJECTS = "/api/projects"


def test_it_creates_a_project(alice_client, alice):
    response = alice_client.post(PROJECTS, {"name": "  Home ", "color": "#3366cc"})

    project = Project.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": project.pk,
        "name": "Home",
        "color": "#3366cc",
        "archived": False,
        "position": "a1",
        "revision": 1,
        "created_at": project.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": project.updated_at.isoformat().replace("+00:00", "Z"),
    }
    assert response["Location"].endswith(f"/api/projects/{project.pk}")
    assert response["ETag"] == project.etag
    assert project.owner == alice


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_it_needs_a_user(anonymous, home, method):
    assert getattr(anonymous, method)(f"{PROJECTS}/{home.pk}").status_code == 401
    assert anonymous.post(PROJECTS).status_code == 401


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_a_strangers_project_is_like_a_missing_one(bob_client, home, method):
    body = {"name": "Mine"} if method != "get" else None
    call = getattr(bob_client, method)

    answer, missing = call(f"{PROJECTS}/{home.pk}", body), call(f"{PROJECTS}/999999", body)

    assert (answer.status_code, answer.content) == (404, missing.content)
    home.refresh_from_db()
    assert (home.name, home.revision) == ("Home", 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 101),
        ("name", "  "),
        ("name", None),
        ("name", 7),
        ("name", "a\x00b"),
        ("name", "a\nb"),
        ("name", "a\u202eb"),
        ("name", "a\u2066b"),
        ("name", "a\u2028b"),
        ("color", "#zzz"),
        ("color", "#12345"),
        ("color", "#1234567"),
        ("color", "336699"),
        ("color", ""),
        ("color", "#33669\n"),
        ("archived", None),
        ("archived", "perhaps"),
    ],
)
def test_it_rejects_invalid_values(alice_client, home, field, value):
    created = alice_client.post(PROJECTS, {"name": "Work", field: value})
    changed = alice_client.patch(f"{PROJECTS}/{home.pk}", {field: value})

    assert [created.status_code, changed.status_code] == [400, 400]
    assert created.json()["errors"][0]["field"] == field
    assert changed.json()["errors"][0]["field"] == field
    assert Project.objects.get() == home


@pytest.mark.parametrize("method", ["put", "patch"])
def test_it_changes_what_is_sent(alice_client, home, method):
    response = getattr(alice_client, method)(f"{PROJECTS}/{home.pk}", {"color": "#112233"})

    assert response.status_code == 200
    assert (response.json()["name"], response.json()["color"]) == ("Home", "#112233")
    assert response.json()["revision"] == 2


def test_a_stale_write_is_refused(alice_client, home):
    stale = {"if_match": home.etag}
    home.change({"name": "House"})
    url = f"{PROJECTS}/{home.pk}"

    statuses = [
        alice_client.patch(url, {"name": "Flat"}, headers=stale).status_code,
        alice_client.patch(f"{url}/position", {"before": None}, headers=stale).status_code,
        alice_client.delete(url, headers=stale).status_code,
    ]

    assert statuses == [412] * 3
    assert Project.objects.get().name == "House"


def test_a_repeated_create_makes_one(alice_client):
    answers = [
        alice_client.post(PROJECTS, {"name": "Home"}, headers={"idempotency_key": "k1"})
        for _ in range(2)
    ]

    assert answers[0].content == answers[1].content
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert Project.objects.count() == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Home", "Work"]),
        ("?archived=false", ["Home", "Work"]),
        ("?archived=true", ["Past"]),
        ("?archived=all", ["Home", "Past", "Work"]),
    ],
)
def test_it_lists_projects_in_their_order(alice_client, alice, bob, home, query, names):
    Project.objects.create(owner=alice, name="Past", archived=True)
    Project.objects.create(owner=alice, name="Work")
    Project.objects.create(owner=bob, name="Bob's")

    response = alice_client.get(PROJECTS + query)

    assert [project["name"] for project in response.json()] == names


@pytest.mark.parametrize("query", ["archived=maybe", "archived=", "sort=name", "tasks=trash"])
def test_it_refuses_an_unknown_query(alice_client, query):
    assert alice_client.get(f"{PROJECTS}?{query}").status_code == 400


def test_a_list_costs_one_query(alice_client, alice, home, django_assert_num_queries):
    Project.objects.create(owner=alice, name="Work")

    with django_assert_num_queries(1):  # the projects; the client has its user already
        response = alice_client.get(PROJECTS)
    assert len(response.json()) == 2


def test_a_page_links_to_the_next(alice_client, alice):
    for n in range(5):
        Project.objects.create(owner=alice, name=f"Project {n}")

    first = alice_client.get(f"{PROJECTS}?page_size=3")
    second = alice_client.get(first["Link"].split(">")[0].removeprefix("<"))

    names = [project["name"] for project in first.json() + second.json()]
    assert names == [f"Project {n}" for n in range(5)]


def test_a_deleted_project_leaves_a_tombstone(alice_client, home):
    response = alice_client.delete(f"{PROJECTS}/{home.pk}")

    assert (response.status_code, Project.objects.count()) == (204, 0)
    tombstone = Tombstone.objects.get()
    assert (tombstone.kind, tombstone.object_id) == ("project", home.pk)


@pytest.mark.parametrize("query", ["tasks=keep", "tasks=", "trash=tasks", "tasks=trash&tasks=x"])
def test_an_unknown_way_to_delete_is_refused(alice_client, home, query):
    assert alice_client.delete(f"{PROJECTS}/{home.pk}?{query}").status_code == 400
    assert Project.objects.get() == home
