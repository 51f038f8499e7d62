"""Settings. Environments differ by variables (or a `.env` file), never by modules.

The README lists the variables. With none of them set the project runs safely on one machine:
loopback only, an embedded SQLite database and generated keys, all of it under `var/`.
"""

import os
import re
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from .databases import server_databases
from .keys import kept_key

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))


def number(name: str, default: int, least: int = 0, most: int = 10**9) -> int:
    value: str = env.str(name, default="") or str(default)
    if not value.isdecimal() or not least <= int(value) <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}.")
    return int(value)


# Database

DATABASE_URL = env.str("DATABASE_URL", default="") or env.str("NEON_DB_URL", default="")
EMBEDDED_DATABASE = not DATABASE_URL

if EMBEDDED_DATABASE:
    VAR_DIR.mkdir(mode=0o700, exist_ok=True)
    DATABASE = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "todo.sqlite3",
        # A file, as in production: the in-memory database knows neither WAL nor locks.
        "TEST": {"NAME": VAR_DIR / "test.sqlite3"},
        # The last connection to close removes the WAL, and on a disk that is full or read-only
        # the next would have nothing to read by.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            # A transaction that begins by reading cannot wait for a lock when it comes to write.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
        },
    }
    DATABASES = {"default": DATABASE}
else:
    DATABASES = server_databases(DATABASE_URL, env.str("DATABASE_DIRECT_URL", default=""))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def secret(name: str) -> str:
    """The key given in the environment; generated and kept while the database is embedded."""
    value: str = env.str(name, default="")
    if value:
        return value
    if not EMBEDDED_DATABASE:
        raise ImproperlyConfigured(f"{name} is required with a server database.")
    return kept_key(VAR_DIR / name.lower())


SECRET_KEY = secret("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)

# Server

HOST = env.str("HOST", default="") or "127.0.0.1"
try:
    ip_address(HOST)
except ValueError:
    raise ImproperlyConfigured("HOST must be an IP address to listen on.") from None
PORT = number("PORT", 8000, 1, 65_535)
WORKERS = number("WORKERS", os.cpu_count() or 1, 1, 1000)
THREADS = number("THREADS", 2, 1, 1000)
WORKER_MAX_MIB = number("WORKER_MAX_MIB", 300, 1)  # of memory; one that grows beyond is replaced

# Shared by the processes of one machine or many; nothing that must be exact is kept here.

CACHE_URL = env.str("CACHE_URL", default="")
if CACHE_URL:
    if not CACHE_URL.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured("CACHE_URL must be a redis:// address.")
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": CACHE_URL,
            "KEY_PREFIX": "todo",
            "OPTIONS": {"socket_connect_timeout": 0.25, "socket_timeout": 0.25},  # seconds
        }
    }

# Logs and figures

LOG_FORMAT = env.str("LOG_FORMAT", default="") or "console"
if LOG_FORMAT not in ("console", "json"):
    raise ImproperlyConfigured("LOG_FORMAT must be console or json.")
SLOW_QUERY_MS = number("SLOW_QUERY_MS", 500)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "todo_project.logs.RequestIdFilter"}},
    "formatters": {
        "console": {
            "format": "{asctime} {levelname} {name} {message} [{request_id}]",
            "style": "{",
        },
        "json": {"()": "todo_project.logs.JSONFormatter"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["request_id"],
            "formatter": LOG_FORMAT,
        },
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": []},
        "django.request": {"level": "ERROR"},  # the access log tells of what is refused
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # and of scanners
        "_granian": {},
    },
}

# Addresses

LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=LOOPBACK_HOSTS)
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
FRONTEND_URL = env.str("FRONTEND_URL", default="http://localhost:3000").rstrip("/")
TRUSTED_PROXIES = number("TRUSTED_PROXIES", 0)

HTTPS = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = ["^(health|metrics|ready)$"]  # asked from inside, without TLS
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CORS_URLS_REGEX = r"^/api/"
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[FRONTEND_URL])
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "Retry-After",
    "X-Request-ID",
]

# Application

INSTALLED_APPS = [
    "accounts",
    "tasks",
    "todo_project",
    "todo_project.admin.TodoAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "rest_framework_simplejwt",
]
MIDDLEWARE = [
    "todo_project.logs.log_requests",
    "todo_project.middleware.add_security_headers",
    "todo_project.middleware.optional_trailing_slash",
    "todo_project.middleware.TooManyAttemptsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "todo_project.edge.refuse_at_the_edge",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20  # bytes of a body
ROOT_URLCONF = "todo_project.urls"
WSGI_APPLICATION = "todo_project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # straight from the packages: nothing to collect, nothing stale
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# Accounts

AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "accounts.sessions"
AUTHENTICATION_BACKENDS = ["accounts.backends.LimitedModelBackend"]
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"  # not in a session's row
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "accounts.hashers.BoundedArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.validators.ContextWordsValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600  # seconds, for links of either kind
EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", default="") or "none"
if EMAIL_VERIFICATION not in ("none", "required"):
    raise ImproperlyConfigured("EMAIL_VERIFICATION must be none or required.")
SIGN_IN_LIFETIME = timedelta(days=90)  # however often its tokens are refreshed


def rate(name: str, default: str) -> str:
    """So many calls in a second, minute, hour or day; empty for no limit."""
    value: str = env.str(name, default=default)
    if value and not re.fullmatch("[1-9][0-9]*/(s|sec|m|min|h|hour|d|day)", value):
        raise ImproperlyConfigured(f"{name} must be a rate such as 10/min, or empty.")
    return value


THROTTLE_LOGIN = rate("THROTTLE_LOGIN", "10/min")
THROTTLE_ANON = rate("THROTTLE_ANON", "120/min")

SIMPLE_JWT = {
    "SIGNING_KEY": secret("JWT_SIGNING_KEY"),
    "ISSUER": "todo-api",
    "AUDIENCE": "todo-api",
    "LEEWAY": 5,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=number("ACCESS_TOKEN_MINUTES", 15)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=number("REFRESH_TOKEN_DAYS", 14)),
    "AUTH_TOKEN_CLASSES": ["accounts.tokens.AccessToken"],
}

