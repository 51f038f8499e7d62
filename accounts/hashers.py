import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import BoundedSemaphore, local
from time import monotonic
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher

from todo_project.api.problems import Busy


class Slots:
    """At most `number` threads of this process work on passwords at the same time.

    A waiting thread blocks other requests, so it waits only for `WAIT` and then raises `Busy`.
    For `BUSY_FOR` after that, other threads raise `Busy` without waiting if no slot is free.
    """

    WAIT = 0.1  # seconds, the time of a few hashes
    BUSY_FOR = 3  # seconds after the last `Busy` during which threads do not wait

    def __init__(self, number: int) -> None:
        self.free = BoundedSemaphore(number)
        self.thread, self.busy_until = local(), 0.0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Holds a slot for all work on a password. Nested calls in a thread share the slot."""
        if getattr(self.thread, "has_one", False):
            yield
            return
        self.acquire()
        self.thread.has_one = True
        try:
            yield
        finally:
            self.thread.has_one = False
            self.free.release()

    def acquire(self) -> None:
        if not self.free.acquire(timeout=self.timeout):
            self.busy_until = monotonic() + self.BUSY_FOR
            raise Busy()

    @property
    def timeout(self) -> float:
        return 0 if monotonic() < self.busy_until else self.WAIT


# Half of the threads, so that other requests have at least one. More slots would not be faster,
# because each hash uses a whole core.
SLOTS = max(1, settings.THREADS // 2)
slots = Slots(SLOTS)
# When the processor is busy, other requests go first. On Linux each thread has its own priority,
# which it may only lower.
pool = ThreadPoolExecutor(SLOTS, "hash", initializer=os.nice, initargs=(5,))


def in_slot(work: Callable[..., Any], *args: Any) -> Any:
    with slots.take():
        return pool.submit(work, *args).result()


class BoundedArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id with OWASP's recommended parameters: 19 MiB, two passes, one lane.

    The source is the Password Storage Cheat Sheet. Django's default uses 100 MiB per login, so a
    few dozen simultaneous logins would exhaust a small machine.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    def encode(self, *args: Any) -> Any:
        return in_slot(super().encode, *args)

    def verify(self, *args: Any) -> Any:
        return in_slot(super().verify, *args)


class BoundedPBKDF2PasswordHasher(PBKDF2PasswordHasher):
    """For passwords hashed by another application. `verify()` also calls `encode()`."""

    def encode(self, *args: Any) -> Any:
        return in_slot(super().encode, *args)
