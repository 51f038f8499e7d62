"""A temporary folder for the components of a scenario, which all end with it."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any


class Broken(Exception):
    """A condition does not hold."""


def must(holds: object, reason: str) -> None:
    if not holds:
        raise Broken(reason)


def eventually(test: Callable[[], object], seconds: float, reason: str) -> float:
    """Waits until the test is true. Gives the seconds that it took."""
    started = time.monotonic()
    while not test():
        must(time.monotonic() - started < seconds, f"{reason}: not within {seconds:g} s")
        time.sleep(0.01)
    return time.monotonic() - started


class Stage(ExitStack):
    """A folder for components. Its exit ends the components in reverse order."""

    def __enter__(self) -> "Stage":
        super().__enter__()
        self.folder = Path(tempfile.mkdtemp(prefix="faults-"))
        self.folder.chmod(0o755)  # contains the folders of other users' processes
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        if error[0]:  # the logs show the cause
            print(f"kept {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder)

    def folder_for(self, name: str, user: str | None = None) -> Path:
        folder = self.folder / name
        folder.mkdir()
        if user:
            shutil.chown(folder, user, user)
        return folder

    def small_disk(self, folder: Path, mebibytes: int, kind: str = "tmpfs") -> Path:
        """Mounts a small file system, in memory or, with ext4, in an image file next to it."""
        folder.mkdir(exist_ok=True)
        device, options = kind, f"size={mebibytes}m"
        if kind == "ext4":
            device, options = str(folder.with_suffix(".image")), "loop,errors=remount-ro"
            run_as_root("truncate", "--size", f"{mebibytes}M", device)
            run_as_root("mkfs.ext4", "-q", "-F", device)
        run_as_root("mount", "-t", kind, "-o", options, device, str(folder))
        self.callback(run_as_root, "umount", "--lazy", str(folder))
        return folder


def run_as_root(*command: str) -> None:
    subprocess.run(command, check=True)
