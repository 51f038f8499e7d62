"""Threads that do one thing at the same moment, and Django set up for them."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "todo_project.settings")

import django

django.setup()
logging.getLogger("todo_project").setLevel(logging.ERROR)

from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import RefreshToken


class Crew:
    """Threads that each keep a connection and do one thing at the same moment, round by round."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.start, self.end = threading.Barrier(size + 1), threading.Barrier(size + 1)
        self.call: Callable[[int], Any] | None = None
        self.results: list[Any] = [None] * size
        for n in range(size):
            threading.Thread(target=self.work, args=[n]).start()

    def work(self, n: int) -> None:
        while True:
            self.start.wait()
            if self.call is None:
                connection.close()
                return
            try:
                self.results[n] = self.call(n)
            except Exception as error:
                self.results[n] = error
            self.end.wait()

    def together(self, call: Callable[[int], Any]) -> list[Any]:
        self.call = call
        self.start.wait()
        self.end.wait()
        return self.results[:]

    def dismiss(self) -> None:
        self.call = None
        self.start.wait()


def clients_of(user: User, count: int) -> list[APIClient]:
    """With a token: each request reads the user, so its counter is up to date."""
    token = RefreshToken.for_user(user).access_token
    return [APIClient(headers={"authorization": f"Bearer {token}"}) for _ in range(count)]
