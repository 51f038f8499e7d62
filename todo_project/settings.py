"""Settings. Environments differ by variables (or a `.env` file), never by modules.

docs/configuration.md lists the variables. Without any, the project runs safely on one machine: it
listens on loopback only and keeps an SQLite database and generated keys in `var/`.
"""

import os
import zoneinfo
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from todo_project import __version__, environment
from todo_project.server.databases import databases

environment.read_file()

BASE_DIR = environment.BASE_DIR
VAR_DIR = environment.folder("VAR_DIR", "var")

# Database

DATABASES = databases(VAR_DIR)
EMBEDDED_DATABASE = "direct" not in DATABASES
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SECRET_KEY = environment.key("SECRET_KEY", VAR_DIR, EMBEDDED_DATABASE)
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS")  # not used to sign
DEBUG = environment.flag("DEBUG")

# Server

HOST = environment.ip("HOST", "127.0.0.1")
PORT = environment.number("PORT", 8000, 1, 65_535)
WORKERS = environment.number("WORKERS", os.cpu_count() or 1, 1, 1000)
THREADS = environment.number("THREADS", 2, 1, 1000)
# MiB of memory; a worker that uses more is replaced
WORKER_MAX_MIB = environment.number("WORKER_MAX_MIB", 300, 1)

# All processes share the cache, on one machine or many. It holds nothing that must be exact.

CACHE_URL = environment.redis_servers("CACHE_URL")
if CACHE_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": CACHE_URL,
            "KEY_PREFIX": "todo",
            "OPTIONS": {"socket_connect_timeout": 0.25, "socket_timeout": 0.25},  # seconds
        }
    }

# Logs and metrics

LOG_FORMAT = environment.choice("LOG_FORMAT", "console", "json")
LOG_LEVEL = environment.choice("LOG_LEVEL", "INFO", "WARNING")
SLOW_QUERY_MS = environment.number("SLOW_QUERY_MS", 500)
METRICS_TOKEN = environment.bearer("METRICS_TOKEN")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "todo_project.server.logs.RequestIdFilter"},
        "route": {"()": "todo_project.server.logs.RouteFilter"},
    },
    "formatters": {
        "console": {
            "format": "{asctime} {levelname} {name} {message} [{request_id}]",
            "style": "{",
        },
        "json": {"()": "todo_project.server.logs.JSONFormatter"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["request_id", "route"],
            "formatter": LOG_FORMAT,
        },
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": []},
        "django.request": {"level": "ERROR"},  # the access log has 4xx responses
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # scanners cause these
        "_granian": {},
    },
}

# Addresses

LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = environment.hosts("ALLOWED_HOSTS", LOOPBACK_HOSTS)
PUBLIC_URL = environment.origin("PUBLIC_URL")
FRONTEND_URL = environment.address("FRONTEND_URL", "" if PUBLIC_URL else "http://localhost:3000")
OWN_URL = PUBLIC_URL or f"http://localhost:{PORT}"  # where links in mails lead without a front end
TRUSTED_PROXIES = environment.number("TRUSTED_PROXIES", 0, maximum=100)
environment.check_public(PUBLIC_URL, TRUSTED_PROXIES)
SECURITY_CONTACT = environment.contact("SECURITY_CONTACT")

HTTPS = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# These affect every subdomain and cannot be undone for months, so the operator decides.
SECURE_HSTS_INCLUDE_SUBDOMAINS = environment.flag("HSTS_INCLUDE_SUBDOMAINS")
SECURE_HSTS_PRELOAD = environment.flag("HSTS_PRELOAD", needs="HSTS_INCLUDE_SUBDOMAINS")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = ["^(health|metrics|ready)$"]  # requested inside the network, without TLS
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CORS_URLS_REGEX = r"^/api/"
CORS_ALLOWED_ORIGINS = environment.origins(
    "CORS_ALLOWED_ORIGINS", environment.with_loopback_alias(FRONTEND_URL)
)
# Front ends send `credentials: "include"`. A session cookie allows reading. Writing also needs a
# CSRF token, which only our own pages have.
CORS_ALLOW_CREDENTIALS = True
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "prefer",
]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "Preference-Applied",
    "Retry-After",
    "X-Ignored-Members",
    "X-Request-ID",
]

# Application

