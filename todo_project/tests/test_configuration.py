"""Settings in a new process, in a copy of the project as in a fresh clone.

Most of the processes are forks that start with the libraries already imported.
"""

import re
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from .conftest import PUBLIC, run, run_new, serve, show


def test_the_defaults_are_safe(project):
    names = ["DEBUG", "ALLOWED_HOSTS", "HOST", "CORS_ALLOWED_ORIGINS", "TRUSTED_PROXIES"]

    result = show(project, ", ".join(f"settings.{name}" for name in names))

    assert result.stdout.strip() == (
        "False ['localhost', '127.0.0.1', '[::1]'] 127.0.0.1"
        " ['http://localhost:3000', 'http://127.0.0.1:3000'] 0"
    )


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["-c", "import sys; print(sys.argv, sys.path[0], __name__)", "x"], {}),
        (["-c", "import os; print(os.environ['PORT'], os.getcwd())"], {"PORT": "9000"}),
        (["-c", "import os; os.chmod('.env', 0); print(os.access('.env', os.R_OK))"], {}),
        (["-c", "from todo_project import settings; print(settings.SECRET_KEY)"], {}),
        (["manage.py", "version"], {}),
        (["manage.py", "serve"], {"PORT": "http"}),
        (["manage.py", "serve"], {"HOST": "0.0.0.0"}),
        (["manage.py", "check"], {"HOST": "0.0.0.0", "LOG_FORMAT": "json"}),
    ],
)
def test_a_fork_does_what_a_new_process_does(project, arguments, variables):
    (project / ".env").touch()
    forked, new = (start(project, *arguments, **variables) for start in (run, run_new))

    assert forked.returncode == new.returncode
    assert (forked.stdout, forked.stderr) == (new.stdout, new.stderr)


def test_keys_are_generated_once_and_kept_private(project):
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


def test_processes_that_start_together_share_a_key(project):
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: show(project, "settings.SECRET_KEY", run_new), range(8)))

    keys = {result.stdout for result in results}
    assert len(keys) == 1
    assert len(keys.pop()) >= 50


@pytest.mark.parametrize("variable", ["DATABASE_URL", "NEON_DB_URL"])
def test_a_server_database_is_configured_by_its_url(project, variable):
    address = "postgres://ann:p%40ss@db.example:5433/todo?sslmode=require"
    keys = {"SECRET_KEY": "x" * 50, "JWT_SIGNING_KEY": "y" * 50}

    result = show(project, "settings.DATABASES", **{variable: address}, **keys)

    parts = ["'ann'", "'p@ss'", "'db.example'", "5433", "'todo'", "'sslmode': 'require'"]
    parts += ["'CONN_HEALTH_CHECKS': True", "'connect_timeout': 5", "statement_timeout"]
    parts += ["'tcp_user_timeout': 20000", "'keepalives_idle': 10", "'prepare_threshold': 2"]
    for part in parts:
        assert part in result.stdout, result.stderr
    assert not (project / "var").exists()


KEYS = {"SECRET_KEY": "x" * 50, "JWT_SIGNING_KEY": "y" * 50}
DATABASE = "a postgres:// URL, or sqlite:/// and the path of a file"
DIRECT = "postgres://ann@db.example/todo?sslmode=require&channel_binding=require"
POOLED = "postgres://ann@ep-1-pooler.eu.example/todo?sslmode=require&channel_binding=require"
COSTS = "-c seq_page_cost=0.1 -c random_page_cost=0.1"


