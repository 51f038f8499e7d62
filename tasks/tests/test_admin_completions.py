from datetime import date

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from tasks.completions import Completion

LIST = "/admin/tasks/completion/"


@pytest.fixture
def complete(add, alice_client):
    """Completes occurrences of a new task, and gives the task."""

    def complete(title, count=1):
        task = add(title, due_date=date(2026, 12, 1), repeat="FREQ=DAILY")
        for _ in range(count):
            alice_client.patch(f"/api/tasks/{task.pk}/complete", {"completed": True})
        return task

    return complete


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_costs_a_fixed_number_of_queries(
    staff, complete, count, django_assert_num_queries
):
    complete("Put out the bins", count)

    with django_assert_num_queries(4):  # the session, the user, the keys, the rows of a page
        page = staff.get(LIST)

    assert len(page.context["cl"].result_list) == count
    assert "Put out the bins" in page.text


def test_it_filters_by_owner(staff, complete, alice, bob):
    complete("Put out the bins")

    counts = [
        len(staff.get(f"{LIST}?owner={one.pk}").context["cl"].result_list) for one in (alice, bob)
    ]

    assert counts == [1, 0]


def test_nobody_makes_changes_or_deletes_one(staff, complete):
    complete("Put out the bins")
    path = f"{LIST}{Completion.objects.get().pk}"
    before = [*Completion.objects.values()]

    pages = [staff.post(f"{path}/{verb}/", {"post": "yes"}) for verb in ("change", "delete")]
    pages.append(staff.get(f"{LIST}add/"))
    form = {"action": "delete_selected", "_selected_action": [before[0]["id"]], "post": "yes"}
    staff.post(LIST, form)

    assert [page.status_code for page in pages] == [403, 403, 403]
    assert [*Completion.objects.values()] == before
    assert staff.get(f"{path}/change/").status_code == 200


def test_they_are_deleted_with_their_user(staff, complete, alice):
    complete("Put out the bins")

    staff.post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"})

    assert not User.objects.filter(pk=alice.pk).exists()
    assert not Completion.objects.exists()


def test_staff_need_the_permission(client, complete):
    complete("Put out the bins")
    helper = User.objects.create_user("helper@example.com", is_staff=True)
    client.force_login(helper)
    refused = client.get(LIST)

    helper.user_permissions.add(Permission.objects.get(codename="view_completion"))

    assert (refused.status_code, client.get(LIST).status_code) == (403, 200)
