"""Projects and parents in the admin of tasks."""

import pytest

from projects.models import Project
from tasks.models import Task

LIST = "/admin/tasks/task/"


def save(browser, task, **fields):
    form = {"title": task.title, "priority": "0", "etag": task.etag, **fields}
    return browser.post(f"{LIST}{task.pk}/change/", form)


def errors_of(response):
    assert response.status_code == 200
    return response.context["adminform"].form.errors


def test_the_list_shows_the_project(staff, add, home):
    add("Paint", project=home)

    assert '<td class="field-project nowrap">Home</td>' in staff.get(LIST).text


def test_the_list_reads_projects_with_the_tasks(staff, add, alice, django_assert_num_queries):
    for n in range(10):
        add(f"Task {n}", project=Project.objects.create(owner=alice, name=str(n)))

    # The session, the user, the keys of the page, the tasks with their projects, the dates.
    with django_assert_num_queries(5):
        staff.get(LIST)


def test_a_project_filters_the_list(staff, add, home):
    add("Paint", project=home)
    add("Sleep")

    page = staff.get(LIST, {"project": home.pk})

    assert [task.title for task in page.context["cl"].result_list] == ["Paint"]


def test_the_form_changes_the_project_of_a_subtree(staff, chain, work):
    response = save(staff, chain[0], project=work.pk)

    assert response.status_code == 302
    stored = Task.objects.all()
    assert set(stored.values_list("project", flat=True)) == {work.pk}
    assert len(set(stored.values_list("revision", flat=True))) == 1


def test_the_form_changes_the_parent(staff, chain, add, home):
    task = add("five", project=home)

    response = save(staff, task, project=home.pk, parent=chain[1].pk)

    task.refresh_from_db()
    assert response.status_code == 302
    assert (task.parent, task.depth, task.parent_depth) == (chain[1], 2, 1)


def test_the_form_takes_both_away(staff, chain):
    response = save(staff, chain[3])

    task = Task.objects.get(pk=chain[3].pk)
    assert response.status_code == 302
    assert (task.project, task.parent, task.depth) == (None, None, 0)


def test_the_form_without_a_change_writes_nothing(staff, chain, home):
    response = save(staff, chain[3], project=home.pk, parent=chain[2].pk)

    assert response.status_code == 302
    assert Task.objects.get(pk=chain[3].pk).revision == chain[3].revision


@pytest.mark.parametrize("place", range(4))
def test_the_form_refuses_an_impossible_parent(staff, chain, home, place):
    response = save(staff, chain[0], project=home.pk, parent=chain[place].pk)

    assert errors_of(response)["parent"] == ["A task is not below itself."]
    assert Task.objects.get(pk=chain[0].pk).parent is None


def test_the_form_refuses_a_parent_in_another_project(staff, add, chain, work):
    task = add("five", project=work)

    response = save(staff, task, project=work.pk, parent=chain[0].pk)

    assert errors_of(response)["parent"] == ["A parent is in the same project."]


def test_the_form_refuses_a_fifth_level(staff, add, chain, home):
    task = add("five", project=home)

    response = save(staff, task, project=home.pk, parent=chain[3].pk)

    assert errors_of(response)["parent"] == ["Tasks are nested in at most 4 levels."]


def test_another_owners_object_gets_the_error_of_a_missing_one(staff, bob, milk):
    others = {
        "project": Project.objects.create(owner=bob, name="His"),
        "parent": Task.objects.create(owner=bob, title="His"),
    }
    for name, other in others.items():
        errors = errors_of(save(staff, milk, **{name: other.pk}))

        assert errors[name] == errors_of(save(staff, milk, **{name: 999_999}))[name]
    assert Task.objects.get(pk=milk.pk).revision == milk.revision


def test_a_new_task_is_in_the_project_of_its_parent(staff, alice, chain, home):
    form = {"owner": alice.pk, "title": "five", "priority": "0", "etag": '"None-0"'}
    response = staff.post(f"{LIST}add/", {**form, "parent": chain[0].pk})

    task = Task.objects.get(title="five")
    assert response.status_code == 302
    assert (task.project, task.parent, task.depth) == (home, chain[0], 1)


def test_a_subtask_in_the_trash_can_be_changed(staff, alice_client, chain, home):
    alice_client.delete(f"/api/tasks/{chain[2].pk}")
    task = Task.objects.get(pk=chain[3].pk)

    response = save(staff, task, title="4", project=home.pk, parent=chain[2].pk)

    assert response.status_code == 302, errors_of(response)
    assert Task.objects.get(pk=task.pk).title == "4"
