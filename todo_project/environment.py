"""Reads and checks the variables of the environment and of `.env`.

An error message names the variable but never shows its value, which may be a secret.
"""

import io
import os
import re
from collections.abc import Iterable
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from redis import ConnectionPool, RedisError

from todo_project.server.keys import get_or_create_key

BASE_DIR = Path(__file__).resolve().parent.parent

LINE = re.compile(r"""(?a)(export )?\w+=("[^\0]*"|'[^\0]*'|[^"'\0][^\0]*)?|#.*|""")
RATE = re.compile("[1-9][0-9]*/(s|sec|m|min|h|hour|d|day)")
HOST = r"([\w.-]+|\[[\da-f:.]+\])"
HTTP_ADDRESS = re.compile(rf"(?ai)https?://{HOST}(:\d+)?(/[\w./~-]*)?")
ORIGIN = re.compile(rf"(?ai)[a-z][a-z\d+.-]*://{HOST}(:\d+)?/?")
MAILBOX = re.compile(r"(?a)[\w.+-]+@[\w.-]+")
INVALID_URL = "is not a valid URL. Percent-encode special characters in the password"


def read_file() -> None:
    """Reads `.env`, or the file that ENV_FILE names. The environment takes precedence."""
    path = Path(text("ENV_FILE", str(BASE_DIR / ".env")))
    if not (path.exists() or text("ENV_FILE")):
        return
    try:
        lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    except UnicodeError:
        raise ImproperlyConfigured(f"{path}: The file must be in UTF-8.") from None
    except OSError as error:
        raise ImproperlyConfigured(f"{path}: {error.strerror}.") from None
    for number, line in enumerate(lines, 1):
        if not LINE.fullmatch(line):
            raise ImproperlyConfigured(f"{path}, line {number}: The line must be NAME=value.")
    environ.Env.read_env(io.StringIO("\n".join(lines)))


def refuse(name: str, reason: str) -> NoReturn:
    raise ImproperlyConfigured(f"{name} {reason}.") from None


def text(name: str, default: str = "") -> str:
    """The value of a variable. An empty variable counts as unset."""
    return os.environ.get(name, "").strip() or default


def words(name: str, default: Iterable[str] = ()) -> list[str]:
    """The items of a comma-separated list."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or list(default)


def number(name: str, default: int, minimum: int = 0, maximum: int = 10**6) -> int:
    value = text(name, str(default))
    if not re.fullmatch("[0-9]{1,9}", value) or not minimum <= int(value) <= maximum:
        refuse(name, f"must be a whole number from {minimum} to {maximum}")
    return int(value)


def choice(name: str, default: str, other: str) -> str:
    value = text(name, default)
    if value not in (default, other):
        refuse(name, f"must be {default} or {other}")
    return value


def flag(name: str, needs: str = "") -> bool:
    """A boolean. If `needs` names another flag, that flag must be true for this one to be true."""
    value = text(name, "false").lower()
    if value not in ("true", "yes", "on", "1", "false", "no", "off", "0"):
        refuse(name, "must be true or false")
    is_on = value in ("true", "yes", "on", "1")
    if is_on and needs and not flag(needs):
        refuse(name, f"needs {needs}")
    return is_on


def rate(name: str, default: str) -> str:
    """A number of calls per second, minute, hour or day; empty for no limit."""
    value = os.environ.get(name, default).strip()
    if value and not RATE.fullmatch(value):
        refuse(name, "must be a rate such as 10/min, or empty")
    return value


def ip(name: str, default: str) -> str:
    value = text(name, default)
    try:
        ip_address(value)
    except ValueError:
        refuse(name, "must be an IP address to listen on")
    return value


def hosts(name: str, default: Iterable[str]) -> list[str]:
    values = words(name, default)
    if not all(value == "*" or re.fullmatch(rf"(?ai){HOST}", value) for value in values):
        refuse(name, "must be a comma-separated list of host names without scheme, port or path")
    return values


def split(url: str) -> SplitResult | None:
    """The parts of a URL; None if the host or the port is invalid."""
    try:
        parts = urlsplit(url)
        return None if parts.port == 0 else parts
    except ValueError:
        return None


def address(name: str, default: str = "") -> str:
    """An HTTP URL, without a trailing slash."""
    url = text(name, default)
    if url and not (HTTP_ADDRESS.fullmatch(url) and split(url)):
        refuse(name, "must be an http:// or https:// URL")
    return url.rstrip("/")


def origin(name: str) -> str:
    """An HTTP origin (a URL without a path), in the form that browsers send."""
    url = address(name)
    if urlsplit(url).path:
        refuse(name, "must have no path")
    return url and origin_of(url)


def origins(name: str, default: Iterable[str]) -> list[str]:
    """Origins for CORS. Apps have some with other schemes, such as capacitor://localhost."""
    urls = words(name)
    if not all(ORIGIN.fullmatch(url) and split(url) for url in urls):
        refuse(name, "must be a comma-separated list of origins such as https://app.example.com")
    return [origin_of(url) for url in urls or default]


