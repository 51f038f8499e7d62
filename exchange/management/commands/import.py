import sys
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from rest_framework.exceptions import APIException, ValidationError

from exchange.files import read_named
from exchange.importer import load

from .export import find_user

EVERY = 100  # tasks between two updates of the progress


class Command(BaseCommand):
    help = "Import a file for a user, as POST /api/import does. All of it is stored, or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the user's e-mail address")
        parser.add_argument("file", type=Path, help="a .json, .csv or .ics file")

    def handle(self, *args: Any, **options: Any) -> None:
        user, path = find_user(options["user"]), options["file"]
        try:
            with path.open("rb") as stream:
                file = read_named(path.name, stream)
            total = len(file.tasks) + len(file.projects)
            result = load(user, file, lambda done: self.show(done, total))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        except APIException as error:
            raise CommandError(f"{path}: {explain(error)}") from None
        for warning in result["warnings"]:
            place = f"line {warning['line']}: " if warning["line"] else ""
            self.stderr.write(f"{place}{warning['message']}")
        self.stdout.write(f"{result['created']} created, {result['skipped']} skipped.")

    def show(self, done: int, total: int) -> None:
        """The progress, on a terminal."""
        if sys.stderr.isatty() and (done % EVERY == 0 or done == total):
            end = "\n" if done == total else ""
            self.stderr.write(f"\r{done} of {total}", ending=end)


def explain(error: APIException) -> str:
    detail: Any = error.detail
    return " ".join(faults(detail)) if isinstance(error, ValidationError) else str(detail)


def faults(detail: Any, path: str = "") -> list[str]:
    """The messages of a validation error, each with the place that it is about."""
    if isinstance(detail, dict):
        return [
            text
            for name, one in detail.items()
            for text in faults(one, f"{path}.{name}" if path else str(name))
        ]
    return [f"{path}: {one}" for one in detail]
