import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.db import DatabaseError, connections
from granian.constants import HTTPModes, Interfaces
from granian.server import Server

from todo_project.server.probes import missing_migrations

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Serve the API with granian, as the environment says (HOST, PORT, WORKERS, THREADS)."
    requires_system_checks = []  # they import all, and the figures' folder must be known before

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="apply migrations first")

    def handle(self, *args: Any, **options: Any) -> None:
        with shared_figures():
            self.check()
            self.prepare_database(options["migrate"], options["verbosity"])
            connections.close_all()  # or the workers, which are forks, would share them
            self.claim_port()
            self.tell(configuration())
            serve()

    def prepare_database(self, migrate: bool, verbosity: int) -> None:
        try:
            if migrate:
                call_command("migrate", verbosity=verbosity)
            elif missing_migrations():
                raise CommandError("The database lacks migrations. Run serve --migrate.")
        except DatabaseError as error:
            raise CommandError(f"{error} ({describe('default')})") from error

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
    """A folder where the workers put their figures for `/metrics`, in memory if possible."""
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  (a name nobody can foresee)
    with TemporaryDirectory(prefix="todo-", dir=memory, ignore_cleanup_errors=True) as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


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
        blocking_threads_idle_timeout=600,  # seconds; a thread that ends takes its connection along
        respawn_failed_workers=True,
        workers_kill_timeout=20,  # seconds: mails may hold a worker up, or it has just started
        workers_max_rss=settings.WORKER_MAX_MIB,
        rss_sample_interval=1,  # seconds; in the default of 30 a worker can grow far beyond
        log_dictconfig=settings.LOGGING,
    )
    server.serve()


def configuration() -> dict[str, str]:
    """What is in effect, without a secret."""
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    url = f"http://{host}:{settings.PORT}"
    public = f", for {place(settings.PUBLIC_URL)}" if settings.PUBLIC_URL else ""
    return {
        "serving": url + public,
        "docs": f"{url}/docs and {url}/redoc",
        "browsable API": f"{url}/",
        "admin": f"{url}/admin/",
        "workers": f"{settings.WORKERS}, each {settings.THREADS} threads",
        "memory": f"{settings.WORKER_MAX_MIB} MiB a worker, then it is replaced",
        "database": ", ".join(describe(alias) for alias in settings.DATABASES),
        "cache": ", ".join(map(place, filter(None, settings.CACHE_URL.split(","))))
        or "local memory of each worker",
        "hosts": ", ".join(settings.ALLOWED_HOSTS),
        "proxies": f"{settings.TRUSTED_PROXIES} trusted",
        "mail": settings.EMAIL_HOST if "smtp" in settings.EMAIL_BACKEND else "console",
        "tokens": ", ".join(["ours", *better_auth_tokens()]),
        "logs": settings.LOG_FORMAT,
        "metrics": "/metrics" if settings.METRICS_TOKEN else "off",
    }


def better_auth_tokens() -> Iterator[str]:
    if settings.BETTER_AUTH_URL:
        yield f"those of Better Auth at {place(settings.BETTER_AUTH_URL)} by its keys"
    if settings.BETTER_AUTH_SECRET:
        yield "those signed with Better Auth's secret"


def describe(alias: str) -> str:
    database: Any = settings.DATABASES[alias]
    if database["ENGINE"].endswith("sqlite3"):
        return f"SQLite in {database['NAME']}"
    address = f"{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"
    if alias == "direct":
        return f"migrated at {address}"
    return f"PostgreSQL at {address}" + " pooled" * ("DISABLE_SERVER_SIDE_CURSORS" in database)


def place(url: str) -> str:
    """Scheme, host and port of an address, as the rest may be secret."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(no address)"
    return f"{parts.scheme}://{parts.hostname}{port}"
