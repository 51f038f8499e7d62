"""Every variable is checked. An error contains its name but never its value."""

import os
import re
from importlib.util import find_spec, module_from_spec

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# A public server without a front end.
PUBLIC = {
    "PUBLIC_URL": "https://todo.example/",
    "EMAIL_URL": "smtp://mail.example",
    "TRUSTED_PROXIES": "1",
}
WRONG = [
    ("DATABASE_URL", "sesame"),
    ("DATABASE_URL", "mysql://ann:sesame@db/todo"),
    ("DATABASE_URL", "postgres://ann:sesame@db"),
    ("DATABASE_URL", "postgres://ann:5/sesame@db/todo"),
    ("DATABASE_URL", "postgres://ann@db:port/sesame"),
    ("DATABASE_URL", "postgres://ann@db/todo?sesame=1"),
    ("NEON_DB_URL", "postgres://ann:sesame@db"),
    ("DATABASE_DIRECT_URL", "postgres://ann:sesame@db/todo"),  # with the embedded database
    ("DEBUG", "sesame"),
    ("DEBUG", "maybe"),
    ("ALLOWED_HOSTS", "https://sesame.example"),
    ("ALLOWED_HOSTS", "localhost,sesame.example:8000"),
    ("ALLOWED_HOSTS", "sesame.example/api"),
    ("ALLOWED_HOSTS", "sésame.example"),
    ("ALLOWED_HOSTS", "localhost sesame.example"),
    ("PUBLIC_URL", "sesame.example"),
    ("PUBLIC_URL", "ftp://sesame.example"),
    ("PUBLIC_URL", "https://ann:sesame@todo.example"),
    ("PUBLIC_URL", "https://sesame.example/api"),
    ("PUBLIC_URL", "https://sesame.example:99999"),
    ("PUBLIC_URL", "https://sesame.example?x=1"),
    ("FRONTEND_URL", "sesame.example"),
    ("FRONTEND_URL", "https://ann:sesame@app.example"),
    ("FRONTEND_URL", "https://app.example/#sesame"),
    ("HSTS_INCLUDE_SUBDOMAINS", "sesame"),
    ("HSTS_PRELOAD", "sesame"),
    ("STAFF_SECOND_FACTOR", "sesame"),
    ("HSTS_PRELOAD", "true"),
    ("CORS_ALLOWED_ORIGINS", "sesame.example"),
    ("CORS_ALLOWED_ORIGINS", "*"),
    ("CORS_ALLOWED_ORIGINS", "null"),
    ("CORS_ALLOWED_ORIGINS", "https://app.example,https://sesame.example/path"),
    ("CORS_ALLOWED_ORIGINS", "https://*.sesame.example"),
    ("SECURITY_CONTACT", "sesame"),
    ("SECURITY_CONTACT", "http://sesame.example"),
    ("SECURITY_CONTACT", "https://sesame example"),
    ("SECURITY_CONTACT", "mailto:sesame"),
    ("SECURITY_CONTACT", "sesame@example.com\nHiring: https://example.com"),
    ("HOST", "sesame"),
    ("PORT", "sesame"),
    ("PORT", "0"),
    ("PORT", "٣"),
    ("WORKERS", "1.5"),
    ("THREADS", "-1"),
    ("WORKER_MAX_MIB", "300MiB"),
    ("TRUSTED_PROXIES", "true"),
    ("THROTTLE_LOGIN", "10"),
    ("THROTTLE_ANON", "10/year"),
    ("THROTTLE_USER", "0/min"),
    ("CACHE_URL", "memcached://sesame"),
    ("CACHE_URL", "redis://cache:sesame"),
    ("CACHE_URL", "redis://cache?sesame=1"),
    ("CACHE_URL", "redis://:5/sesame@cache:6379"),
    ("CACHE_URL", "redis://cache:6379,sesame"),
    ("EMAIL_URL", "sesame"),
    ("EMAIL_URL", "smtp://"),
    ("EMAIL_URL", "smtp:mail.sesame.example"),
    ("EMAIL_URL", "sendmail://sesame"),
    ("EMAIL_URL", "smtp://ann:sesame/x@mail:587"),
    ("EMAIL_URL", "smtp://ann:5#sesame@mail"),
    ("EMAIL_URL", "smtp://ann:5/sesame@mail"),
    ("EMAIL_URL", "smtp://mail/?sesame=1"),
    ("DEFAULT_FROM_EMAIL", "sesame"),
    ("DEFAULT_FROM_EMAIL", "ann@sesame@example.com"),
    ("EMAIL_VERIFICATION", "sesame"),
    ("BETTER_AUTH_URL", "sesame"),
    ("BETTER_AUTH_ISSUER", "todo-api"),
    ("ACCESS_TOKEN_MINUTES", "0"),
    ("REFRESH_TOKEN_DAYS", "999999999"),
    ("LOG_FORMAT", "sesame"),
    ("LOG_LEVEL", "sesame"),
    ("SLOW_QUERY_MS", "half a second"),
    ("METRICS_TOKEN", "open sesame"),
    ("METRICS_TOKEN", "sésame"),
]
ANYTHING = {"SECRET_KEY", "JWT_SIGNING_KEY", "BETTER_AUTH_SECRET", "BETTER_AUTH_AUDIENCE"}
ANYTHING |= {"SECRET_KEY_FALLBACKS", "JWT_SIGNING_KEY_PREVIOUS"}
PATHS = {"VAR_DIR"}  # see test_var_dir.py


