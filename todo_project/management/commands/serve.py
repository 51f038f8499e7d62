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

from todo_project import __version__
from todo_project.checks import is_public
from todo_project.server.probes import missing_migrations

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Serve the API with granian. HOST, PORT, WORKERS and THREADS configure it."
    requires_system_checks = []  # they import the apps, and the metrics folder must be set first

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="apply migrations first")

    def handle(self, *args: Any, **options: Any) -> None:
        with metrics_folder():
            self.check()
            self.prepare_database(options["migrate"], options["verbosity"])
            connections.close_all()  # or the forked workers would share them
            self.claim_port()
            self.report(configuration())
            serve()

    def prepare_database(self, migrate: bool, verbosity: int) -> None:
        try:
            if migrate:
                call_command("migrate", verbosity=verbosity)
            elif missing_migrations():
                raise CommandError("Some migrations are not applied. Run serve --migrate.")
        except DatabaseError as error:
            raise CommandError(f"{error} ({describe('default')})") from error

    def claim_port(self) -> None:
        """Raises if the port is in use. Granian would share it, and both servers would answer."""
        with socket.socket(socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.HOST, settings.PORT))
            except OSError as error:
                raise CommandError(f"{settings.HOST}:{settings.PORT}: {error.strerror}") from error

    def report(self, facts: dict[str, str]) -> None:
        if settings.LOG_FORMAT == "json":
            logger.info("Serving", extra={"fields": facts})
            return
        facts["stop"] = "Ctrl-C"
        self.stdout.write("".join(f"{name:<14} {fact}\n" for name, fact in facts.items()))


@contextmanager
def metrics_folder() -> Iterator[None]:
    """A temporary folder for the metrics of all workers, in memory if possible."""
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  (the name is random)
    with TemporaryDirectory(prefix="todo-", dir=memory, ignore_cleanup_errors=True) as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def serve() -> None:
    if not is_public():
        # This warning recommends a kernel setting that docs/operation.md explains.
        hint = "tcp_migrate_req"
        logging.getLogger("_granian").addFilter(lambda record: hint not in record.getMessage())
    server: Any = Server(
        "todo_project.wsgi:application",
        address=settings.HOST,
        port=settings.PORT,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,  # HTTP/2 bodies may have no Content-Length
        websockets=False,
        workers=settings.WORKERS,
        blocking_threads=settings.THREADS,
        blocking_threads_idle_timeout=600,  # seconds; a thread that ends closes its connection
        respawn_failed_workers=True,
        workers_kill_timeout=20,  # seconds; a worker may be sending mails or still be starting
        workers_max_rss=settings.WORKER_MAX_MIB,
        rss_sample_interval=1,  # seconds; in 30, the default, a worker can far exceed the limit
        log_dictconfig=settings.LOGGING,
    )
    server.serve()


def configuration() -> dict[str, str]:
    """The configuration in effect, without secrets and without empty values."""
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    url = f"http://{host}:{settings.PORT}"
    public = f", for {place(settings.PUBLIC_URL)}" if settings.PUBLIC_URL else ""
    facts = {
        "version": __version__,
        "address": url + public,
        "docs": f"{url}/docs and {url}/redoc",
        "browsable API": f"{url}/",
        "admin": f"{url}/admin/",
        "data": ", ".join(describe(alias) for alias in settings.DATABASES),
        "workers": f"{settings.WORKERS} with {settings.THREADS} threads each; "
        f"replaced above {settings.WORKER_MAX_MIB} MiB",
        "cache": ", ".join(map(place, filter(None, settings.CACHE_URL.split(",")))),
        "hosts": ", ".join(settings.ALLOWED_HOSTS),
        "proxies": f"{settings.TRUSTED_PROXIES} trusted" if settings.TRUSTED_PROXIES else "",
        "mail": settings.EMAIL_HOST if "smtp" in settings.EMAIL_BACKEND else "printed here",
        "Better Auth": " and ".join(better_auth_tokens()),
        "metrics": f"{url}/metrics" if settings.METRICS_TOKEN else "",
    }
    return {name: fact for name, fact in facts.items() if fact}


def better_auth_tokens() -> Iterator[str]:
    if settings.BETTER_AUTH_URL:
        yield f"tokens of {place(settings.BETTER_AUTH_URL)}"
    if settings.BETTER_AUTH_SECRET:
        yield "tokens signed with its secret"


def describe(alias: str) -> str:
    database: Any = settings.DATABASES[alias]
    if database["ENGINE"].endswith("sqlite3"):
        return f"SQLite in {database['NAME']}"
    address = f"{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"
    if alias == "direct":
        return f"migrated at {address}"
    pooled = " (pooled)" if "DISABLE_SERVER_SIDE_CURSORS" in database else ""
    return f"PostgreSQL at {address}{pooled}"


def place(url: str) -> str:
    """The scheme, host and port of a URL. The rest may be secret."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(not a valid URL)"
    return f"{parts.scheme}://{parts.hostname}{port}"
