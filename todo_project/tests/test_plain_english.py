"""Texts, comments and names avoid words that are hard to read in a second language."""

import re
import subprocess

from django.conf import settings

BANNED = re.compile(
    "(?<![a-z])(whoever|anew|meanwhile|hence|thereby|lest|of late)(?![a-z])", re.IGNORECASE
)
SUFFIXES = (".py", ".md", ".html", ".txt")


def texts():
    """The paths of the tracked text files, without this one."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    names = [name for name in listed.stdout.splitlines() if name.endswith(SUFFIXES)]
    return [name for name in names if not name.endswith("/test_plain_english.py")]


def hits(name):
    lines = (settings.BASE_DIR / name).read_text().splitlines()
    return [f"{name}:{n}: {line.strip()}" for n, line in enumerate(lines, 1) if BANNED.search(line)]


def test_no_file_contains_a_banned_word():
    found = [hit for name in texts() for hit in hits(name)]

    assert not found, "\n".join(found)
