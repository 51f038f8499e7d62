import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Identity, SignIn, User
from accounts.tokens import RefreshToken
from tasks.models import Task
from todo_project.models import LogEntry

URL = "/admin/accounts/user/"
SIGN_INS = "/admin/accounts/signin/"
TOKENS = "/admin/accounts/personaltoken/"
PASSWORD = "correct horse battery"


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("path", [URL, SIGN_INS])
def test_a_list_costs_a_fixed_number_of_queries(staff, path, count, django_assert_num_queries):
    for n in range(count):
        RefreshToken.for_user(User.objects.create_user(f"user{n}@example.com"))

    with django_assert_num_queries(4):  # the session, the user, the keys, the rows of a page
        response = staff.get(path)

    assert f"user{count - 1}@example.com" in response.content.decode()


@pytest.mark.parametrize("term", ["ALICE", "lice@", "ice", "alice example"])
def test_it_searches_by_parts_of_address_and_name(staff, alice, bob, term):
    page = staff.get(URL, {"q": term}).content.decode()

    assert "alice@example.com" in page
    assert "bob@example.com" not in page


def test_it_adds_a_user_with_a_normalized_address(staff):
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


def test_saving_without_changes_writes_nothing(staff, alice):
    alice.identities.create(issuer="x", subject="y")
    change(staff, alice, is_active="", name="Alice")
    before = [*User.objects.values(), *Identity.objects.values(), *LogEntry.objects.values()]

    change(staff, alice, is_active="", name="Alice")

    after = [*User.objects.values(), *Identity.objects.values(), *LogEntry.objects.values()]
    assert after == before


def test_staff_log_in_with_their_address(client, db):
    User.objects.create_superuser("root@example.com", PASSWORD)

    response = client.post("/admin/login/", {"username": "ROOT@example.com", "password": PASSWORD})

    assert response.status_code == 302
    assert client.get(URL).status_code == 200


@pytest.fixture
def helper(client, db):
    """A staff user who may view and change users but is not a superuser."""
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
def test_writes_lock_the_row(helper, alice, view, locks):
    with CaptureQueriesContext(connection) as queries:
        response = helper.post(f"{URL}{alice.pk}/{view}/", {"email": alice.email})

    assert response.status_code == 200
    assert sum("FOR UPDATE" in query["sql"] for query in queries) == locks


@pytest.mark.parametrize("whom", ["helper@example.com", "alice@example.com"])
def test_staff_cannot_grant_permissions(helper, alice, whom):
    user = User.objects.get(email=whom)
    permission = Permission.objects.get(codename="delete_user")

    change(helper, user, is_staff="on", is_superuser="on", user_permissions=[permission.pk])

    after = User.objects.get(email=whom)
    assert not after.is_superuser
    assert after.is_staff == user.is_staff
    assert not after.user_permissions.filter(pk=permission.pk).exists()


@pytest.mark.parametrize("rank", ["is_staff", "is_superuser"])
def test_staff_cannot_change_other_staff(helper, db, rank):
    user = User.objects.create_user("cyd@example.com", PASSWORD, **{rank: True})
    grant("delete_user", "delete_task", "delete_signin")
    grant("delete_personaltoken", "delete_secondfactor")
    before = User.objects.values().get(pk=user.pk)
    action = {"_selected_action": user.pk, "index": "0"}

    pages = [
        change(helper, user, email="mine@example.com"),
        change(helper, user, is_active=""),
        set_password(helper, user, "entirely different"),
        helper.post(f"{URL}{user.pk}/password/", {"usable_password": "false"}),
        helper.post(f"{URL}{user.pk}/delete/", {"post": "yes"}),
    ]
    helper.post(URL, {**action, "action": "sign_out_everywhere", "post": "yes"})
    helper.post(URL, {**action, "action": "delete_selected", "post": "yes"})

    assert {page.status_code for page in pages} == {403}
    assert User.objects.values().get(pk=user.pk) == before


def set_password(client, user, password):
    form = {"password1": password, "password2": password, "usable_password": "true"}
    return client.post(f"{URL}{user.pk}/password/", form)


def test_staff_can_change_themselves_and_ordinary_users(helper, alice):
    me = User.objects.get(email="helper@example.com")

    change(helper, me, name="Hal")
    change(helper, alice, name="Al", email="al@example.com")
    set_password(helper, alice, "entirely different")

    me.refresh_from_db()
    alice.refresh_from_db()
    assert (me.name, alice.name, alice.email) == ("Hal", "Al", "al@example.com")
    assert alice.check_password("entirely different")


