import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from django.conf import settings


@pytest.fixture(scope="session")
def copy_project():
    """Copies what runs of the project to a folder, as a fresh clone has it."""

    def copy(target):
        for name in ("todo_project", "tasks", "accounts"):
            shutil.copytree(settings.BASE_DIR / name, target / name)
        shutil.copy(settings.BASE_DIR / "manage.py", target)
        return target

    return copy


@pytest.fixture(scope="session")
def server(copy_project, tmp_path_factory):
    """The address of a server on a fresh database."""
    project = copy_project(tmp_path_factory.mktemp("project"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--migrate"],
        cwd=project,
        env={"PATH": os.environ["PATH"], "PORT": str(port), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/ready", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def wait_for(url, process):
    for _ in range(300):
        try:
            return urllib.request.urlopen(url, timeout=5).close()
        except (OSError, urllib.error.URLError):
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.1)
    raise AssertionError(f"No answer from {url}")
