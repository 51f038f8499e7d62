"""Making, listing and deleting personal access tokens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.credentials import digest, is_well_formed, make_token
from accounts.models import PersonalToken, User

from .conftest import PASSWORD

TOKENS, TASKS = "/api/auth/tokens", "/api/tasks"
BODY = {"name": "Backup", "scopes": ["tasks:write", "tasks:read"]}


def refused(client):
    response = client.get(TASKS)
    return (response.status_code, response.json()["code"]) == (401, "invalid_token")


def test_it_makes_a_token_and_shows_it_once(alice_client, with_token):
    made = alice_client.post(TOKENS, BODY)

    token = made.json()["token"]
    stored = PersonalToken.objects.get()
    assert made.status_code == 201
    assert made.json() == {
        "id": stored.pk,
        "name": "Backup",
        "scopes": ["tasks:read", "tasks:write"],
        "created_at": made.json()["created_at"],
        "expires_at": None,
        "last_used_at": None,
        "token": token,
    }
    assert len(token) == 54
    assert stored.digest == digest(token)
    assert token not in str(PersonalToken.objects.values().get())
    assert with_token(token).get(TASKS).status_code == 200
    (listed,) = alice_client.get(TOKENS).json()
    assert listed.pop("last_used_at") is not None
    assert listed == {
        name: made.json()[name] for name in ["id", "name", "scopes", "created_at", "expires_at"]
    }


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_refuses_an_anonymous_caller(anonymous, db, method):
    assert getattr(anonymous, method)(TOKENS, BODY).status_code == 401
    assert not PersonalToken.objects.exists()


def test_it_lists_only_the_callers_tokens(alice_client, bob_client):
    alice_client.post(TOKENS, BODY)

    assert bob_client.get(TOKENS).json() == []


def test_a_deleted_token_is_dead(alice_client, with_token):
    made = alice_client.post(TOKENS, BODY).json()

    response = alice_client.delete(f"{TOKENS}/{made['id']}")

    assert response.status_code == 204
    assert refused(with_token(made["token"]))


def test_a_strangers_token_is_not_found(alice_client, bob_client):
    pk = alice_client.post(TOKENS, BODY).json()["id"]

    strangers, missing = bob_client.delete(f"{TOKENS}/{pk}"), bob_client.delete(f"{TOKENS}/999999")

    assert strangers.status_code == missing.status_code == 404
    assert strangers.content == missing.content
    assert PersonalToken.objects.filter(pk=pk).exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 151}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["tasks:delete"]}, "scopes"),
        ({"scopes": "tasks:read"}, "scopes"),
        ({"scopes": {"tasks:read": True}}, "scopes"),
        ({"scopes": None}, "scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-23:59"}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
    ],
)
def test_it_refuses_bad_input_and_names_the_member(alice_client, change, field):
    response = alice_client.post(TOKENS, {**BODY, **change})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field
    assert not PersonalToken.objects.exists()


@pytest.mark.parametrize(("days", "status"), [(730, 201), (732, 400)])
def test_a_token_lasts_two_years_at_most(alice_client, days, status):
    expires_at = timezone.now() + timedelta(days=days)

    assert alice_client.post(TOKENS, {**BODY, "expires_at": expires_at}).status_code == status


def test_an_expired_token_is_refused(alice_client, with_token):
    expires_at = timezone.now() + timedelta(hours=1)
    token = alice_client.post(TOKENS, {**BODY, "expires_at": expires_at}).json()["token"]
    before = with_token(token).get(TASKS).status_code

    PersonalToken.objects.update(expires_at=timezone.now())

    assert before == 200
    assert refused(with_token(token))


def test_a_user_has_50_tokens_at_most(alice_client, alice):
    PersonalToken.objects.bulk_create(
        PersonalToken(user=alice, name="x", digest=n, scopes="tasks:read") for n in range(49)
    )

    statuses = [alice_client.post(TOKENS, BODY).status_code for _ in range(2)]

    assert statuses == [201, 400]
    assert alice.personal_tokens.count() == 50


@pytest.mark.django_db(transaction=True)
def test_parallel_calls_do_not_exceed_the_limit(alice, sign_in, with_token, at_once):
    PersonalToken.objects.bulk_create(
        PersonalToken(user=alice, name="x", digest=n, scopes="tasks:read") for n in range(48)
    )
    access = sign_in(alice)["access"]

    statuses = at_once(4, lambda _: with_token(access).post(TOKENS, BODY).status_code)

    assert sorted(statuses) == [201, 201, 400, 400]


def test_one_query_finds_the_user(alice_client, with_token, django_assert_num_queries):
    client = with_token(alice_client.post(TOKENS, BODY).json()["token"])
    client.get(TASKS)

    with django_assert_num_queries(2):  # the user with the token, the tasks
        client.get(TASKS)


@pytest.mark.parametrize("place", [5, 20, 53])
def test_a_typo_is_refused_without_a_query(
    alice_client, with_token, django_assert_num_queries, place
):
    token = alice_client.post(TOKENS, BODY).json()["token"]
    other = "a" if token[place] != "a" else "b"
    client = with_token(token[:place] + other + token[place + 1 :])

    with django_assert_num_queries(0):
        assert refused(client)


def test_the_checksum_finds_every_typo_of_one_character():
    token = make_token()
    typos = {
        token[:place] + other + token[place + 1 :]
        for place in range(len(token))
        for other in "aZ09_-"
    }
    swaps = {
        token[:place] + token[place + 1] + token[place] + token[place + 2 :]
        for place in range(len(token) - 1)
    }

    assert is_well_formed(token)
    assert not any(is_well_formed(wrong) for wrong in (typos | swaps) - {token})


def test_a_refusal_says_so_in_the_header(with_token, db):
    response = with_token("todo_x").get(TASKS)

    assert response["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'


@pytest.mark.parametrize("token", ["todo_", "todo_" + "x" * 49, "todo_é", "todo_" + "x" * 9000])
def test_a_malformed_token_is_refused(with_token, db, token):
    assert refused(with_token(token))


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, False), (59, False), (61, True), (-59, False), (-3600, True)]
)
def test_the_last_use_is_written_once_a_minute(alice_client, with_token, seconds, written):
    client = with_token(alice_client.post(TOKENS, BODY).json()["token"])
    before = timezone.now() - timedelta(seconds=seconds)
    PersonalToken.objects.update(last_used_at=before)

    client.get(TASKS)

    assert (PersonalToken.objects.get().last_used_at != before) is written


def test_of_two_parallel_requests_one_writes_the_last_use(alice_client):
    alice_client.post(TOKENS, BODY)
    one, other = PersonalToken.objects.get(), PersonalToken.objects.get()
    now = timezone.now()
    one.note_use(now)

    other.note_use(now + timedelta(seconds=1))

    assert PersonalToken.objects.get().last_used_at == now


def test_a_token_survives_a_new_password(cyd, with_token, sign_in):
    client = with_token(sign_in(cyd)["access"])
    token = client.post(TOKENS, BODY).json()["token"]
    passwords = {"current_password": PASSWORD, "new_password": "a longer horse"}

    assert client.post("/api/auth/password", passwords).status_code == 204
    assert with_token(token).get(TASKS).status_code == 200


def test_logout_everywhere_deletes_the_tokens(alice_client, with_token):
    token = alice_client.post(TOKENS, BODY).json()["token"]

    alice_client.post("/api/auth/logout/all")

    assert refused(with_token(token))
    assert not PersonalToken.objects.exists()


def test_deactivation_deletes_the_tokens(alice_client, alice, with_token):
    token = alice_client.post(TOKENS, BODY).json()["token"]
    alice.is_active = False
    alice.save()

    assert refused(with_token(token))
    assert not PersonalToken.objects.exists()


def test_a_user_who_may_not_sign_in_has_no_valid_token(alice_client, alice, with_token, settings):
    token = alice_client.post(TOKENS, BODY).json()["token"]
    settings.EMAIL_VERIFICATION = "required"
    unconfirmed = refused(with_token(token))
    settings.EMAIL_VERIFICATION = "none"

    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert unconfirmed
    assert refused(with_token(token))


def test_confirming_the_address_deletes_tokens_that_somebody_else_may_have_made(alice, db):
    alice.personal_tokens.create(name="x", digest="x", scopes="tasks:read")

    alice.confirm_email()

    assert not PersonalToken.objects.exists()


def test_no_token_is_made_after_logout_everywhere(alice, alice_client):
    User.objects.get(pk=alice.pk).sign_out_everywhere()  # after the caller was looked up

    assert alice_client.post(TOKENS, BODY).status_code == 401
    assert not PersonalToken.objects.exists()
