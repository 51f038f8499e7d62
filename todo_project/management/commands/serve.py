import logging
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.db import connections
from granian.constants import HTTPModes, Interfaces
from granian.server import Server

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Serve the API with granian, as the environment says (HOST, PORT, WORKERS, THREADS)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="apply migrations first")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["migrate"]:
            call_command("migrate", verbosity=options["verbosity"])
        connections.close_all()  # or the workers, which are forks, would share them
        self.claim_port()
        self.tell(configuration())
        with shared_figures():
            serve()

    def claim_port(self) -> None:
        """Granian shares a port with whoever else shares it, so two servers would mix."""
        with socket.socket(socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.HOST, settings.PORT))
            except OSError as error:
                raise CommandError(f"{settings.HOST}:{settings.PORT}: {error.strerror}") from error

    def tell(self, facts: dict[str, str]) -> None:
        if settings.LOG_FORMAT == "json":
            logger.info("Serving", extra={"fields": facts})
        else:
            self.stdout.write("".join(f"{name:<14} {fact}\n" for name, fact in facts.items()))


@contextmanager
def shared_figures() -> Iterator[None]:
    """The folder in which workers put their figures for `/metrics`: empty, and gone in the end."""
    if settings.METRICS_TOKEN:
        folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder, mode=0o700)
    yield
    if settings.METRICS_TOKEN:
        shutil.rmtree(folder)


def serve() -> None:
    server: Any = Server(
        "todo_project.wsgi:application",
        address=settings.HOST,
        port=settings.PORT,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,  # a body over HTTP/2 needs no length to be told by
        websockets=False,
        workers=settings.WORKERS,
        blocking_threads=settings.THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=30,  # seconds, for a worker that mails hold up
        workers_max_rss=settings.WORKER_MAX_MIB,
        log_dictconfig=settings.LOGGING,
    )
    server.serve()


def configuration() -> dict[str, str]:
    """What is in effect, without a secret."""
    url = f"http://{settings.HOST}:{settings.PORT}"
    return {
        "serving": f"{url}, for {settings.PUBLIC_URL}" if settings.PUBLIC_URL else url,
        "docs": f"{url}/docs and {url}/redoc",
        "browsable API": f"{url}/",
        "admin": f"{url}/admin/",
        "workers": f"{settings.WORKERS}, each {settings.THREADS} threads",
        "memory": f"{settings.WORKER_MAX_MIB} MiB a worker, then it is replaced",
        "database": ", ".join(describe(alias) for alias in settings.DATABASES),
        "cache": without_secrets(settings.CACHE_URL) or "local memory of each worker",
        "hosts": ", ".join(settings.ALLOWED_HOSTS),
        "proxies": f"{settings.TRUSTED_PROXIES} trusted",
        "mail": settings.EMAIL_HOST if "smtp" in settings.EMAIL_BACKEND else "console",
        "logs": settings.LOG_FORMAT,
        "metrics": "/metrics" if settings.METRICS_TOKEN else "off",
    }


def describe(alias: str) -> str:
    database: Any = settings.DATABASES[alias]
    if database["ENGINE"].endswith("sqlite3"):
        return f"SQLite in {database['NAME']}"
    place = f"{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"
    if alias == "direct":
        return f"migrated at {place}"
    return f"PostgreSQL at {place}" + " pooled" * ("DISABLE_SERVER_SIDE_CURSORS" in database)


def without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