def with_loopback_alias(url: str) -> list[str]:
    """The URL, if any. With localhost, also that with 127.0.0.1 and vice versa: people use both."""
    host = urlsplit(url).hostname or ""
    alias = {"localhost": "127.0.0.1", "127.0.0.1": "localhost"}.get(host)
    aliases = [origin_of(url).replace(host, alias)] if alias else []
    return [url, *aliases] if url else []


def origin_of(url: str) -> str:
    """Scheme, host and port, in the form of browsers' `Origin` and of Better Auth's issuer."""
    parts = urlsplit(url)
    default_port = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return f"{parts.scheme}://{parts.netloc.lower()}".removesuffix(default_port)


def issuer(name: str, default: str, *taken: str) -> str:
    value = text(name, default)
    if value in taken:
        refuse(name, f"must not be one of {', '.join(taken)}")
    return value


def bearer(name: str) -> str:
    """A token that can be sent in a header."""
    value = text(name)
    if not re.fullmatch("[!-~]*", value):
        refuse(name, "must contain only visible ASCII characters")
    return value


def redis_servers(name: str) -> str:
    """A comma-separated list of URLs. Each is checked without connecting."""
    urls = words(name)
    if not all(url.startswith(("redis://", "rediss://", "unix://")) for url in urls):
        refuse(name, "must be a redis:// URL")
    for url in urls:
        try:
            ConnectionPool.from_url(url).make_connection()
        except (RedisError, TypeError, ValueError):
            refuse(name, "is not a valid URL or has an option that redis-py does not know")
        if "@" in urlsplit(url).path:  # a password with a `/` in it
            refuse(name, INVALID_URL)
    return ",".join(urls)


def mail_server(name: str) -> dict[str, Any]:
    """Django's settings for sending mail, by name."""
    url = text(name, "consolemail://")
    parts = split(url)
    if url.partition("://")[0] not in ("smtp", "smtp+tls", "smtp+ssl", "consolemail"):
        refuse(name, "must be an smtp://, smtp+tls:// or smtp+ssl:// URL, or consolemail://")
    if not parts or parts.path.strip("/") or parts.query or parts.fragment:
        refuse(name, INVALID_URL)
    if parts.scheme != "consolemail" and not parts.hostname:
        refuse(name, "has no host")
    settings: dict[str, Any] = environ.Env.email_url_config(url)
    return settings


def sender(name: str, default: str) -> str:
    value = text(name, default)
    if not MAILBOX.fullmatch(parseaddr(value)[1]):
        refuse(name, "must be an e-mail address")
    return value


def contact(name: str) -> str:
    """An https:// URL, or an e-mail address as a mailto: URL (RFC 9116, section 2.5.3)."""
    value = text(name)
    if value.startswith("https://"):
        return address(name)
    mailbox = value.removeprefix("mailto:")
    if mailbox and not MAILBOX.fullmatch(mailbox):
        refuse(name, "must be an e-mail address or an https:// URL")
    return mailbox and f"mailto:{mailbox}"


def check_public(public_url: str, trusted_proxies: int) -> None:
    """Raises if a server with a public URL could not work, or would expose secrets."""
    if not public_url:
        return
    if not text("EMAIL_URL"):
        refuse("EMAIL_URL", "is required with PUBLIC_URL")
    if text("EMAIL_URL").startswith("consolemail"):
        refuse("EMAIL_URL", "must be an smtp:// URL with PUBLIC_URL, or links appear in the log")
    if public_url.startswith("https://") and not trusted_proxies:
        refuse("TRUSTED_PROXIES", "must be 1 or more with PUBLIC_URL=https://: TLS needs a proxy")


def folder(name: str, default: str) -> Path:
    return BASE_DIR / os.path.expanduser(text(name, default))


def own_folder(name: str, path: Path) -> Path:
    """A folder that this process can write to. It is created if it does not exist."""
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        refuse(name, f"is {path}: {error.strerror}")
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        refuse(name, f"is {path}, which this process cannot read and write")
    return path


def key(name: str, var_dir: Path, embedded: bool) -> str:
    """The variable's value. With an embedded database, the default is a key kept in `var_dir`."""
    if value := text(name):
        return value
    if not embedded:
        refuse(name, "is required with a server database")
    path = own_folder("VAR_DIR", var_dir) / name.lower()
    try:
        return get_or_create_key(path)
    except (OSError, UnicodeError):
        refuse(name, f"is kept in {path}, which this process cannot read and write")
