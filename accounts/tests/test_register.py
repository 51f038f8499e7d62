import pytest
from django.db import IntegrityError

from accounts.models import User

URL = "/api/auth/register"
PASSWORD = "correct horse battery"


def test_it_creates_an_account(anonymous, db, real_hashes):
    response = anonymous.post(
        URL,
        {
            "email": "cyd@example.com",
            "password": PASSWORD,
            "name": "Cyd",
            "timezone": "Europe/Berlin",
        },
    )

    user = User.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": user.pk,
        "email": "cyd@example.com",
        "name": "Cyd",
        "timezone": "Europe/Berlin",
        "date_joined": user.date_joined.isoformat().replace("+00:00", "Z"),
    }
    assert user.check_password(PASSWORD)
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert not (user.is_staff)
    assert not (user.is_superuser)


def test_name_and_time_zone_may_be_left_out(anonymous, db):
    response = anonymous.post(URL, {"email": "cyd@example.com", "password": PASSWORD})

    assert (response.json()["name"], response.json()["timezone"]) == ("", "UTC")


def test_it_ignores_privileges(anonymous, db):
    anonymous.post(
        URL,
        {
            "email": "cyd@example.com",
            "password": PASSWORD,
            "is_staff": True,
            "is_superuser": True,
            "id": 99,
        },
    )

    user = User.objects.get()
    assert not (user.is_staff)
    assert not (user.is_superuser)
    assert user.pk != 99


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("email", None),
        ("email", ""),
        ("email", "cyd"),
        ("email", "cyd@example"),
        ("email", "cyd@example.com\nBcc: all@example.com"),
        ("email", "cyd\x00@example.com"),
        ("email", '"\x01"@example.com'),
        ("email", "\u212ayd@example.com"),
        ("email", "c" * 250 + "@example.com"),
        ("email", ["cyd@example.com"]),
        ("password", None),
        ("password", ""),
        ("password", "short1"),
        ("password", "12345678901"),
        ("password", "password123"),
        ("password", "cyd@example.com"),
        ("password", "Cornelia Meyerhold"),  # the name
        ("password", "x" * 129),
        ("password", "nul\x00 battery"),
        ("name", "x" * 151),
        ("name", "Cyd\nBcc: all"),
        ("timezone", "Berlin"),
        ("timezone", "utc+1"),
        ("timezone", ""),
        ("timezone", "../../etc/passwd"),
    ],
)
def test_it_refuses_a_bad_value_and_names_the_member(anonymous, db, member, value):
    body = {"email": "cyd@example.com", "password": PASSWORD, "name": "Cornelia Meyerhold"}
    body[member] = value

    response = anonymous.post(URL, body)

    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == {member}
    assert not User.objects.exists()


@pytest.mark.parametrize("email", ["alice@example.com", "ALICE@Example.COM", " Alice@example.com "])
def test_addresses_that_differ_in_case_are_one_account(anonymous, alice, email):
    response = anonymous.post(URL, {"email": email, "password": PASSWORD})

    assert response.status_code == 400
    assert response.json()["errors"] == [
        {
            "field": "email",
            "code": "unique",
            "detail": "An account with this e-mail address exists.",
        }
    ]
    assert User.objects.get() == alice


def test_the_database_refuses_an_address_in_capitals(alice):
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=alice.pk).update(email="ALICE@example.com")


@pytest.mark.django_db(transaction=True)
def test_two_parallel_requests_create_one_account(anonymous, at_once):
    def register(n):
        email = "cyd@example.com" if n % 2 else "CYD@example.com"
        return anonymous.post(URL, {"email": email, "password": PASSWORD}).status_code

    statuses = at_once(8, register)

    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 400, 409}
    assert User.objects.count() == 1


def test_an_invalid_token_does_not_prevent_it(anonymous, db):
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer stale")

    response = anonymous.post(URL, {"email": "cyd@example.com", "password": PASSWORD})

    assert response.status_code == 201


def test_an_account_that_is_deleted_at_the_same_time_is_a_conflict(
    anonymous, alice, settings, monkeypatch
):
    settings.EMAIL_VERIFICATION = "required"
    create_user = User.objects.create_user

    def create_and_delete(**fields):
        try:
            return create_user(**fields)
        finally:
            monkeypatch.setattr(User.objects, "filter", lambda **_: User.objects.none())

    monkeypatch.setattr(User.objects, "create_user", create_and_delete)
    body = {"email": alice.email, "password": "correct horse battery"}

    response = anonymous.post("/api/auth/register", body)

    assert (response.status_code, response.json()["code"]) == (409, "conflict")
