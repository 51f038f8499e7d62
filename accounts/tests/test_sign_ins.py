import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import SignIn

from .conftest import PASSWORD

SIGN_INS, ME, REFRESH = "/api/auth/sign-ins", "/api/auth/me", "/api/auth/refresh"
LOGIN = {"email": "cyd@example.com", "password": PASSWORD}


@pytest.fixture
def log_in(anonymous, cyd):
    """Logs Cyd in with this program and gives the pair of tokens."""

    def call(agent):
        return anonymous.post("/api/auth/login", LOGIN, headers={"user-agent": agent}).json()

    return call


def test_it_lists_the_sign_ins_the_newest_first(log_in, with_token):
    log_in("Phone")
    client = with_token(log_in("Laptop")["access"])

    response = client.get(SIGN_INS)

    old, new = SignIn.objects.order_by("created_at")
    assert response.status_code == 200
    assert [one["user_agent"] for one in response.json()] == ["Laptop", "Phone"]
    assert [one["current"] for one in response.json()] == [True, False]
    assert [one["id"] for one in response.json()] == [str(new.pk), str(old.pk)]
    assert {*response.json()[0]} == {"id", "created_at", "last_used_at", "user_agent", "current"}


def test_two_queries_list_any_number(log_in, with_token, django_assert_num_queries):
    for agent in ["Phone", "Tablet"]:
        log_in(agent)
    client = with_token(log_in("Laptop")["access"])

    with django_assert_num_queries(2):  # the caller, the sign-ins
        assert len(client.get(SIGN_INS).json()) == 3


def test_an_anonymous_caller_is_refused(anonymous, cyd, sign_in):
    sign_in(cyd)

    assert anonymous.get(SIGN_INS).status_code == 401
    assert anonymous.delete(f"{SIGN_INS}/{SignIn.objects.get().pk}").status_code == 401
    assert SignIn.objects.exists()


def test_an_ended_sign_in_has_no_valid_token(log_in, with_token, anonymous):
    lost, client = log_in("Phone"), with_token(log_in("Laptop")["access"])
    pk = client.get(SIGN_INS).json()[1]["id"]

    response = client.delete(f"{SIGN_INS}/{pk}")

    assert response.status_code == 204
    assert with_token(lost["access"]).get(ME).status_code == 401
    assert anonymous.post(REFRESH, {"refresh": lost["refresh"]}).status_code == 401
    assert [one["user_agent"] for one in client.get(SIGN_INS).json()] == ["Laptop"]


def test_the_current_one_can_be_ended(log_in, with_token):
    client = with_token(log_in("Laptop")["access"])

    assert client.delete(f"{SIGN_INS}/{SignIn.objects.get().pk}").status_code == 204
    assert client.get(SIGN_INS).status_code == 401


def test_a_strangers_sign_in_is_not_found(log_in, bob_client):
    log_in("Laptop")
    pk = SignIn.objects.get().pk

    strangers = bob_client.delete(f"{SIGN_INS}/{pk}")
    missing = bob_client.delete(f"{SIGN_INS}/{uuid.uuid4()}")

    assert strangers.status_code == missing.status_code == 404
    assert strangers.content == missing.content
    assert SignIn.objects.filter(pk=pk).exists()
    assert bob_client.get(SIGN_INS).json() == []


def test_an_expired_sign_in_is_not_listed(cyd, alice_client, alice):
    alice.sign_ins.create(refresh_id="x", expires_at=timezone.now())

    assert alice_client.get(SIGN_INS).json() == []


def test_a_refresh_is_a_use_and_another_call_is_none(log_in, with_token, anonymous):
    pair = log_in("Laptop")
    long_ago = timezone.now() - timedelta(days=1)
    SignIn.objects.update(last_used_at=long_ago)
    with_token(pair["access"]).get(ME)
    after_a_call = SignIn.objects.get().last_used_at

    anonymous.post(REFRESH, {"refresh": pair["refresh"]})

    assert after_a_call == long_ago
    assert SignIn.objects.get().last_used_at > long_ago


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("x" * 400, "x" * 300), ("a\0b\x1b[31m\u202ec", "ab[31mc"), ("", "")],
)
def test_the_user_agent_is_stored_in_a_safe_form(log_in, sent, stored):
    log_in(sent)

    assert SignIn.objects.get().user_agent == stored