# Better Auth, when it signs people in for the front end

HTTP_ADDRESS = r"(?a)https?://([\w.-]+|\[[\da-fA-F:.]+\])(:\d+)?(/[\w./~-]*)?"


def origin(url: str) -> str:
    """Scheme, host and port as browsers write them, and as Better Auth names itself."""
    try:
        parts = urlsplit(url)
        if not re.fullmatch(HTTP_ADDRESS, url) or parts.port == 0:  # `port` may raise it as well
            raise ValueError
    except ValueError:
        raise ImproperlyConfigured(
            "BETTER_AUTH_URL must be an http:// or https:// address."
        ) from None
    implied = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.lower()}".removesuffix(implied)


BETTER_AUTH_URL = env.str("BETTER_AUTH_URL", default="").rstrip("/").removesuffix("/api/auth")
BETTER_AUTH_SECRET = env.str("BETTER_AUTH_SECRET", default="")
BETTER_AUTH_ORIGIN = BETTER_AUTH_URL and origin(BETTER_AUTH_URL)
BETTER_AUTH_ISSUER = env.str("BETTER_AUTH_ISSUER", default="") or BETTER_AUTH_ORIGIN
BETTER_AUTH_AUDIENCE = env.str("BETTER_AUTH_AUDIENCE", default="") or BETTER_AUTH_ORIGIN
BETTER_AUTH = bool(BETTER_AUTH_URL or BETTER_AUTH_SECRET)
if BETTER_AUTH_ISSUER in (SIMPLE_JWT["ISSUER"], "BETTER_AUTH_SECRET"):
    raise ImproperlyConfigured("BETTER_AUTH_ISSUER is a name that something else has.")

# Mail

try:
    vars().update(env.email_url_config(env.str("EMAIL_URL", default="") or "consolemail://"))
except ValueError:
    raise ImproperlyConfigured(
        "EMAIL_URL is no address: write what is special in its password as %XX."
    ) from None
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default=f"no-reply@{urlsplit(PUBLIC_URL or FRONTEND_URL).hostname}"
)

# API

TOKEN_AUTHENTICATION = [
    *["accounts.better_auth.BetterAuthentication"] * BETTER_AUTH,  # leaves ours to the next
    "accounts.authentication.SignInAuthentication",
]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        *TOKEN_AUTHENTICATION,
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "todo_project.negotiation.QualityNegotiation",
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": [
        "todo_project.parsers.StrictJSONParser",
        "todo_project.parsers.SessionFormParser",
        "todo_project.parsers.SessionMultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": [
        "todo_project.renderers.FastJSONRenderer",
        "todo_project.renderers.PageRenderer",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["todo_project.throttling.UserThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": rate("THROTTLE_USER", "6000/min") or None},
    "NUM_PROXIES": TRUSTED_PROXIES,
    "DEFAULT_SCHEMA_CLASS": "todo_project.schema.ApiSchema",
    "EXCEPTION_HANDLER": "todo_project.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,  # `Accept` decides; `format` is an unknown query parameter
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Todo API",
    "DESCRIPTION": (BASE_DIR / "todo_project" / "conventions.md").read_text(),
    "VERSION": "1.0.0",
    "LICENSE": {"name": "MIT", "url": "https://opensource.org/license/mit"},
    "SERVERS": [{"url": "/"}],
    "TAGS": [
        {"name": "auth", "description": "Accounts, sign-ins and their tokens."},
        {"name": "tasks", "description": "The caller's tasks."},
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "todo_project.schema.require_what_is_always_answered",
        "tasks.schema.complete_tasks",
    ],
    "SCHEMA_PATH_PREFIX": "/api",
    # A session's cookie is the browsable API's, and nothing that one could type in.
    "AUTHENTICATION_WHITELIST": TOKEN_AUTHENTICATION,
    "PREPROCESSING_HOOKS": ["todo_project.schema.in_order_of_routes"],
    "SORT_OPERATIONS": False,
    "PARSER_WHITELIST": ["todo_project.parsers.StrictJSONParser"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "defaultModelsExpandDepth": 0},
    "REDOC_DIST": "SIDECAR",
}
