import pytest

from accounts.models import User

URL = "/admin/accounts/user/"
PASSWORD = "correct horse battery"


@pytest.fixture
def staff(client, db):
    client.force_login(User.objects.create_superuser("root@example.com"))
    return client


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_costs_a_fixed_number_of_queries(staff, count, django_assert_num_queries):
    for n in range(count):
        User.objects.create_user(f"user{n}@example.com")

    with django_assert_num_queries(5):  # session, user, counts of all and of found, page
        response = staff.get(URL)

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
