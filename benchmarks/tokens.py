"""Writes what the clients of the benchmarks know.

    python benchmarks/tokens.py FILE [USERS]

FILE gets a line of JSON for each of the first USERS users: an access token for each contender, the
ids of up to 100 tasks, the ids of tasks that repeat, and the secret of the calendar's address.
Creates the sign-ins of the project's tokens and the addresses of the calendars.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "todo_project.settings")

import django

django.setup()

import jwt
from django.conf import settings

from accounts.models import User
from accounts.tokens import RefreshToken
from exchange.models import CalendarFeed


def client(user: User) -> dict[str, Any]:
    key: Any = settings.SIMPLE_JWT["SIGNING_KEY"]
    token = RefreshToken.for_user(user).access_token
    claims = {"user_id": str(user.pk), "exp": token["exp"]}
    ids = user.tasks.order_by("id").values_list("pk", flat=True)
    return {
        "tokens": {name: str(token) for name in ("project", "raw")}
        | {"peer": jwt.encode(claims, key)},
        "ids": list(ids.filter(repeat=None)[:100]),
        "repeating": list(ids.exclude(repeat=None)),
        "secret": CalendarFeed.replace(user.pk),
    }


def main(path: Path, users: int) -> None:
    with open(path, "w") as file:
        for user in User.objects.order_by("id")[:users]:
            file.write(json.dumps(client(user)) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
