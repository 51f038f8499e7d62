"""Only what the models forbid is a conflict; any other broken constraint is a fault of the code."""

import logging

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import IdempotencyKey, Identity, SignIn, User
from tasks import views
from tasks.models import Task


def same_address(alice):
    User.objects.create(email=alice.email)


def capitals(alice):
    User.objects.filter(pk=alice.pk).update(email="Alice@example.com")


def same_key(alice):
    for _ in range(2):
        IdempotencyKey.objects.create(user=alice, key="key", digest="x", status=201, body={})


def empty_title(alice):
    Task.objects.bulk_create([Task(owner=alice, updated_at=timezone.now(), title="")])


def same_identity(alice):
    for _ in range(2):
        Identity.objects.create(issuer="https://app.example", subject="1", user=alice)


def same_primary_key(alice):
    for _ in range(2):
        SignIn(pk="0" * 32, user=alice, expires_at=timezone.now()).save(force_insert=True)


def no_description(alice):
    Task.objects.create(owner=alice, title="Buy milk")
    Task.objects.update(description=None)


def constraint_of_no_model(alice):
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX nobody_knows_it ON tasks_task (description)")
    for _ in range(2):
        Task.objects.create(owner=alice, title="Buy milk")


@pytest.fixture
def create(alice_client, alice, monkeypatch):
    """Creates a task, and does something else in its place; gives the answer."""

    def call(what):
        monkeypatch.setattr(views.TaskViewSet, "perform_create", lambda *_: what(alice))
        alice_client.raise_request_exception = False
        with pytest.raises(IntegrityError), transaction.atomic():
            what(alice)
        with transaction.atomic():
            response = alice_client.post("/api/tasks", {"title": "Buy milk"})
            transaction.set_rollback(True)
        return response

    return call


@pytest.mark.parametrize("what", [same_address, capitals, same_key, empty_title, same_identity])
def test_what_a_model_forbids_is_a_conflict(create, what):
    response = create(what)

    assert (response.status_code, response.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("what", [same_primary_key, no_description, constraint_of_no_model])
def test_anything_else_is_our_fault_and_logged(create, what, caplog):
    caplog.set_level(logging.ERROR)

    response = create(what)

    assert (response.status_code, response.json()["code"]) == (500, "error")
    assert "IntegrityError" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_an_account_that_has_gone_is_a_conflict(alice_client, alice, monkeypatch):
    def create(view, serializer):
        serializer.save(owner=alice)
        view.writing.flush()
        SignIn.objects.create(user_id=alice.pk + 1, expires_at=timezone.now())

    monkeypatch.setattr(views.TaskViewSet, "perform_create", create)

    response = alice_client.post("/api/tasks", {"title": "Buy milk"})

    assert (response.status_code, response.json()["code"]) == (409, "conflict")


def test_the_sign_up_page_blames_nobody_for_our_fault(client, db, monkeypatch):
    def fail(*args, **fields):
        Group.objects.bulk_create([Group(name=None)])

    monkeypatch.setattr(User.objects, "create_user", fail)
    form = {"email": "a@example.com", "password": "correct horse", "timezone": "UTC"}

    with pytest.raises(IntegrityError):
        client.post("/api-auth/register/", form)
