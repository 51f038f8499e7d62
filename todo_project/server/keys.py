"""Secret keys that are generated once and stored, for an installation without configuration."""

import os
import secrets
import tempfile
from pathlib import Path


def get_or_create_key(path: Path) -> str:
    """The key stored in `path`, a file of mode 0600. The first call creates it.

    Processes that start at the same time get the same key: each writes a temporary file and links
    it to `path`, and only the first link succeeds.
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
