"""Errors for combinations of settings that are unsafe at an address others can reach."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


def is_public() -> bool:
    """Whether others than this machine's own people reach the server, be it through a proxy."""
    return bool(settings.PUBLIC_URL) or not ip_address(settings.HOST).is_loopback


@register(Tags.security)
def check_public_server(app_configs: Any, **options: Any) -> list[Error]:
    return list(errors()) if is_public() else []


def errors() -> Iterator[Error]:
    if set(settings.ALLOWED_HOSTS) <= set(settings.LOOPBACK_HOSTS):
        yield Error(
            "ALLOWED_HOSTS has none of the names by which others reach the server.",
            hint="Set it to them, or leave PUBLIC_URL out and listen on 127.0.0.1.",
            id="todo_project.E001",
        )
    if settings.DEBUG:
        yield Error(
            "DEBUG would show settings and code to whoever reaches the server.",
            hint="Leave DEBUG out, or leave PUBLIC_URL out and listen on 127.0.0.1.",
            id="todo_project.E002",
        )
