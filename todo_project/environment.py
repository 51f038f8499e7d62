"""The variables of the environment and of `.env`: each is read, checked and refused by its name.

No error tells the value of a variable, as it may be a secret.
"""

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from .keys import kept_key

HTTP_ADDRESS = r"(?a)https?://([\w.-]+|\[[\da-fA-F:.]+\])(:\d+)?(/[\w./~-]*)?"
RATE = "[1-9][0-9]*/(s|sec|m|min|h|hour|d|day)"
NO_ADDRESS = "is no address: write what is special in its password as %XX"


def read_file(path: Path) -> None:
    """Takes from `path`, or from ENV_FILE, what the environment itself does not say."""
    environ.Env.read_env(os.environ.get("ENV_FILE", path))


def refuse(name: str, reason: str) -> NoReturn:
    raise ImproperlyConfigured(f"{name} {reason}.") from None


def text(name: str, default: str = "") -> str:
    """A variable that is empty is like one that is not set."""
    return os.environ.get(name, "").strip() or default


def words(name: str, *default: str) -> list[str]:
    """The parts of a comma list."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or list(default)


def number(name: str, default: int, least: int = 0, most: int = 10**9) -> int:
    value = text(name, str(default))
    if not (value.isascii() and value.isdecimal()) or not least <= int(value) <= most:
        refuse(name, f"must be a whole number from {least} to {most}")
    return int(value)


def choice(name: str, default: str, other: str) -> str:
    value = text(name, default)
    if value not in (default, other):
        refuse(name, f"must be {default} or {other}")
    return value


def flag(name: str) -> bool:
    return text(name).lower() in ("true", "on", "ok", "y", "yes", "1")


def rate(name: str, default: str) -> str:
    """So many calls in a second, minute, hour or day; empty for no limit."""
    value = os.environ.get(name, default).strip()
    if value and not re.fullmatch(RATE, value):
        refuse(name, "must be a rate such as 10/min, or empty")
    return value


def ip(name: str, default: str) -> str:
    value = text(name, default)
    try:
        ip_address(value)
    except ValueError:
        refuse(name, "must be an IP address to listen on")
    return value


def address(name: str) -> str:
    """An address of HTTP without a slash at its end."""
    url = text(name)
    try:
        # `port` raises ValueError for one out of range.
        if url and (not re.fullmatch(HTTP_ADDRESS, url) or urlsplit(url).port == 0):
            raise ValueError
    except ValueError:
        refuse(name, "must be an http:// or https:// address")
    return url.rstrip("/")


def origin_of(url: str) -> str:
    """Scheme, host and port as browsers write them, and as Better Auth names itself."""
    parts = urlsplit(url)
    implied = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.lower()}".removesuffix(implied)


def issuer(name: str, default: str, *taken: str) -> str:
    value = text(name, default)
    if value in taken:
        refuse(name, "is a name that something else has")
    return value


def key(name: str, folder: Path, embedded: bool) -> str:
    """The key given; else one that is made and kept in `folder` if the database is embedded."""
    if value := text(name):
        return value
    if not embedded:
        refuse(name, "is required with a server database")
    return kept_key(folder / name.lower())


def redis(name: str) -> str:
    url = text(name)
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        refuse(name, "must be a redis:// address")
    return url


def mail_server(name: str) -> dict[str, Any]:
    """The settings of Django for sending mails, by their names."""
    try:
        settings: dict[str, Any] = environ.Env.email_url_config(text(name, "consolemail://"))
    except ValueError:
        refuse(name, NO_ADDRESS)
    return settings
