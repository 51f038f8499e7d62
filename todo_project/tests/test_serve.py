"""A server started as in the README, and the README's example session."""

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

from .conftest import fresh_database, serve


def test_it_serves_pages_and_their_assets(server):
    page = urllib.request.urlopen(f"{server}/docs").read().decode()
    script = re.search(r'src="(/static/[^"]+bundle.js)"', page)[1]

    with urllib.request.urlopen(server + script) as response:
        assert response.headers["Content-Type"].startswith("text/javascript")


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
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
    """Decodes concatenated JSON values."""
    text, decoder, values = output.decode().strip(), json.JSONDecoder(), []
    while text:
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:].strip()
    return values


@pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="the first start is on SQLite")
def test_the_first_start_prints_address_data_and_how_to_stop(serving):
    with serving(WORKERS="") as address:
        lines = dict(re.findall(r"^(\w+) {2,}(.+)$", serving.output, re.MULTILINE))

    assert lines["address"] == address
    assert re.fullmatch(r"SQLite in .+/var/todo.sqlite3", lines["data"])
    assert lines["stop"] == "Ctrl-C"
    assert "WARNING" not in serving.output


def test_a_public_server_warns_about_the_kernel_setting(serving):
    if Path("/proc/sys/net/ipv4/tcp_migrate_req").read_text().strip() == "1":
        pytest.skip("it is set")
    with serving(WORKERS="2", HOST="0.0.0.0", ALLOWED_HOSTS="todo.example,127.0.0.1"):
        assert "tcp_migrate_req" in serving.output


def test_it_does_not_share_its_port(server, project):
    port = server.rsplit(":", 1)[1]

    second = serve(project, "--migrate", "--verbosity=0", PORT=port)

    assert second.returncode == 1
    assert second.stderr == f"CommandError: 127.0.0.1:{port}: Address already in use\n"


def test_it_does_not_start_without_all_migrations(project):
    with fresh_database() as variables:
        result = serve(project, **variables)

    assert result.returncode == 1
    assert result.stderr == "CommandError: Some migrations are not applied. Run serve --migrate.\n"


@pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="needs SQLite")
def test_a_file_that_is_not_a_database_is_one_line(project):
    file = project / "notes.txt"
    file.write_text("Buy milk, and call the plumber.\n" * 100)

    result = serve(project, "--migrate", DATABASE_URL=f"sqlite:///{file}")

    assert result.returncode == 1
    assert result.stderr == f"CommandError: file is not a database (SQLite in {file})\n"
