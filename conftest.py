import threading
from contextlib import suppress

import pytest
from django.core.cache import caches
from django.db import connections
from rest_framework.test import APIClient

from accounts import hashers
from accounts.models import User
from tasks.models import Task


@pytest.fixture(autouse=True)
def static_files_on_demand(settings):
    """Without this, each new test client lists all static files first."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def slots_for_all(monkeypatch):
    """A test may have more threads than a worker has, and its machine be busy with others."""
    monkeypatch.setattr(hashers, "slots", hashers.Slots(1000))


@pytest.fixture(autouse=True)
def pages_from_nobody():
    """Calls of pages are counted in the cache, which outlives a test."""
    caches["default"].clear()


@pytest.fixture
def cheap_hashes(settings):
    """For tests that hash many passwords and do not depend on the hash."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alice(db):
    return User.objects.create_user("alice@example.com", name="Alice")


@pytest.fixture
def bob(db):
    return User.objects.create_user("bob@example.com", name="Bob")


def signed_in(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def client_for():
    """Gives a client in which a user is signed in."""
    return signed_in


@pytest.fixture
def alice_client(alice, client_for):
    return client_for(alice)


@pytest.fixture
def bob_client(bob, client_for):
    return client_for(bob)


@pytest.fixture
def anonymous():
    return APIClient()


@pytest.fixture
def staff(client, db):
    """A browser in which a superuser is signed in."""
    client.force_login(User.objects.create_superuser("root@example.com"))
    return client


@pytest.fixture
def milk(alice):
    """A task that Alice owns."""
    return Task.objects.create(owner=alice, title="Buy milk")


@pytest.fixture
def at_once():
    """Runs a call in several threads at the same time. Gives their results or exceptions."""

    def run(count, call):
        barrier, results = threading.Barrier(count), [None] * count
        one_by_one = threading.Lock()

        def work(n):
            # A new connection collects garbage, of which a test process has much. All at once,
            # they would wait for each other until they time out.
            with one_by_one, suppress(Exception):  # the call will fail, too
                connections["default"].ensure_connection()
            barrier.wait()
            try:
                results[n] = call(n)
            except Exception as error:
                results[n] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=work, args=[n]) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    return run
