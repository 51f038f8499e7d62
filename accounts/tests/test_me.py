import pytest

from accounts.models import User

URL = "/api/auth/me"


def test_it_returns_the_callers_profile(alice, alice_client, bob):
    response = alice_client.get(URL)

    assert response.status_code == 200
    assert response.json() == {
        "id": alice.pk,
        "email": "alice@example.com",
        "name": "Alice",
        "timezone": "UTC",
        "date_joined": alice.date_joined.isoformat().replace("+00:00", "Z"),
    }


@pytest.mark.parametrize("method", ["get", "patch"])
def test_it_refuses_an_anonymous_caller(anonymous, db, method):
    response = getattr(anonymous, method)(URL)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_it_changes_name_and_time_zone(alice, alice_client):
    response = alice_client.patch(URL, {"name": "Alice L.", "timezone": "Asia/Tokyo"})

    alice.refresh_from_db()
    assert response.status_code == 200
    assert (alice.name, alice.timezone) == ("Alice L.", "Asia/Tokyo")


def test_it_keeps_concurrent_changes(alice, alice_client):
    """The caller was loaded at the start of the request. An admin may have changed them since."""
    User.objects.update(is_staff=True, email="new@example.com")

    response = alice_client.patch(URL, {"name": "Alice L."})

    alice = User.objects.get()
    assert response.json()["email"] == "new@example.com"
    assert (alice.name, alice.is_staff, alice.email) == ("Alice L.", True, "new@example.com")


def test_a_deactivated_account_stays_deactivated(alice, alice_client):
    User.objects.update(is_active=False)

    response = alice_client.patch(URL, {"name": "Alice L."})

    alice.refresh_from_db()
    assert response.status_code == 401
    assert (alice.name, alice.is_active) == ("Alice", False)


@pytest.mark.parametrize("body", [{"name": "Alice L."}, {}])
def test_a_deleted_account_does_not_come_back(alice, alice_client, body):
    User.objects.all().delete()

    response = alice_client.patch(URL, body)

    assert response.status_code == 401
    assert not User.objects.exists()


def test_it_ignores_read_only_members(alice, alice_client, bob):
    body = {"email": "bob@example.com", "id": bob.pk, "is_staff": True, "password": "x"}

    response = alice_client.patch(URL, body)

    alice.refresh_from_db()
    bob.refresh_from_db()
    assert response.status_code == 200
    assert (alice.email, alice.is_staff) == ("alice@example.com", False)
    assert bob.name == "Bob"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("timezone", "Mars/Base"),
        ("timezone", "localtime"),
        ("timezone", "Factory"),
        ("timezone", None),
        ("name", "x" * 151),
    ],
)
def test_it_refuses_a_bad_value_and_names_the_member(alice, alice_client, member, value):
    response = alice_client.patch(URL, {member: value})

    alice.refresh_from_db()
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == member
    assert (alice.name, alice.timezone) == ("Alice", "UTC")


@pytest.mark.parametrize("method", ["put", "post"])
def test_it_refuses_other_methods(alice_client, method):
    assert getattr(alice_client, method)(URL, {"name": "x"}).status_code == 405