def test_superusers_can_change_other_staff(staff, db):
    user = User.objects.create_superuser("cyd@example.com")

    change(staff, user, name="Cyd", is_staff="on")

    user.refresh_from_db()
    assert (user.name, user.is_staff, user.is_superuser) == ("Cyd", True, False)


def test_staff_cannot_grant_permissions_through_a_group(helper, db):
    group = Group.objects.create(name="Helpers")
    permission = Permission.objects.get(codename="delete_user")
    grant("add_group", "change_group", "delete_group", "view_group")
    url = f"/admin/auth/group/{group.pk}"

    pages = [
        helper.post(f"{url}/change/", {"name": "Mine", "permissions": [permission.pk]}),
        helper.post("/admin/auth/group/add/", {"name": "Mine", "permissions": [permission.pk]}),
        helper.post(f"{url}/delete/", {"post": "yes"}),
    ]

    assert {page.status_code for page in pages} == {403}
    assert helper.get(f"{url}/change/").status_code == 200
    assert Group.objects.get().name == "Helpers"
    assert not group.permissions.exists()


def test_superusers_can_change_groups(staff, db):
    group = Group.objects.create(name="Helpers")
    permission = Permission.objects.get(codename="view_user")

    form = {"name": "Viewers", "permissions": [permission.pk]}
    staff.post(f"/admin/auth/group/{group.pk}/change/", form)

    assert Group.objects.get(name="Viewers").permissions.get() == permission


def test_a_user_added_by_staff_can_log_in(staff, anonymous, settings):
    settings.EMAIL_VERIFICATION = "required"
    form = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    staff.post(f"{URL}add/", {**form, "email": "cyd@example.com"})

    body = {"email": "cyd@example.com", "password": PASSWORD}

    assert anonymous.post("/api/auth/login", body).status_code == 200


def grant(*codenames):
    helper = User.objects.get(email="helper@example.com")
    helper.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


@pytest.mark.parametrize("count", [1, 30])
def test_a_user_page_shows_counts(staff, alice, count, django_assert_num_queries):
    for n in range(count):
        Task.objects.create(owner=alice, title=f"Task {n}", completed=n < 1)
    RefreshToken.for_user(alice)
    staff.get(URL)  # Django caches the content types

    # The session, the caller, the shown user, the tasks, the sign-ins, the personal tokens, the
    # second factor; all groups and permissions, and those of the user.
    with django_assert_num_queries(11):
        page = staff.get(f"{URL}{alice.pk}/change/").content.decode()

    tasks = f"/admin/tasks/task/?owner={alice.pk}"
    assert f'<a href="{tasks}">{count} total</a>' in page
    assert f'<a href="{tasks}&amp;status=pending">{count - 1} pending</a>' in page
    assert f'<a href="{tasks}&amp;status=completed">1 completed</a>' in page
    assert f'<a href="{SIGN_INS}?user={alice.pk}">1</a>' in page


def test_the_links_of_a_user_page_lead_to_the_users_objects(staff, alice, bob, milk):
    Task.objects.create(owner=bob, title="Feed the cat")
    for user in (alice, bob):
        RefreshToken.for_user(user)

    tasks = staff.get(f"/admin/tasks/task/?owner={bob.pk}&status=pending")
    sign_ins = staff.get(f"{SIGN_INS}?user={bob.pk}")

    assert [task.owner for task in tasks.context["cl"].result_list] == [bob]
    assert [sign_in.user for sign_in in sign_ins.context["cl"].result_list] == [bob]


def test_a_user_page_shows_only_what_staff_may_view(helper, alice, milk):
    nothing = helper.get(f"{URL}{alice.pk}/change/").content.decode()
    grant("view_task")
    tasks = helper.get(f"{URL}{alice.pk}/change/").content.decode()
    grant("delete_signin", "view_signin")
    both = helper.get(f"{URL}{alice.pk}/change/").content.decode()

    assert "Activity" not in nothing
    assert ("1 total" in tasks, "Sign-ins" in tasks) == (True, False)
    assert ("1 total" in both, "Sign-ins" in both) == (True, True)


def test_the_sign_out_button_signs_the_user_out(helper, alice):
    access = RefreshToken.for_user(alice).access_token
    page = helper.get(f"{URL}{alice.pk}/change/").content.decode()
    form = {"action": "sign_out_everywhere", "_selected_action": alice.pk, "index": "0"}

    asked = helper.post(URL, form).content.decode()
    assert access.is_live()
    helper.post(URL, {**form, "post": "yes"})

    assert "Sign out everywhere" in page
    assert "<li>alice@example.com</li>" in asked
    assert f'name="_selected_action" value="{alice.pk}"' in asked
    assert not access.is_live()
    alice.refresh_from_db()
    assert alice.session_version == 1
    assert LogEntry.objects.get().change_message == "Signed out everywhere."