@pytest.mark.parametrize(
    ("variables", "default", "direct"),
    [
        # host, options and server-side cursors of both connections
        (
            {"DATABASE_URL": DIRECT},
            ("db.example", f"-c statement_timeout=15s -c lock_timeout=5s {COSTS}", True),
            ("db.example", "-c statement_timeout=0 -c lock_timeout=5s", True),
        ),
        (
            {"DATABASE_URL": POOLED},
            ("ep-1-pooler.eu.example", None, False),
            ("ep-1-pooler.eu.example", None, True),
        ),
        (
            {"DATABASE_URL": POOLED, "DATABASE_DIRECT_URL": DIRECT},
            ("ep-1-pooler.eu.example", None, False),
            ("db.example", "-c statement_timeout=0 -c lock_timeout=5s", True),
        ),
        (
            {"DATABASE_URL": "postgres://bouncer/todo", "DATABASE_DIRECT_URL": DIRECT},
            ("bouncer", None, False),
            ("db.example", "-c statement_timeout=0 -c lock_timeout=5s", True),
        ),
        (
            {"DATABASE_URL": f"{DIRECT}&options=-c%20statement_timeout%3D60s"},
            (
                "db.example",
                f"-c statement_timeout=15s -c lock_timeout=5s {COSTS} -c statement_timeout=60s",
                True,
            ),
            (
                "db.example",
                "-c statement_timeout=0 -c lock_timeout=5s -c statement_timeout=60s",
                True,
            ),
        ),
    ],
)
def test_a_pooler_gets_no_session_state(project, variables, default, direct):
    expression = """[
        (one["HOST"], one["OPTIONS"].get("options"), not one.get("DISABLE_SERVER_SIDE_CURSORS"))
        for one in settings.DATABASES.values()
    ]"""

    result = show(project, expression, **variables, **KEYS)

    assert result.stdout.strip() == str([default, direct]), result.stderr


@pytest.mark.parametrize("address", [DIRECT, POOLED])
def test_tls_options_of_the_url_reach_the_driver(project, address):
    expression = """[
        (one["OPTIONS"]["sslmode"], one["OPTIONS"]["channel_binding"])
        for one in settings.DATABASES.values()
    ]"""

    result = show(project, expression, DATABASE_URL=address, **KEYS)

    assert result.stdout.strip() == str([("require", "require")] * 2), result.stderr


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
            f"Configuration error: DATABASE_URL must be {DATABASE}.",
        ),
        (
            {"CACHE_URL": "memcached://localhost"},
            "Configuration error: CACHE_URL must be a redis:// URL.",
        ),
        (
            {"LOG_FORMAT": "xml"},
            "Configuration error: LOG_FORMAT must be console or json.",
        ),
        ({"PORT": "http"}, "Configuration error: PORT must be a whole number from 1 to 65535."),
        ({"PORT": "70000"}, "Configuration error: PORT must be a whole number from 1 to 65535."),
        ({"WORKERS": "0"}, "Configuration error: WORKERS must be a whole number from 1 to 1000."),
        ({"HOST": "localhost"}, "Configuration error: HOST must be an IP address to listen on."),
        (
            {"DATABASE_URL": "postgres://ann:pa/sesame@db/todo"},
            "Configuration error: DATABASE_URL is not a valid URL."
            " Percent-encode special characters in the password.",
        ),
        (
            {"EMAIL_URL": "smtp://ann:sesame/x@mail:587"},
            "Configuration error: EMAIL_URL is not a valid URL."
            " Percent-encode special characters in the password.",
        ),
        (
            {"THROTTLE_LOGIN": "often"},
            "Configuration error: THROTTLE_LOGIN must be a rate such as 10/min, or empty.",
        ),
        (
            {"BETTER_AUTH_URL": "localhost:3000"},
            "Configuration error: BETTER_AUTH_URL must be an http:// or https:// URL.",
        ),
        (
            {"BETTER_AUTH_URL": "https://ann:sesame@app.example"},
            "Configuration error: BETTER_AUTH_URL must be an http:// or https:// URL.",
        ),
        *(
            (
                {"BETTER_AUTH_URL": f"http://{place}"},
                "Configuration error: BETTER_AUTH_URL must be an http:// or https:// URL.",
            )
            for place in ("localhost:99999", "localhost:0", "[1.2.3]", "[:::]:1", "\u00e4.example")
        ),
        (
            {"BETTER_AUTH_URL": "https://app.example", "BETTER_AUTH_ISSUER": "todo-api"},
            "Configuration error: BETTER_AUTH_ISSUER must not be one of"
            " todo-api, BETTER_AUTH_SECRET.",
        ),
        (
            {"EMAIL_VERIFICATION": "yes"},
            "Configuration error: EMAIL_VERIFICATION must be none or required.",
        ),
        (
            {"DATABASE_URL": "nonsense"},
            f"Configuration error: DATABASE_URL must be {DATABASE}.",
        ),
    ],
)
def test_an_invalid_configuration_is_one_line(project, variables, line):
    result = serve(project, **variables)

    assert result.returncode == 1
    assert result.stderr == f"{line}\n"


