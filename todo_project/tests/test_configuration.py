"""Settings as a new process sees them, in a copy of the project as it is checked out."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection


@pytest.fixture
def project(copy_project, tmp_path):
    return copy_project(tmp_path)


def show(project, expression, **variables):
    """What a setting is, in an environment of nothing but `variables`."""
    code = f"from todo_project import settings; print({expression})"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=project,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
    )


def test_with_nothing_configured_it_is_closed(project):
    names = ["DEBUG", "ALLOWED_HOSTS", "HOST", "CORS_ALLOWED_ORIGINS", "TRUSTED_PROXIES"]

    result = show(project, ", ".join(f"settings.{name}" for name in names))

    assert result.stdout.strip() == (
        "False ['localhost', '127.0.0.1', '[::1]'] 127.0.0.1 ['http://localhost:3000'] 0"
    )


def test_keys_are_made_once_and_kept_private(project):
    keys = "settings.SECRET_KEY, settings.SIMPLE_JWT['SIGNING_KEY']"

    first, second = show(project, keys).stdout, show(project, keys).stdout

    secret, signing = first.split()
    assert first == second
    assert len(secret) >= 50
    assert secret != signing
    assert stat.S_IMODE((project / "var").stat().st_mode) == 0o700
    assert {path.name for path in (project / "var").iterdir()} == {"secret_key", "jwt_signing_key"}
    for path in (project / "var").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_a_key(project):
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: show(project, "settings.SECRET_KEY").stdout, range(8)))

    assert len(set(results)) == 1
    assert len(results[0]) >= 50


@pytest.mark.parametrize("variable", ["DATABASE_URL", "NEON_DB_URL"])
def test_a_server_database_is_configured_by_its_address(project, variable):
    address = "postgres://ann:p%40ss@db.example:5433/todo?sslmode=require"
    keys = {"SECRET_KEY": "x" * 50, "JWT_SIGNING_KEY": "y" * 50}

    result = show(project, "settings.DATABASE", **{variable: address}, **keys)

    parts = ["'ann'", "'p@ss'", "'db.example'", "5433", "'todo'", "'sslmode': 'require'"]
    parts += ["'CONN_HEALTH_CHECKS': True", "'connect_timeout': 5"]
    for part in parts:
        assert part in result.stdout, result.stderr
    assert not (project / "var").exists()


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        (
            {"DATABASE_URL": "postgres://localhost/todo"},
            "Configuration error: SECRET_KEY is required with a server database.",
        ),
        (
            {"NEON_DB_URL": "postgres://localhost/todo", "SECRET_KEY": "x" * 50},
            "Configuration error: JWT_SIGNING_KEY is required with a server database.",
        ),
        (
            {"DATABASE_URL": "mysql://localhost/todo"},
            "Configuration error: DATABASE_URL must be a postgres:// address.",
        ),
        ({"PORT": "http"}, "Configuration error: PORT must be a whole number."),
        ({"WORKERS": "-1"}, "Configuration error: WORKERS must be a whole number."),
        (
            {"THROTTLE_LOGIN": "often"},
            "Configuration error: THROTTLE_LOGIN must be a rate such as 10/min, or empty.",
        ),
        (
            {"EMAIL_VERIFICATION": "yes"},
            "Configuration error: EMAIL_VERIFICATION must be none or required.",
        ),
        (
            {"DATABASE_URL": "nonsense"},
            "Configuration error: DATABASE_URL must be a postgres:// address.",
        ),
    ],
)
def test_it_refuses_to_start_in_one_clear_line(project, variables, line):
    result = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=project,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
    )

    assert result.returncode == 1
    assert result.stderr == f"{line}\n"


def test_a_file_gives_what_the_environment_does_not(project):
    (project / ".env").write_text("PORT=9000\nHOST=0.0.0.0\n")

    result = show(project, "settings.PORT, settings.HOST", HOST="127.0.0.2")

    assert result.stdout.strip() == "9000 127.0.0.2"


def test_a_public_https_address_turns_the_protections_on(project):
    names = ["SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"]
    names += ["SECURE_HSTS_SECONDS", "CSRF_TRUSTED_ORIGINS", "SECURE_REDIRECT_EXEMPT"]
    expression = ", ".join(f"settings.{name}" for name in names)

    secured = show(project, expression, PUBLIC_URL="https://todo.example/")
    plain = show(project, expression)

    assert secured.stdout.strip() == (
        "True True True 31536000 ['https://todo.example'] ['^(health|ready)$']"
    )
    assert plain.stdout.strip() == "False False False 0 [] ['^(health|ready)$']"


def test_a_proxy_is_believed_only_when_it_is_trusted(project):
    expression = "getattr(settings, 'SECURE_PROXY_SSL_HEADER', None)"

    trusted = show(project, expression, TRUSTED_PROXIES="1")

    assert trusted.stdout.strip() == "('HTTP_X_FORWARDED_PROTO', 'https')"
    assert show(project, expression).stdout.strip() == "None"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the settings are SQLite's")
def test_the_embedded_database_is_set_up_for_writers_and_for_faults(db):
    with connection.cursor() as cursor:
        journal, synchronous, timeout = (
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "busy_timeout")
        )

    assert (journal, synchronous, timeout) == ("wal", 2, 20_000)
    assert connection.transaction_mode == "IMMEDIATE"
