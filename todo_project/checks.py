"""System checks for settings that are unsafe on a public server."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


def is_public() -> bool:
    """True if other machines can reach the server, directly or through a proxy."""
    return bool(settings.PUBLIC_URL) or not ip_address(settings.HOST).is_loopback


@register(Tags.security)
def check_public_server(app_configs: Any, **options: Any) -> list[Error]:
    return list(errors()) if is_public() else []


def errors() -> Iterator[Error]:
    if set(settings.ALLOWED_HOSTS) <= set(settings.LOOPBACK_HOSTS):
        yield Error(
            "ALLOWED_HOSTS contains only loopback names, but the server is public.",
            hint="Add the public host name, or unset PUBLIC_URL and set HOST to 127.0.0.1.",
            id="todo_project.E001",
        )
    if settings.DEBUG:
        yield Error(
            "DEBUG shows settings and code to everyone, and the server is public.",
            hint="Unset DEBUG, or unset PUBLIC_URL and set HOST to 127.0.0.1.",
            id="todo_project.E002",
        )
