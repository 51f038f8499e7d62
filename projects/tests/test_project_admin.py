from projects.models import Project

LIST = "/admin/projects/project/"


def test_it_lists_projects(staff, home, bob):
    Project.objects.create(owner=bob, name="Bob's", archived=True)

    page = staff.get(LIST).content.decode()
    of_bob = staff.get(f"{LIST}?owner={bob.pk}").content.decode()

    assert ">Home</a></th>" in page
    assert "Bob&#x27;s" in page
    assert ">Home</a></th>" not in of_bob


def test_it_finds_a_project_by_its_id_or_a_part_of_its_name(staff, home):
    for term in (home.pk, "OM"):
        assert ">Home</a></th>" in staff.get(f"{LIST}?q={term}").content.decode()
    assert ">Home</a></th>" not in staff.get(f"{LIST}?q=house").content.decode()


def test_a_change_takes_a_number(staff, home):
    response = staff.post(f"{LIST}{home.pk}/change/", {"name": "House", "color": ""})

    home.refresh_from_db()
    assert response.status_code == 302
    assert (home.name, home.color, home.revision) == ("House", None, 2)


def test_it_adds_a_project(staff, alice):
    response = staff.post(f"{LIST}add/", {"owner": alice.pk, "name": "Home", "color": "#123456"})

    project = Project.objects.get()
    assert response.status_code == 302
    assert (project.owner, project.position, project.revision) == (alice, "a1", 1)


def test_an_invalid_owner_is_an_error_of_the_form(staff):
    response = staff.post(f"{LIST}add/", {"owner": "x", "name": "Home"})

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["owner"]


def test_it_deletes_projects(staff, home):
    response = staff.post(
        LIST,
        {"action": "delete_selected", "_selected_action": [home.pk], "post": "yes"},
    )

    assert (response.status_code, Project.objects.count()) == (302, 0)