OUR_APPS = ["accounts", "projects", "tasks", "sync", "exchange"]
INSTALLED_APPS = [
    *OUR_APPS,
    "todo_project",
    "todo_project.admin.sites.TodoAdminConfig",
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
    "todo_project.server.logs.log_requests",
    "todo_project.server.middleware.add_security_headers",
    "todo_project.server.middleware.optional_trailing_slash",
    "todo_project.server.middleware.TooManyAttemptsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "todo_project.server.middleware.CommonMiddleware",
    "todo_project.server.bodies.send_refusal",
    "todo_project.server.browsers.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "todo_project.server.browsers.AuthenticationMiddleware",
    "accounts.page_limit.PageLimitMiddleware",
    "todo_project.server.browsers.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20  # bytes in a body
LARGER_BODIES = {"/api/import": 5 * 2**20}
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
WHITENOISE_USE_FINDERS = True  # serve files from the packages, without collectstatic
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
# Read time zone rules from the tzdata package, as names are: the system's files may be older.
zoneinfo.reset_tzpath([])

# Accounts

AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "accounts.sessions"
AUTHENTICATION_BACKENDS = ["accounts.backends.LimitedModelBackend"]
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"  # not in the session table
LOGIN_URL, LOGIN_REDIRECT_URL = "rest_framework:login", "/"
PASSWORD_HASHERS = [
    "accounts.hashers.BoundedArgon2PasswordHasher",
    "accounts.hashers.BoundedPBKDF2PasswordHasher",
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
PASSWORD_RESET_TIMEOUT = 3600  # seconds, also for e-mail verification links
EMAIL_VERIFICATION = environment.choice("EMAIL_VERIFICATION", "none", "required")
STAFF_SECOND_FACTOR = environment.flag("STAFF_SECOND_FACTOR")  # required for the admin
SIGN_IN_LIFETIME = timedelta(days=90)  # refreshing does not extend it

THROTTLE_LOGIN = environment.rate("THROTTLE_LOGIN", "10/min")
THROTTLE_ANON = environment.rate("THROTTLE_ANON", "120/min")

ISSUER = "todo-api"  # issuer and audience of our own tokens
JWT_SIGNING_KEY_PREVIOUS = environment.text("JWT_SIGNING_KEY_PREVIOUS")
SIMPLE_JWT = {
    "SIGNING_KEY": environment.key("JWT_SIGNING_KEY", VAR_DIR, EMBEDDED_DATABASE),
    "ISSUER": ISSUER,
    "AUDIENCE": ISSUER,
    "LEEWAY": 5,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=environment.number("ACCESS_TOKEN_MINUTES", 15, 1)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=environment.number("REFRESH_TOKEN_DAYS", 14, 1, 3650)),
    "AUTH_TOKEN_CLASSES": ["accounts.tokens.AccessToken"],
}

# Better Auth, if the front end uses it for sign-in

BETTER_AUTH_URL = environment.address("BETTER_AUTH_URL").removesuffix("/api/auth")
BETTER_AUTH_SECRET = environment.text("BETTER_AUTH_SECRET")
BETTER_AUTH_ORIGIN = BETTER_AUTH_URL and environment.origin_of(BETTER_AUTH_URL)
BETTER_AUTH_ISSUER = environment.issuer(
    "BETTER_AUTH_ISSUER", BETTER_AUTH_ORIGIN, ISSUER, "BETTER_AUTH_SECRET"
)
BETTER_AUTH_AUDIENCE = environment.text("BETTER_AUTH_AUDIENCE", BETTER_AUTH_ORIGIN)

# Mail

MAIL_SERVER = environment.mail_server("EMAIL_URL")
EMAIL_BACKEND = MAIL_SERVER["EMAIL_BACKEND"]
EMAIL_HOST = MAIL_SERVER["EMAIL_HOST"]
EMAIL_PORT = MAIL_SERVER["EMAIL_PORT"]
EMAIL_HOST_USER = MAIL_SERVER["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = MAIL_SERVER["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = MAIL_SERVER.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = MAIL_SERVER.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.sender(
    "DEFAULT_FROM_EMAIL", f"no-reply@{urlsplit(PUBLIC_URL or FRONTEND_URL).hostname}"
)

# API

TOKEN_AUTHENTICATION = [
    "accounts.authentication.PersonalTokenAuthentication",
    "accounts.authentication.SignInAuthentication",
]
if BETTER_AUTH_URL or BETTER_AUTH_SECRET:
    # It passes our own tokens to the next class.
    TOKEN_AUTHENTICATION.insert(1, "accounts.better_auth.BetterAuthentication")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        *TOKEN_AUTHENTICATION,
        "todo_project.api.forms.FormSessionAuthentication",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "todo_project.api.negotiation.QualityNegotiation",
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": [
        "todo_project.api.parsers.StrictJSONParser",
        "todo_project.api.parsers.SessionFormParser",
        "todo_project.api.parsers.SessionMultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": [
        "todo_project.api.renderers.FastJSONRenderer",
        "todo_project.api.renderers.PageRenderer",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["todo_project.api.throttling.UserThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": environment.rate("THROTTLE_USER", "6000/min") or None},
    "NUM_PROXIES": TRUSTED_PROXIES,
    "DEFAULT_SCHEMA_CLASS": "todo_project.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "todo_project.api.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,  # only `Accept` decides; `format` is an unknown parameter
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Todo API",
    "DESCRIPTION": (BASE_DIR / "todo_project" / "conventions.md").read_text(),
    "VERSION": __version__,
    "LICENSE": {"name": "MIT", "url": "https://opensource.org/license/mit"},
    "SERVERS": [{"url": "/"}],
    "TAGS": [
        {"name": "auth", "description": "Accounts, sign-ins and tokens."},
        {"name": "tasks", "description": "The caller's tasks."},
        {"name": "projects", "description": "The caller's projects, which tasks may be in."},
        {"name": "sync", "description": "Changes, for clients that keep a copy."},
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "todo_project.api.schema.require_what_is_always_answered",
        "tasks.schema.complete_tasks",
        "projects.schema.complete_projects",
    ],
    "SCHEMA_PATH_PREFIX": "/api",
    # Session cookies belong to the browsable API. Users cannot enter one in Swagger UI.
    "AUTHENTICATION_WHITELIST": TOKEN_AUTHENTICATION,
    "PREPROCESSING_HOOKS": ["todo_project.api.schema.in_order_of_routes"],
    "SORT_OPERATIONS": False,
    "PARSER_WHITELIST": ["todo_project.api.parsers.StrictJSONParser"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "defaultModelsExpandDepth": 0},
    "REDOC_DIST": "SIDECAR",
}
