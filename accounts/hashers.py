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
    """At most `number` threads of this process are at work on a password at a time.

    Another waits for its turn, and holds up requests of other kinds, so it does not wait for long:
    then it raises `Busy`, and while there is a crowd the next ones do so at once.
    """

    WAIT = 0.1  # seconds, a few hashes
    CROWD = 3  # seconds that a crowd is taken to last after the last refusal

    def __init__(self, number: int) -> None:
        self.free = BoundedSemaphore(number)
        self.thread, self.crowd_until = local(), 0.0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Holds a slot, around all that is done about a password; a second one is the same."""
        if getattr(self.thread, "has_one", False):
            yield
            return
        self.enter()
        self.thread.has_one = True
        try:
            yield
        finally:
            self.thread.has_one = False
            self.free.release()

    def enter(self) -> None:
        if not self.free.acquire(timeout=self.patience):
            self.crowd_until = monotonic() + self.CROWD
            raise Busy()

    @property
    def patience(self) -> float:
        return 0 if monotonic() < self.crowd_until else self.WAIT


# Half of the threads, so that one at least is left to others. More would be no faster: each hash
# keeps a core busy.
SLOTS = max(1, settings.THREADS // 2)
slots = Slots(SLOTS)
# Where there is not enough of the processor for all, other requests go first. On Linux each thread
# has a priority of its own, which it may only lower.
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
    """For passwords that another application has hashed; `verify()` calls this too."""

    def encode(self, *args: Any) -> Any:
        return in_slot(super().encode, *args)
