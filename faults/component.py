"""A component of a scenario: a process, its port and its folder."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from .ports import answers, free_port, is_free
from .stage import Stage, eventually, must

ROOT = Path(__file__).resolve().parents[1]


class Component:
    """A process that listens on a port. It has its own folder and process group."""

    user: str | None = None  # runs the process; None means the current user

    def __init__(self, stage: Stage, **environment: str) -> None:
        self.port = free_port()
        self.environment = environment
        self.folder = stage.folder_for(f"{type(self).__name__.lower()}-{self.port}", self.user)
        self.log = self.folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        stage.callback(self.kill)
        self.prepare()

    def prepare(self) -> None:
        """Runs once, before the first start."""

    def command(self) -> list[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        return answers(self.port)

    def run(self, *command: str | Path) -> None:
        """Runs a command as this component's user and waits for its end."""
        with self.log.open("ab") as log:
            subprocess.run(
                list(map(str, command)),
                stdout=log,
                stderr=log,
                user=self.user,
                group=self.user,
                check=True,
            )

    def launch(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], **self.environment},
                stdout=log,
                stderr=log,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                start_new_session=True,
            )

    def start(self) -> None:
        self.launch()
        eventually(self.is_up, 60, f"start of {self.folder.name}")

    def is_up(self) -> bool:
        process = self.process
        ended = process is None or process.poll() is not None
        must(not ended, f"{self.folder.name} ended: {self.tail()}")
        return self.is_ready()

    def tail(self) -> str:
        return " | ".join(self.log.read_text(errors="replace").splitlines()[-5:])

    def send_signal(self, number: int) -> None:
        if self.process:
            self.process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> None:
        self.send_signal(number)
        if self.process:
            self.process.wait(timeout=60)
        eventually(lambda: is_free(self.port), 10, f"end of {self.folder.name}")

    def kill(self) -> None:
        """Kills the process and its children."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            eventually(lambda: is_free(self.port), 10, f"death of {self.folder.name}")


def substitute(name: str, target: Path, replaced: dict[str, str]) -> None:
    """Copies a file of deploy/ with other addresses and paths. Each old text must be in it."""
    text = (ROOT / "deploy" / name).read_text()
    for old, new in replaced.items():
        must(old in text, f"deploy/{name} has no {old!r}")
        text = text.replace(old, new)
    target.write_text(text)
