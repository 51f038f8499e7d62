import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager
from functools import cache
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings

from .forks import UNPRIVILEGED, Forks

# The variables that a public server needs in addition to ALLOWED_HOSTS.
PUBLIC = {
    "PUBLIC_URL": "https://todo.example",
    "FRONTEND_URL": "https://app.example",
    "EMAIL_URL": "smtp://mail.example",
    "TRUSTED_PROXIES": "1",
}


@pytest.fixture(scope="session")
def copy_project():
    """Copies the runtime files of the project to a folder, as in a fresh clone."""

    def copy(target):
        left = shutil.ignore_patterns(".*", "e2e", "faults", "fuzz", "tests", "var")
        return shutil.copytree(settings.BASE_DIR, target, ignore=left, dirs_exist_ok=True)

    return copy


@pytest.fixture(scope="session")
def one_copy(copy_project, tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def project(one_copy):
    """A copy of the project, with nothing that an earlier test added."""
    copied = set(one_copy.iterdir())
    yield one_copy
    for added in set(one_copy.iterdir()) - copied:
        shutil.rmtree(added) if added.is_dir() else added.unlink()


@cache
def forks():
    started = Forks()
    atexit.register(started.close)
    return started


def run(project, *arguments, **variables):
    """Runs Python in a copy of the project, as in a new process; see `forks.py`."""
    return forks().run(arguments, project, {"PATH": os.environ["PATH"], **variables})


def show(project, expression, run=run, **variables):
    """The value of a setting in an environment with only these variables."""
    code = f"from todo_project import settings; print({expression})"
    return run(project, "-c", code, **variables)


def serve(project, *options, **variables):
    """The result of `serve` when it refuses to start."""
    return run(project, "manage.py", "serve", *options, **variables)


def run_new(project, *arguments, **variables):
    """Runs Python in a new process, subject to file permissions even for root."""
    return subprocess.run(
        [*UNPRIVILEGED, sys.executable, *arguments],
        cwd=project,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.fixture(scope="session")
def serving(one_copy, tmp_path_factory):
    """Starts a server on a new database of the tested kind and gives its URL."""

    @contextmanager
    def serve(**variables):
        folder = tmp_path_factory.mktemp("served")
        port = str(free_port())
        place = {"PATH": os.environ["PATH"], "PORT": port, "VAR_DIR": str(folder / "var")}
        environment = {**place, "WORKERS": "1", **variables}
        with fresh_database() as database, open(folder / "log", "w") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--migrate"],
                cwd=one_copy,
                env={**database, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                wait_for(f"http://127.0.0.1:{port}/ready", process, folder / "log")
                serve.output = (folder / "log").read_text()
                yield f"http://127.0.0.1:{port}"
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=30)

    return serve


@pytest.fixture(scope="session")
def server(serving):
    """The URL of a server that is started as in the README."""
    with serving(WORKERS="") as address:
        yield address


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def fresh_database():
    """The variables for a separate database; none for the embedded database."""
    if settings.EMBEDDED_DATABASE:
        yield {}
        return
    database = settings.DATABASES["default"]
    user = quote(database["USER"]) + (
        f":{quote(database['PASSWORD'])}" * bool(database["PASSWORD"])
    )
    address = f"postgres://{user}@{database['HOST']}:{database['PORT'] or 5432}"
    name = f"todo_served_{os.getpid()}_{time.monotonic_ns()}"
    keys = {"SECRET_KEY": "s" * 50, "JWT_SIGNING_KEY": "j" * 50}
    with closing(psycopg.connect(f"{address}/postgres", autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield {"DATABASE_URL": f"{address}/{name}", **keys}
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def wait_for(url, process, log):
    for _ in range(300):
        try:
            return urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(f"No answer from {url}: {log.read_text()}")
