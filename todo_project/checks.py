"""Errors for combinations of settings that are unsafe at an address others can reach."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security)
def check_public_server(app_configs: Any, **options: Any) -> list[Error]:
    return list(errors()) if listens_publicly() else []


def listens_publicly() -> bool:
    try:
        return not ip_address(settings.HOST).is_loopback
    except ValueError:
        return bool(settings.HOST != "localhost")


def errors() -> Iterator[Error]:
    if set(settings.ALLOWED_HOSTS) <= set(settings.LOOPBACK_HOSTS):
        yield Error(
            f"HOST={settings.HOST} is reached by names that ALLOWED_HOSTS does not have.",
            hint="Set ALLOWED_HOSTS to the names that clients use.",
            id="todo_project.E001",
        )
    if settings.DEBUG:
        yield Error(
            f"DEBUG would show the settings to whoever reaches HOST={settings.HOST}.",
            hint="Leave DEBUG out, or listen on 127.0.0.1.",
            id="todo_project.E002",
        )
