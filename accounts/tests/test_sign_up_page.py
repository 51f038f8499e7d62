import re

import pytest
from django.test import Client

from accounts.forms import rendered_select
from accounts.models import User

from .conftest import PASSWORD

URL = "/api-auth/register/"
FORM = {"email": "dee@example.com", "password": PASSWORD, "name": "Dee", "timezone": "Asia/Tokyo"}


def test_it_creates_an_account_and_logs_in(client, db):
    response = client.post(URL, FORM)

    user = User.objects.get()
    assert (response.status_code, response["Location"]) == (302, "/api/tasks")
    assert (user.email, user.name, user.timezone) == ("dee@example.com", "Dee", "Asia/Tokyo")
    assert user.check_password(PASSWORD)
    assert client.get("/api/auth/me").json()["email"] == "dee@example.com"


def test_it_requires_the_csrf_token(db):
    response = Client(enforce_csrf_checks=True).post(URL, FORM)

    assert response.status_code == 403
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("email", "dee", "Enter a valid email address."),
        ("email", "cyd@example.com", "An account with this e-mail address exists."),
        ("email", "", "This field is required."),
        ("password", "dee@example.com", "The password is too similar to the e-mail address."),
        ("password", "x" * 129, "Ensure this field has no more than 128 characters."),
        ("name", "D\x07ee", "Control characters are not allowed."),
        ("timezone", "Mars", "Select a valid choice. Mars is not one of the available choices."),
    ],
)
def test_it_shows_an_error_beside_its_field(client, cyd, field, value, error):
    response = client.post(URL, {**FORM, field: value})

    assert response.status_code == 200
    assert response.context["form"].errors == {field: [error]}
    assert User.objects.get() == cyd


def test_the_page_never_contains_the_password(client, db):
    page = client.post(URL, {**FORM, "email": "dee"}).content.decode()

    assert PASSWORD not in page


@pytest.mark.django_db(transaction=True)
def test_two_parallel_requests_create_one_account(at_once):
    def sign_up(n):
        return Client().post(URL, FORM)

    responses = at_once(8, sign_up)

    errors = [one.context["form"].errors for one in responses if one.status_code == 200]
    assert errors == [{"email": ["An account with this e-mail address exists."]}] * 7
    assert User.objects.count() == 1


def test_it_shares_the_limit_of_the_api(client, anonymous, db, settings):
    settings.THROTTLE_ANON = "2/min"

    anonymous.post("/api/auth/register", {})
    client.post(URL, {})
    response = client.post(URL, FORM)

    assert response.status_code == 429
    assert re.search("Wait [0-9]+ seconds?, then try again", response.content.decode())
    assert not User.objects.exists()


@pytest.mark.parametrize("email", ["dee@example.com", "cyd@example.com"])
def test_with_verification_a_known_address_gets_the_same_page(
    client, cyd, settings, mails_of, email
):
    settings.EMAIL_VERIFICATION = "required"

    response, (message,) = mails_of(lambda: client.post(URL, {**FORM, "email": email}))

    assert "Check your e-mail" in response.content.decode()
    assert message.to == [email]
    assert client.get("/api/tasks").status_code == 401


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/Berlin"])
def test_the_zone_that_was_chosen_comes_back_with_an_error(client, db, zone):
    page = client.post(URL, {**FORM, "password": "x", "timezone": zone}).content.decode()

    assert re.findall("<option selected>(.*)</option>", page) == [zone]


def test_zones_that_there_are_not_are_not_kept(client, db):
    rendered_select.cache_clear()
    for n in range(40):
        client.post(URL, {**FORM, "timezone": f"Mars/{n}"})

    assert rendered_select.cache_info().currsize <= 5
