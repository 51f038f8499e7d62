"""The server as the README starts it, and the README's session against it."""

import json
import os
import re
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


@pytest.fixture(scope="module")
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


def test_it_serves_pages_and_their_assets(server):
    page = urllib.request.urlopen(f"{server}/docs").read().decode()
    script = re.search(r'src="(/static/[^"]+bundle.js)"', page)[1]

    with urllib.request.urlopen(server + script) as response:
        assert response.headers["Content-Type"].startswith("text/javascript")


@pytest.mark.skipif(not shutil.which("curl"), reason="the session is one of curl")
def test_the_session_of_the_readme_ends_with_a_completed_task(server):
    readme = (settings.BASE_DIR / "README.md").read_text()
    session = next(
        block for block in re.findall("```sh\n(.*?)```", readme, re.DOTALL) if "API=" in block
    )
    session = session.replace("http://127.0.0.1:8000", server)

    result = subprocess.run(["bash", "-euo", "pipefail", "-c", session], capture_output=True)

    profile, listed, completed = decode(result.stdout)
    assert profile["timezone"] == "Europe/Berlin"
    assert [(task["title"], task["completed"]) for task in listed] == [("Buy milk", False)]
    assert (completed["id"], completed["completed"]) == (listed[0]["id"], True)


def decode(output):
    """JSON values written one after the other."""
    text, decoder, values = output.decode().strip(), json.JSONDecoder(), []
    while text:
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:].strip()
    return values
