"""Secret keys that are made once and kept, for an installation that nobody has configured."""

import os
import secrets
import tempfile
from pathlib import Path


def kept_key(path: Path) -> str:
    """The key kept in `path`, a file of mode 0600; made on first use.

    Processes that start together agree on one key: it is written to a file of its own and
    then linked into place, which only the first of them can do.
    """
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp gives mode 0600
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return path.read_text()
