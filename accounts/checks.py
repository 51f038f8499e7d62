"""System checks for settings that silently disable a protection."""

from collections.abc import Iterator
from ipaddress import ip_address
from itertools import combinations
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, register

from todo_project.checks import is_public


@register(Tags.security)
def check_protections(app_configs: Any, **options: Any) -> list[Error]:
    return [*check_sign_in(), *check_origins(), *check_keys(), *check_better_auth()]


def check_sign_in() -> Iterator[Error]:
    backends = ["accounts.backends.LimitedModelBackend"]
    if backends != settings.AUTHENTICATION_BACKENDS:
        yield Error(
            "Password guessing is not limited.",
            hint=f"AUTHENTICATION_BACKENDS must be {backends}.",
            id="accounts.E001",
        )
    rest_framework: Any = settings.REST_FRAMEWORK
    ours = "accounts.authentication.SignInAuthentication"
    classes = rest_framework["DEFAULT_AUTHENTICATION_CLASSES"]
    if ours not in classes or any("simplejwt" in name for name in classes):
        yield Error(
            "Access tokens stay valid after their sign-in has ended.",
            hint=f"DEFAULT_AUTHENTICATION_CLASSES must have {ours} and no class of SimpleJWT.",
            id="accounts.E002",
        )
    if is_public() and not (settings.THROTTLE_LOGIN and settings.THROTTLE_ANON):
        yield Error(
            "Password guessing is not limited, and the server is public.",
            hint="Unset THROTTLE_LOGIN and THROTTLE_ANON or set them to a rate.",
            id="accounts.E003",
        )


def check_origins() -> Iterator[Error]:
    if "*" in settings.ALLOWED_HOSTS:
        yield Error("ALLOWED_HOSTS allows every host.", id="accounts.E004")
    open_to_all = {"*", "null"} & {*settings.CORS_ALLOWED_ORIGINS}
    if open_to_all or getattr(settings, "CORS_ALLOW_ALL_ORIGINS", False):
        yield Error("CORS allows every origin.", id="accounts.E005")
    for pattern in getattr(settings, "CORS_ALLOWED_ORIGIN_REGEXES", []):
        text = getattr(pattern, "pattern", pattern)
        if not (text.startswith("^") and text.endswith(("$", r"\Z"))):
            yield Error(
                f"CORS_ALLOWED_ORIGIN_REGEXES: {text} also matches parts of other origins.",
                hint="Start the pattern with ^ and end it with $.",
                id="accounts.E006",
            )


def check_keys() -> Iterator[Error]:
    signing_key: Any = settings.SIMPLE_JWT["SIGNING_KEY"]
    keys = [
        ("SECRET_KEY", settings.SECRET_KEY),
        *(("SECRET_KEY_FALLBACKS", key) for key in settings.SECRET_KEY_FALLBACKS),
        ("JWT_SIGNING_KEY", signing_key),
        ("JWT_SIGNING_KEY_PREVIOUS", settings.JWT_SIGNING_KEY_PREVIOUS),
        ("BETTER_AUTH_SECRET", settings.BETTER_AUTH_SECRET),
    ]
    keys = [(name, key) for name, key in keys if key]
    for name, key in keys:
        if len(key.encode()) < 32:  # RFC 7518, section 3.2
            yield Error(f"{name} has fewer than 32 bytes.", id="accounts.E007")
    if settings.BETTER_AUTH_SECRET == "better-auth-secret-12345678901234567890":  # noqa: S105  (it is public)
        yield Error(
            "BETTER_AUTH_SECRET is the public default of Better Auth.",
            id="accounts.E010",
        )
    for (name, key), (other_name, other) in combinations(keys, 2):
        if key == other:
            yield Error(f"{other_name} is the same as {name}.", id="accounts.E008")


def check_better_auth() -> Iterator[Error]:
    address = urlsplit(settings.BETTER_AUTH_URL)
    if is_public() and address.scheme == "http" and not is_loopback(address.hostname or ""):
        yield Error(
            "BETTER_AUTH_URL is not encrypted: an attacker on the network could forge its keys.",
            hint="Use an https:// URL.",
            id="accounts.E009",
        )


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
