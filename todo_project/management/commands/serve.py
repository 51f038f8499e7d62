from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandParser, call_command
from granian.constants import Interfaces
from granian.server import Server


class Command(BaseCommand):
    help = "Serve the API with granian, as the environment says (HOST, PORT, WORKERS, THREADS)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="apply migrations first")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["migrate"]:
            call_command("migrate", verbosity=options["verbosity"])
        url = f"http://{settings.HOST}:{settings.PORT}"
        self.stdout.write(
            f"Serving on {url}\n"
            f"  docs           {url}/docs and {url}/redoc\n"
            f"  browsable API  {url}/\n"
            f"  admin          {url}/admin/\n"
        )
        Server(
            "todo_project.wsgi:application",
            address=settings.HOST,
            port=settings.PORT,
            interface=Interfaces.WSGI,
            websockets=False,
            workers=settings.WORKERS,
            blocking_threads=settings.THREADS,
        ).serve()
