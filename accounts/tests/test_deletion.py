"""What the database contains after an account was deleted."""

from secrets import token_hex

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import Attempts, Identity, Session, User
from accounts.sessions import SessionStore
from tasks.models import Task

from .conftest import PASSWORD

EMAIL = "cyd@example.com"
# Each has a hyphen, a dot or eight letters: a short word occurs by chance in a random key.
WORDS = [
    EMAIL,
    "charisse",
    "soya-milk",
    "oat-cakes",
    "rye-bread",
    "sub-of-cyd",
    "backup-of-cyd",
    "browser-of-cyd",
]


def dump():
    """Every row of every table as text, including the data of browser sessions."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            yield from (f"{table}: {row}" for row in cursor.fetchall())
    yield from (f"session: {session.get_decoded()}" for session in Session.objects.all())


def found():
    text = "\n".join(dump()).lower()
    return [word for word in WORDS if word in text]


@pytest.fixture
def person(cyd, sign_in, with_token, mails_of, staff):
    """A client of Cyd, who has used every feature and whom staff have changed."""
    User.objects.filter(pk=cyd.pk).update(name="Cyd Charisse", is_staff=True, is_superuser=True)
    client = with_token(sign_in(cyd)["access"])
    agent = {"user-agent": "browser-of-cyd"}
    APIClient().post("/api/auth/login", {"email": EMAIL, "password": PASSWORD}, headers=agent)
    milk, oats = (
        client.post(
            "/api/tasks", {"title": f"Buy {name}"}, headers={"idempotency-key": name}
        ).json()
        for name in ["soya-milk", "oat-cakes"]
    )
    Identity.objects.create(issuer="x", subject="sub-of-cyd", user=cyd)
    client.post("/api/auth/tokens", {"name": "backup-of-cyd", "scopes": ["tasks:read"]})
    client.post("/api/auth/totp")
    guess(EMAIL)
    mails_of(lambda: client.post("/api/auth/password/reset", {"email": EMAIL}))
    browser = APIClient()
    browser.post("/api-auth/login/", {"username": EMAIL, "password": PASSWORD})
    for by in (staff, browser):
        edit(by, Task.objects.get(pk=milk["id"]))
    staff.post(f"/admin/tasks/task/{oats['id']}/delete/", {"post": "yes"})
    form = {"email": EMAIL, "name": "Cyd Charisse", "timezone": "UTC", "is_active": "on"}
    staff.post(f"/admin/accounts/user/{cyd.pk}/change/", {**form, "is_staff": "on"})
    return client


def edit(staff, task):
    form = {"title": task.title, "priority": "1", "description": "with rye-bread"}
    staff.post(f"/admin/tasks/task/{task.pk}/change/", {**form, "etag": task.etag})


def guess(email):
    APIClient().post("/api/auth/login", {"email": email, "password": "wrong"})


def by_the_api(person, staff, cyd):
    return person.delete("/api/auth/me", {"password": PASSWORD})


def in_the_admin(person, staff, cyd):
    return staff.post(f"/admin/accounts/user/{cyd.pk}/delete/", {"post": "yes"})


def by_an_action_of_the_admin(person, staff, cyd):
    action = {"action": "delete_selected", "_selected_action": cyd.pk, "post": "yes"}
    return staff.post("/admin/accounts/user/", {**action, "index": "0"})


@pytest.mark.parametrize("delete", [by_the_api, in_the_admin, by_an_action_of_the_admin])
def test_no_personal_data_is_left(person, staff, cyd, delete):
    before = found()

    response = delete(person, staff, cyd)

    assert response.status_code in (204, 302)
    assert not User.objects.filter(pk=cyd.pk).exists()
    # The dump contains all of them before: the response to a POST is kept for a day.
    assert sorted(before) == sorted(WORDS)
    assert found() == []
    assert Session.objects.get().user.email == "root@example.com"


def test_its_count_of_failures_is_deleted(cyd, with_token, sign_in):
    guess("nobody@example.com")
    others = set(Attempts.objects.values_list("key", flat=True))
    guess(EMAIL)

    with_token(sign_in(cyd)["access"]).delete("/api/auth/me", {"password": PASSWORD})

    assert set(Attempts.objects.values_list("key", flat=True)) == others


def test_messages_are_not_stored_in_sessions(staff, alice):
    for _ in range(20):  # more than fit in a cookie
        task = Task.objects.create(owner=alice, title=f"Buy milk {token_hex(90)}")
        staff.post(f"/admin/tasks/task/{task.pk}/delete/", {"post": "yes"})

    assert not any("milk" in row for row in dump() if row.startswith("session"))


def test_deleting_an_account_deletes_its_sessions(client, alice, bob):
    client.force_login(alice)
    APIClient().force_login(bob)

    alice.delete()

    assert Session.objects.get().user == bob
    assert client.get("/api/tasks").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_a_session_is_not_saved_after_its_account_was_deleted(alice):
    session = SessionStore()
    session.create()
    session[SESSION_KEY] = str(alice.pk)
    alice.delete()

    with pytest.raises(UpdateError):
        session.save()

    assert Session.objects.get().user is None