def test_viewers_get_no_forms(helper, alice):
    User.objects.get(email="helper@example.com").user_permissions.remove(
        Permission.objects.get(codename="change_user")
    )
    page = helper.get(f"{URL}{alice.pk}/change/").content.decode()

    action = {"action": "sign_out_everywhere", "_selected_action": alice.pk, "index": "0"}
    helper.post(URL, {**action, "post": "yes"})

    alice.refresh_from_db()
    assert alice.session_version == 0
    assert "Sign out everywhere" not in page
    assert change(helper, alice, name="Al").status_code == 403


@pytest.mark.parametrize("rank", [{}, {"is_staff": True}, {"is_superuser": True}])
def test_staff_can_end_sign_ins_of_ordinary_users(helper, rank):
    user = User.objects.create_user("cyd@example.com", **rank)
    token = RefreshToken.for_user(user)
    grant("view_signin", "delete_signin")
    form = {"action": "delete_selected", "_selected_action": token["sid"], "post": "yes"}

    one = helper.post(f"{SIGN_INS}{token['sid']}/delete/", {"post": "yes"})
    helper.post(SIGN_INS, {**form, "index": "0"})

    assert (one.status_code == 403) is bool(rank)
    assert SignIn.objects.exists() is bool(rank)
    assert token.is_live() is bool(rank)


@pytest.mark.parametrize("count", [1, 30])
def test_the_delete_page_shows_what_will_be_deleted(staff, alice, count, django_assert_num_queries):
    for n in range(count):
        Task.objects.create(owner=alice, title=f"Task {n}")
    RefreshToken.for_user(alice)

    # The session, the caller, the user to delete, the projects, the tasks, the sign-ins, the
    # personal tokens, the second factor, the calendar feed.
    with django_assert_num_queries(9):
        page = staff.get(f"{URL}{alice.pk}/delete/").content.decode()
    staff.post(f"{URL}{alice.pk}/delete/", {"post": "yes"})

    assert f"Tasks: {count}" in page
    assert "Log entries" not in page  # they stay
    assert "Sign-ins: 1" in page
    assert "Task 0" not in page
    assert not User.objects.filter(pk=alice.pk).exists()
    assert LogEntry.objects.get().object_repr == f"User {alice.pk}"


def test_deleting_a_user_requires_permission_for_related_objects(helper, alice, milk):
    grant("delete_user")
    lacking = helper.get(f"{URL}{alice.pk}/delete/").content.decode()
    refused = helper.post(f"{URL}{alice.pk}/delete/", {"post": "yes"})
    grant("delete_task", "delete_project")
    grant("delete_signin", "delete_personaltoken", "delete_secondfactor", "delete_calendarfeed")

    helper.post(f"{URL}{alice.pk}/delete/", {"post": "yes"})

    assert "permission to delete the following types of objects" in lacking
    assert refused.status_code == 403
    assert not User.objects.filter(pk=alice.pk).exists()


def test_signing_out_too_many_users_is_refused(staff, alice, bob, monkeypatch):
    monkeypatch.setattr("accounts.admin.MAX_SELECTED", 1)
    form = {"action": "sign_out_everywhere", "_selected_action": alice.pk, "select_across": "1"}

    page = staff.post(URL, {**form, "index": "0", "post": "yes"}, follow=True).content.decode()

    assert "Select at most 1. Nothing was changed." in page
    assert not User.objects.exclude(session_version=0).exists()


def test_staff_can_delete_a_personal_token_and_never_see_its_hash(staff, alice):
    token = alice.personal_tokens.create(name="Backup", digest="d" * 64, scopes="tasks:read")

    pages = [staff.get(path) for path in (TOKENS, f"{TOKENS}{token.pk}/change/")]
    response = staff.post(f"{TOKENS}{token.pk}/delete/", {"post": "yes"})

    for page in pages:
        assert "Backup" in page.content.decode()
        assert "dddd" not in page.content.decode()
    assert response.status_code == 302
    assert not alice.personal_tokens.exists()
    assert LogEntry.objects.get().object_repr == f"Personal access token {token.pk}"


@pytest.mark.parametrize("path", ["add/", "{id}/delete/"])
def test_helpers_cannot_make_tokens_or_delete_those_of_superusers(helper, path):
    root = User.objects.create_superuser("root2@example.com")
    token = root.personal_tokens.create(name="Backup", digest="d", scopes="tasks:read")
    grant("view_personaltoken", "add_personaltoken", "delete_personaltoken")

    response = helper.post(TOKENS + path.format(id=token.pk), {"post": "yes"})

    assert response.status_code == 403
    assert root.personal_tokens.get() == token
