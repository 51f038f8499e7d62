import socket
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from granian.constants import HTTPModes, Interfaces
from granian.server import Server


class Command(BaseCommand):
    help = "Serve the API with granian, as the environment says (HOST, PORT, WORKERS, THREADS)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="apply migrations first")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["migrate"]:
            call_command("migrate", verbosity=options["verbosity"])
        self.claim_port()
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
            http=HTTPModes.http1,  # a body over HTTP/2 needs no length to be told by
            websockets=False,
            workers=settings.WORKERS,
            blocking_threads=settings.THREADS,
            workers_kill_timeout=30,  # seconds, for a worker that mails hold up
        ).serve()

    def claim_port(self) -> None:
        """Granian shares a port with whoever else shares it, so two servers would mix."""
        with socket.socket(socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.HOST, settings.PORT))
            except OSError as error:
                raise CommandError(f"{settings.HOST}:{settings.PORT}: {error.strerror}") from error