def test_the_file_supplements_the_environment(project):
    (project / ".env").write_text("PORT=9000\nHOST=0.0.0.0\n")

    result = show(project, "settings.PORT, settings.HOST", HOST="127.0.0.2")

    assert result.stdout.strip() == "9000 127.0.0.2"


def test_a_public_https_url_enables_the_protections(project):
    names = ["SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"]
    names += ["SECURE_HSTS_SECONDS", "CSRF_TRUSTED_ORIGINS", "SECURE_REDIRECT_EXEMPT"]
    expression = ", ".join(f"settings.{name}" for name in names)

    secured = show(project, expression, **PUBLIC)
    plain = show(project, expression)

    assert secured.stdout.strip() == (
        "True True True 31536000 ['https://todo.example'] ['^(health|metrics|ready)$']"
    )
    assert plain.stdout.strip() == "False False False 0 [] ['^(health|metrics|ready)$']"


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"EMAIL_URL": ""}, "EMAIL_URL is required with PUBLIC_URL."),
        (
            {"EMAIL_URL": "consolemail://"},
            "EMAIL_URL must be an smtp:// URL with PUBLIC_URL, or links appear in the log.",
        ),
        (
            {"TRUSTED_PROXIES": "0"},
            "TRUSTED_PROXIES must be 1 or more with PUBLIC_URL=https://: TLS needs a proxy.",
        ),
    ],
)
def test_a_public_server_needs_more_variables(project, variables, line):
    """Otherwise reset links would be in the log, and HTTPS would redirect to itself."""
    result = serve(project, "--migrate", **{**PUBLIC, "ALLOWED_HOSTS": "todo.example", **variables})

    assert result.returncode == 1
    assert result.stderr == f"Configuration error: {line}\n"


def test_a_public_server_without_tls_needs_no_proxy(project):
    plain = {**PUBLIC, "PUBLIC_URL": "http://todo.example", "TRUSTED_PROXIES": "0"}

    result = show(project, "settings.SECURE_SSL_REDIRECT", **plain)

    assert result.stdout.strip() == "False", result.stderr


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "False False"),
        ({"HSTS_INCLUDE_SUBDOMAINS": "true"}, "True False"),
        ({"HSTS_INCLUDE_SUBDOMAINS": "true", "HSTS_PRELOAD": "true"}, "True True"),
    ],
)
def test_hsts_for_subdomains_is_optional(project, variables, expected):
    names = ["SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD"]
    expression = ", ".join(f"settings.{name}" for name in names)

    result = show(project, expression, **PUBLIC, **variables)

    assert result.stdout.strip() == expected, result.stderr


def test_a_proxy_header_needs_a_trusted_proxy(project):
    expression = "getattr(settings, 'SECURE_PROXY_SSL_HEADER', None)"

    trusted = show(project, expression, TRUSTED_PROXIES="1")

    assert trusted.stdout.strip() == "('HTTP_X_FORWARDED_PROTO', 'https')"
    assert show(project, expression).stdout.strip() == "None"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ["PersonalTokenAuthentication", "SignInAuthentication", "FormSessionAuthentication"]),
        (
            {"BETTER_AUTH_URL": "http://localhost:3000/"},
            [
                "PersonalTokenAuthentication",
                "BetterAuthentication",
                "SignInAuthentication",
                "FormSessionAuthentication",
            ],
        ),
        (
            {"BETTER_AUTH_SECRET": "x" * 32},
            [
                "PersonalTokenAuthentication",
                "BetterAuthentication",
                "SignInAuthentication",
                "FormSessionAuthentication",
            ],
        ),
    ],
)
def test_better_auth_is_off_unless_it_is_configured(project, variables, expected):
    expression = "settings.REST_FRAMEWORK['DEFAULT_AUTHENTICATION_CLASSES']"

    result = show(project, expression, **variables)

    assert [name.rsplit(".")[-1] for name in eval(result.stdout)] == expected  # noqa: S307


