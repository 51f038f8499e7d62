import gc
import threading
from contextlib import suppress

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connections
from rest_framework.test import APIClient

from accounts import hashers
from accounts.models import User
from accounts.tokens import RefreshToken
from tasks.models import Task

COSTS = ("memory_cost", "time_cost")
REAL_COSTS = [getattr(hashers.BoundedArgon2PasswordHasher, name) for name in COSTS]


def pytest_collection_finish():
    """Without this, each full garbage collection looks at thousands of collected tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def tuned():
    with pytest.MonkeyPatch.context() as patch:
        # Otherwise each new test client lists all static files first.
        patch.setattr(settings, "WHITENOISE_AUTOREFRESH", True, raising=False)
        # A test may have more threads than a worker has, and its machine be busy with others.
        patch.setattr(hashers, "slots", hashers.Slots(1000))
        set_costs(patch, [8, 1])
        yield


def set_costs(patch, costs):
    for name, cost in zip(COSTS, costs, strict=True):
        patch.setattr(hashers.BoundedArgon2PasswordHasher, name, cost)


@pytest.fixture
def without_collections():
    """Disables automatic collections."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def real_hashes(monkeypatch):
    """For tests of the hashes. Others have cheap ones."""
    set_costs(monkeypatch, REAL_COSTS)


@pytest.fixture(autouse=True)
def pages_from_nobody():
    """Calls of pages are counted in the cache, which outlives a test."""
    caches["default"].clear()


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
def token_client(alice):
    """Alice with a token: each request reads the user, so its counter is up to date."""
    token = RefreshToken.for_user(alice).access_token
    return APIClient(headers={"authorization": f"Bearer {token}"})


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
