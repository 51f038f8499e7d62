from django.contrib.auth.models import Permission

from tasks.models import Task

URL = "/admin/tasks/task/"


def test_it_adds_and_edits_a_task(staff, alice):
    form = {"owner": alice.pk, "title": "Buy milk", "description": "", "priority": "1"}
    staff.post(f"{URL}add/", form)
    task = Task.objects.get()

    staff.post(f"{URL}{task.pk}/change/", {**form, "title": "Buy OATS", "completed": "on"})

    task.refresh_from_db()
    assert (task.title, task.title_key, task.priority) == ("Buy OATS", "buy oats", 1)
    assert task.completed


def test_saving_a_completed_task_leaves_it_completed(staff, alice, milk):
    milk.change({"completed": True})
    page = staff.get(f"{URL}{milk.pk}/change/").content.decode()
    form = {"owner": alice.pk, "title": "Buy oats", "priority": "1", "completed": "on"}

    staff.post(f"{URL}{milk.pk}/change/", form)

    completed_at = milk.completed_at
    milk.refresh_from_db()
    assert 'name="completed" id="id_completed" checked' in page
    assert (milk.title, milk.completed_at) == ("Buy oats", completed_at)


def test_it_says_what_is_wrong(staff, alice):
    form = {"owner": alice.pk, "title": "Buy milk", "priority": "1", "due_time": "10:00"}

    response = staff.post(f"{URL}add/", form)

    assert "A due time needs a due date." in response.content.decode()
    assert not Task.objects.exists()


def test_the_owner_is_found_by_typing(staff, alice, bob):
    response = staff.get(
        "/admin/autocomplete/?term=ali&app_label=tasks&model_name=task&field_name=owner"
    )

    assert [found["text"] for found in response.json()["results"]] == ["alice@example.com"]


def test_staff_see_what_they_may(client, alice, milk):
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    assert client.get(URL).status_code == 403

    alice.user_permissions.add(Permission.objects.get(codename="view_task"))

    assert client.get(URL).status_code == 200
    assert client.post(f"{URL}{milk.pk}/delete/", {"post": "yes"}).status_code == 403


def test_others_are_sent_to_the_login(client, alice):
    client.force_login(alice)

    assert client.get(URL)["Location"].startswith("/admin/login/")