def test_issuer_and_audience_default_to_the_url(project):
    names = ("URL", "ISSUER", "AUDIENCE")
    expression = ", ".join(f"settings.BETTER_AUTH_{name}" for name in names)
    url = {"BETTER_AUTH_URL": "https://app.example/"}
    others = {"BETTER_AUTH_ISSUER": "https://app.example/", "BETTER_AUTH_AUDIENCE": "todo"}

    alone, named = show(project, expression, **url), show(project, expression, **url, **others)

    assert alone.stdout.split() == ["https://app.example"] * 3
    assert named.stdout.split() == ["https://app.example", "https://app.example/", "todo"]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://App.Example:443/", "https://app.example"),
        ("https://app.example:4443", "https://app.example:4443"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://app.example/api/auth/", "https://app.example"),
        ("https://app.example/shop/api/auth", "https://app.example"),
    ],
)
def test_issuer_and_audience_are_the_origin_of_the_url(project, url, origin):
    names = ("ISSUER", "AUDIENCE", "URL")
    expression = ", ".join(f"settings.BETTER_AUTH_{name}" for name in names)

    result = show(project, expression, BETTER_AUTH_URL=url)

    *named, kept = result.stdout.split()
    assert named == [origin] * 2
    assert kept == url.rstrip("/").removesuffix("/api/auth")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="needs SQLite")
def test_the_embedded_database_has_safe_options(db):
    with connection.cursor() as cursor:
        journal, synchronous, timeout = (
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "busy_timeout")
        )

    assert (journal, synchronous, timeout) == ("wal", 2, 20_000)
    assert connection.transaction_mode == "IMMEDIATE"


@pytest.mark.parametrize(
    ("variables", "errors"),
    [
        ({"HOST": "0.0.0.0"}, ["todo_project.E001"]),
        ({"HOST": "::"}, ["todo_project.E001"]),
        (
            {"HOST": "192.0.2.1", "ALLOWED_HOSTS": "todo.example", "DEBUG": "true"},
            ["todo_project.E002"],
        ),
        (
            {**PUBLIC, "DEBUG": "true", "THROTTLE_LOGIN": ""},
            ["accounts.E003", "todo_project.E001", "todo_project.E002"],
        ),
    ],
)
def test_an_unsafe_public_server_does_not_start(project, variables, errors):
    result = serve(project, **variables)

    assert result.returncode == 1
    assert sorted(re.findall(r"\((\w+\.E\d+)\)", result.stderr)) == errors


def test_an_unreachable_database_is_one_line(project):
    address = "postgres://ann:sesame@127.0.0.1:1/todo"

    result = serve(project, "--migrate", DATABASE_URL=address, **KEYS)

    assert result.returncode == 1
    assert result.stderr.startswith("CommandError: connection failed: ")
    assert "Traceback" not in result.stderr
    assert "sesame" not in result.stderr


def shell(project, code, **variables):
    options = ["--verbosity=0", "--command", code]
    return run(project, "manage.py", "shell", *options, **variables)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1"])
def test_a_loopback_server_may_be_unsafe(project, host):
    code = "from todo_project.checks import check_public_server; print(check_public_server(None))"

    result = shell(project, code, HOST=host, DEBUG="true")

    assert result.stdout.strip() == "[]", result.stderr


WITH_SECRETS = {
    "CACHE_URL": "redis://ann:sesame@cache.example:6379/1?client_name=sesame,redis://:sesame@b:6379",
    "DATABASE_URL": "postgres://ann:sesame@bouncer.example:6432/todo",
    "DATABASE_DIRECT_URL": "postgres://ann:sesame@db.example/todo",
    "EMAIL_URL": "smtp+tls://ann:sesame@mail.example:587",
    "SECRET_KEY": "sesame" * 10,
    "JWT_SIGNING_KEY": "sesame-" * 10,
    "METRICS_TOKEN": "sesame",
    "PUBLIC_URL": "https://todo.example",
    "FRONTEND_URL": "https://front.example",
    "TRUSTED_PROXIES": "2",
    "BETTER_AUTH_URL": "https://app.example",
    "BETTER_AUTH_SECRET": "sesame+" * 10,
}


def test_it_prints_the_configuration_without_secrets(project):
    code = "from todo_project.management.commands.serve import configuration as c; print(c())"

    result = shell(project, code, **WITH_SECRETS)

    for part in (
        "redis://cache.example:6379, redis://b:6379",
        "mail.example",
        "https://todo.example",
        "bouncer.example:6432/todo (pooled), migrated at db.example:5432/todo",
        "2 trusted",
        "/metrics",
        "tokens of https://app.example and tokens signed with its secret",
    ):
        assert part in result.stdout, result.stderr
    assert "sesame" not in result.stdout
