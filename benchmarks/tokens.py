"""Writes tokens and task ids for the clients of the benchmarks.

    python benchmarks/tokens.py FOLDER [USERS]

FOLDER/project and FOLDER/peer get a line for each of the first USERS users: an access token and the
ids of up to 100 of the user's tasks. Creates the sign-ins of the project's tokens.
"""

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


def main(folder: Path, users: int) -> None:
    key: Any = settings.SIMPLE_JWT["SIGNING_KEY"]
    with open(folder / "project", "w") as project, open(folder / "peer", "w") as peer:
        for user in User.objects.order_by("id")[:users]:
            ids = " ".join(
                str(pk) for pk in user.tasks.order_by("id").values_list("pk", flat=True)[:100]
            )
            token = RefreshToken.for_user(user).access_token
            claims = {"user_id": str(user.pk), "exp": token["exp"]}
            project.write(f"{token} {ids}\n")
            peer.write(f"{jwt.encode(claims, key)} {ids}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