@pytest.fixture
def configure(monkeypatch, tmp_path):
    """The settings in an environment with only these variables."""

    def configure(**variables):
        for name in os.environ:
            monkeypatch.delenv(name)
        own = {"ENV_FILE": os.devnull, "VAR_DIR": str(tmp_path)}
        for name, value in {**own, **variables}.items():
            monkeypatch.setenv(name, value)
        spec = find_spec("todo_project.settings")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return configure


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_an_invalid_value_is_one_line_with_the_variable(configure, name, value):
    with pytest.raises(ImproperlyConfigured) as refusal:
        configure(**{name: value})

    assert str(refusal.value).startswith(f"{name} ")
    assert str(refusal.value).count("\n") == 0
    assert not re.search("s[eé]same", str(refusal.value))
    assert refusal.value.__suppress_context__  # a traceback shows no more


def test_every_variable_is_tested():
    lines = (settings.BASE_DIR / ".env.example").read_text().splitlines()
    named = {name for line in lines for name in re.findall(r"^# ([A-Z_]+)=", line)}

    assert named - {name for name, _ in WRONG} == ANYTHING | PATHS


@pytest.mark.parametrize(
    ("name", "value", "setting", "expected"),
    [
        ("DEBUG", "True", "DEBUG", True),
        ("DEBUG", "off", "DEBUG", False),
        ("DEBUG", "", "DEBUG", False),
        ("PORT", "", "PORT", 8000),
        ("THROTTLE_ANON", "", "THROTTLE_ANON", ""),
        ("ALLOWED_HOSTS", " a.example , .b.example,", "ALLOWED_HOSTS", ["a.example", ".b.example"]),
        ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"]),
        ("EMAIL_URL", "smtp+tls://ann:p%40ss@mail:587", "EMAIL_HOST_PASSWORD", "p@ss"),
        ("EMAIL_URL", "smtp+ssl://mail", "EMAIL_USE_SSL", True),
        ("DEFAULT_FROM_EMAIL", "Todo <todo@mail>", "DEFAULT_FROM_EMAIL", "Todo <todo@mail>"),
        ("SECURITY_CONTACT", "a@b.example", "SECURITY_CONTACT", "mailto:a@b.example"),
        ("SECURITY_CONTACT", "mailto:a@b.example", "SECURITY_CONTACT", "mailto:a@b.example"),
        (
            "SECURITY_CONTACT",
            "https://b.example/tell",
            "SECURITY_CONTACT",
            "https://b.example/tell",
        ),
        ("CACHE_URL", "redis://a, redis://b", "CACHE_URL", "redis://a,redis://b"),
        ("CACHE_URL", "unix:///run/redis?db=1", "CACHE_URL", "unix:///run/redis?db=1"),
    ],
)
def test_a_valid_value_is_accepted(configure, name, value, setting, expected):
    assert getattr(configure(**{name: value}), setting) == expected


@pytest.mark.parametrize(
    ("variables", "level"), [({}, "INFO"), ({"LOG_LEVEL": "WARNING"}, "WARNING")]
)
def test_the_access_log_can_be_turned_off(configure, variables, level):
    assert configure(**variables).LOGGING["root"]["level"] == level


@pytest.mark.parametrize(
    ("variables", "origins"),
    [
        ({}, ["http://localhost:3000", "http://127.0.0.1:3000"]),
        (PUBLIC, []),
        (
            {"FRONTEND_URL": "http://127.0.0.1:5173/"},
            ["http://127.0.0.1:5173", "http://localhost:5173"],
        ),
        ({"FRONTEND_URL": "http://LocalHost:80/todo"}, ["http://localhost", "http://127.0.0.1"]),
        ({"FRONTEND_URL": "HTTPS://App.Example:443/todo/"}, ["https://app.example"]),
        (
            {"CORS_ALLOWED_ORIGINS": "https://A.example/, capacitor://localhost"},
            ["https://a.example", "capacitor://localhost"],
        ),
    ],
)
def test_cors_allows_the_front_end(configure, variables, origins):
    allowed = configure(**variables).CORS_ALLOWED_ORIGINS

    assert allowed == origins


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({"PORT": "8001"}, ("http://localhost:3000", "http://localhost:8001")),
        (PUBLIC, ("", "https://todo.example")),
    ],
)
def test_a_public_server_has_no_front_end_by_default(configure, variables, url):
    settings = configure(**variables)

    assert url == (settings.FRONTEND_URL, settings.OWN_URL)


def test_links_lead_to_the_front_end(configure):
    assert (
        configure(FRONTEND_URL="https://App.Example/todo/").FRONTEND_URL
        == "https://App.Example/todo"
    )
