import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from exchange.models import CalendarFeed
from todo_project.models import LogEntry

LIST = "/admin/exchange/calendarfeed/"


@pytest.fixture
def secret(alice):
    return CalendarFeed.replace(alice.pk)


@pytest.fixture
def helper(client, db):
    """A staff user who may view and delete calendar feeds but is not a superuser."""
    user = User.objects.create_user("helper@example.com", is_staff=True)
    codenames = ["view_calendarfeed", "delete_calendarfeed"]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_costs_a_fixed_number_of_queries(staff, count, django_assert_num_queries):
    for n in range(count):
        CalendarFeed.replace(User.objects.create_user(f"user{n}@example.com").pk)

    with django_assert_num_queries(4):  # the session, the user, the keys, the rows of a page
        page = staff.get(LIST).text

    assert f"user{count - 1}@example.com" in page


def test_it_finds_the_feed_of_a_user(staff, secret, alice, bob):
    CalendarFeed.replace(bob.pk)

    for query in ("q=alice@", f"owner={alice.pk}"):
        rows = staff.get(f"{LIST}?{query}").context["cl"].result_list
        assert [feed.owner for feed in rows] == [alice]


def test_no_page_has_a_secret(staff, secret, alice):
    feed = CalendarFeed.objects.get()

    pages = [staff.get(f"{LIST}{path}") for path in ("", f"{alice.pk}/change/")]

    assert all("alice@example.com" in page.text for page in pages)
    assert all(secret not in page.text and feed.digest not in page.text for page in pages)


def test_staff_end_a_feed(helper, secret, alice, client):
    response = helper.post(f"{LIST}{alice.pk}/delete/", {"post": "yes"})

    assert response.status_code == 302
    assert client.get(f"/calendar/{secret}.ics").status_code == 404
    assert LogEntry.objects.get().object_id == str(alice.pk)


def test_an_action_ends_feeds(helper, secret, alice):
    form = {"action": "delete_selected", "_selected_action": [alice.pk], "post": "yes"}

    assert helper.post(LIST, form).status_code == 302
    assert not CalendarFeed.objects.exists()


def test_nobody_makes_or_changes_a_feed(staff, secret, alice):
    assert staff.get(f"{LIST}add/").status_code == 403
    assert staff.post(f"{LIST}{alice.pk}/change/", {"owner": alice.pk}).status_code == 403


@pytest.mark.parametrize("rank", ["is_staff", "is_superuser"])
def test_staff_cannot_end_the_feed_of_other_staff(helper, db, rank):
    user = User.objects.create_user("cyd@example.com", **{rank: True})
    CalendarFeed.replace(user.pk)
    form = {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}

    page = helper.post(f"{LIST}{user.pk}/delete/", {"post": "yes"})
    helper.post(LIST, form)

    assert page.status_code == 403
    assert CalendarFeed.objects.get().owner == user


def test_staff_without_the_permission_see_nothing(helper, secret):
    User.objects.get(email="helper@example.com").user_permissions.clear()

    assert helper.get(LIST).status_code == 403
