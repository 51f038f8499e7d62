"""Polls lists with an `ETag` and a real token, because the look-up of the user reads the tag."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import RefreshToken
from tasks.models import Task

QUERIES = ["", "?status=pending", "?sort=title&page_size=2", "?due=any", "?due=today"]
QUERIES += ["?completed_after=2026-11-25", "?completed_before=2026-11-25"]
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def poll(alice):
    """Requests a list. `known` is the tag to send as `If-None-Match`."""
    token = RefreshToken.for_user(alice).access_token

    def poll(path="/api/tasks", known=None, **headers):
        client = APIClient(headers={"authorization": f"Bearer {token}"})
        return client.get(path, headers={"if_none_match": known, **headers} if known else headers)

    return poll


@pytest.fixture
def clock(monkeypatch):
    """Sets the time of day."""

    def set_to(now):
        monkeypatch.setattr(timezone, "now", lambda: now)

    return set_to


@pytest.mark.parametrize("path", [*(f"/api/tasks{query}" for query in QUERIES), "/api/trash"])
def test_an_unchanged_list_costs_one_query(poll, milk, django_assert_num_queries, path):
    etag = poll(path)["ETag"]

    with django_assert_num_queries(1):  # the user of the token
        response = poll(path, etag)

    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == etag


@pytest.mark.parametrize("tag", ["W/{}", '"x", {}', "*"])
def test_a_tag_may_be_weak_or_one_of_many(poll, milk, tag):
    assert poll(known=tag.format(poll()["ETag"])).status_code == 304


@pytest.mark.parametrize(
    "change",
    [
        lambda alice, milk: milk.change({"title": "Buy oats"}),
        lambda alice, milk: milk.change({"deleted_at": timezone.now()}),
        lambda alice, milk: milk.delete(),
        lambda alice, milk: Task.objects.create(owner=alice, title="Buy oats"),
        lambda alice, milk: User.objects.filter(pk=alice.pk).update(sync_epoch=1),
    ],
)
def test_every_write_changes_the_tag(poll, alice, milk, change):
    etag = poll()["ETag"]

    change(alice, milk)

    response = poll(known=etag)
    assert response.status_code == 200
    assert response["ETag"] != etag


def test_a_write_of_another_user_does_not_change_the_tag(poll, bob, milk):
    etag = poll()["ETag"]

    Task.objects.create(owner=bob, title="Feed the cat")

    assert poll(known=etag).status_code == 304


def test_each_list_has_its_own_tag(poll, milk):
    tags = [poll(f"/api/tasks{query}")["ETag"] for query in QUERIES]
    tags.append(poll("/api/trash")["ETag"])
    tags.append(poll(accept="application/json; indent=2")["ETag"])

    assert len(set(tags)) == len(tags)


def test_users_have_different_tags(poll, bob):
    token = RefreshToken.for_user(bob).access_token
    his = APIClient(headers={"authorization": f"Bearer {token}"}).get("/api/tasks")

    assert poll()["ETag"] != his["ETag"]


@pytest.mark.parametrize("due", ["today", "upcoming"])
def test_a_tag_depends_on_the_owners_day_if_the_list_does(poll, alice, milk, clock, due):
    User.objects.filter(pk=alice.pk).update(
        timezone="Asia/Tokyo"
    )  # where the day starts at 15:00 UTC
    path = f"/api/tasks?due={due}"
    clock(NOON)
    etag = poll(path)["ETag"]

    clock(NOON.replace(hour=14))
    same_day = poll(path, etag)
    clock(NOON.replace(hour=16))
    next_day = poll(path, etag)

    assert (same_day.status_code, next_day.status_code) == (304, 200)


@pytest.mark.parametrize("name", ["completed_after", "completed_before"])
@pytest.mark.parametrize("other", ["", "&due=today", "&status=all"])
def test_a_tag_depends_on_the_owners_zone_if_the_list_does(poll, alice, milk, clock, name, other):
    clock(NOON)
    path = f"/api/tasks?{name}=2026-11-25{other}"
    etag = poll(path)["ETag"]

    User.objects.filter(pk=alice.pk).update(timezone="Europe/Berlin")

    assert poll(path, etag).status_code == 200
    assert poll(path, poll(path)["ETag"]).status_code == 304


def test_a_list_that_depends_on_the_minute_has_no_tag(poll, milk):
    assert "ETag" not in poll("/api/tasks?due=overdue")
    assert "ETag" not in poll("/api/tasks/summary")
    assert poll("/api/tasks?due=overdue", "*").status_code == 200


def test_the_browsable_api_has_no_tag(poll, milk):
    response = poll(known="*", accept="text/html")

    assert response.status_code == 200
    assert "ETag" not in response


@pytest.mark.parametrize("query", ["cursor=x", "page_size=0", "sort=x", "due_after=x", "x=1"])
def test_an_invalid_query_is_rejected_with_any_tag(poll, query):
    assert poll(f"/api/tasks?{query}", "*").status_code == 400
