import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tokens import RefreshToken

URL = "/admin/accounts/user/"
SIGN_INS = "/admin/accounts/signin/"
PASSWORD = "correct horse battery"


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("path", [URL, SIGN_INS])
def test_a_list_costs_a_fixed_number_of_queries(staff, path, count, django_assert_num_queries):
    for n in range(count):
        RefreshToken.for_user(User.objects.create_user(f"user{n}@example.com"))

    with django_assert_num_queries(4):  # the session, the user, the keys, the rows of a page
        response = staff.get(path)

    assert f"user{count - 1}@example.com" in response.content.decode()


def test_it_searches_by_address_and_name(staff, alice, bob):
    page = staff.get(f"{URL}?q=ALICE").content.decode()

    assert "alice@example.com" in page
    assert "bob@example.com" not in page


def test_it_adds_a_user_under_one_spelling(staff):
    form = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}

    staff.post(f"{URL}add/", {**form, "email": "Cyd@Example.com"})

    assert User.objects.get(email="cyd@example.com").check_password(PASSWORD)


def test_it_refuses_an_address_that_has_an_account(staff, alice):
    form = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}

    response = staff.post(f"{URL}add/", {**form, "email": "ALICE@example.com"})

    assert "An account with this e-mail address exists." in response.content.decode()


def test_it_deactivates_a_user(staff, alice):
    staff.post(f"{URL}{alice.pk}/change/", {"email": alice.email, "timezone": "UTC"})

    alice.refresh_from_db()
    assert not alice.is_active


def test_staff_sign_in_by_address(client, db):
    User.objects.create_superuser("root@example.com", PASSWORD)

    response = client.post("/admin/login/", {"username": "ROOT@example.com", "password": PASSWORD})

    assert response.status_code == 302
    assert client.get(URL).status_code == 200


@pytest.fixture
def helper(client, db):
    """Staff who may see and change users and are no superuser."""
    user = User.objects.create_user("helper@example.com", is_staff=True)
    codenames = ["view_user", "change_user"]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def change(client, user, **fields):
    form = {"email": user.email, "timezone": "UTC", "is_active": "on", **fields}
    return client.post(f"{URL}{user.pk}/change/", form)


def test_staff_deactivate_a_user(helper, alice):
    change(helper, alice, is_active="")

    alice.refresh_from_db()
    assert not alice.is_active


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks the whole database")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("view", "locks"), [("change", 1), ("password", 1), ("history", 0)])
def test_what_writes_locks_the_row(helper, alice, view, locks):
    with CaptureQueriesContext(connection) as queries:
        response = helper.post(f"{URL}{alice.pk}/{view}/", {"email": alice.email})

    assert response.status_code == 200
    assert sum("FOR UPDATE" in query["sql"] for query in queries) == locks


@pytest.mark.parametrize("whom", ["helper@example.com", "alice@example.com"])
def test_staff_hand_out_no_rights(helper, alice, whom):
    user = User.objects.get(email=whom)
    permission = Permission.objects.get(codename="delete_user")

    change(helper, user, is_staff="on", is_superuser="on", user_permissions=[permission.pk])

    after = User.objects.get(email=whom)
    assert not after.is_superuser
    assert after.is_staff == user.is_staff
    assert not after.user_permissions.filter(pk=permission.pk).exists()


def test_staff_do_not_touch_a_superuser(helper, db):
    root = User.objects.create_superuser("root@example.com", PASSWORD)
    stored = root.password

    changed = change(helper, root, email="mine@example.com", is_active="")
    form = {"password1": "entirely different", "password2": "entirely different"}
    reset = helper.post(f"{URL}{root.pk}/password/", {**form, "usable_password": "true"})
    helper.post(URL, {"action": "sign_out_everywhere", "_selected_action": [root.pk]})

    root.refresh_from_db()
    assert (changed.status_code, reset.status_code) == (403, 403)
    assert (root.email, root.is_active, root.password) == ("root@example.com", True, stored)
    assert root.session_version == 0


def test_a_user_that_staff_add_may_sign_in(staff, anonymous, settings):
    settings.EMAIL_VERIFICATION = "required"
    form = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    staff.post(f"{URL}add/", {**form, "email": "cyd@example.com"})

    body = {"email": "cyd@example.com", "password": PASSWORD}

    assert anonymous.post("/api/auth/login", body).status_code == 200


def test_many_users_are_not_signed_out_at_once(staff, alice, bob, monkeypatch):
    monkeypatch.setattr("accounts.admin.MOST", 1)
    form = {"action": "sign_out_everywhere", "_selected_action": alice.pk, "select_across": "1"}

    page = staff.post(URL, {**form, "index": "0"}, follow=True).content.decode()

    assert "Select at most 1. Nothing is changed." in page
    assert not User.objects.exclude(session_version=0).exists()
