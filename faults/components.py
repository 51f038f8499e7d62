"""The project's server, nginx and Redis."""

import http.client
import os
import shutil
import sys
from pathlib import Path

from .component import ROOT, Component, substitute
from .stage import Stage

# Files that the server does not need. The rest is copied: its user may not be able to read here.
NOT_COPIED = [".*", "__pycache__", "benchmarks", "docs", "e2e", "faults", "fuzz", "tests", "var"]


class Redis(Component):
    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.start()

    def command(self) -> list[str]:
        place = ["--port", str(self.port), "--bind", "127.0.0.1"]
        return ["redis-server", *place, "--requirepass", "sesame", "--save", ""]

    def url(self) -> str:
        return f"redis://:sesame@127.0.0.1:{self.port}/0"


class Nginx(Component):
    """nginx with deploy/nginx.conf in front of two servers, which may be the same one."""

    def __init__(self, stage: Stage, first: "Server", second: "Server") -> None:
        self.servers = {"8001": first, "8002": second}
        super().__init__(stage)
        self.start()

    def prepare(self) -> None:
        ports = {f"127.0.0.1:{name}": f"127.0.0.1:{s.port}" for name, s in self.servers.items()}
        paths = dict.fromkeys(["/var/log/nginx", "/var/lib/nginx", "/run/todo"], str(self.folder))
        own = {
            "listen 80 ": f"listen 127.0.0.1:{self.port} ",
            "listen [::]:80 ": f"listen [::1]:{self.port} ",
            "/run/nginx.pid": "nginx.pid",
        }
        substitute("nginx.conf", self.folder / "nginx.conf", {**ports, **paths, **own})

    def command(self) -> list[str]:
        prefix = ["-p", str(self.folder), "-c", "nginx.conf"]
        return ["nginx", *prefix, "-e", str(self.log), "-g", "daemon off;"]

    def drain(self, name: str) -> Path:
        """Stops new requests to that server while the returned file exists."""
        flag = self.folder / f"drain-{name}"
        flag.touch()
        return flag


class Server(Component):
    """A server in a copy of the project. Uses SQLite unless DATABASE_URL is given."""

    def prepare(self) -> None:
        mode = self.folder.stat().st_mode
        ignored = shutil.ignore_patterns(*NOT_COPIED)
        shutil.copytree(ROOT, self.folder, ignore=ignored, dirs_exist_ok=True)
        self.folder.chmod(mode)  # copytree sets the mode of the project's folder
        keys = {"SECRET_KEY": "faults-" * 8, "JWT_SIGNING_KEY": "strictly-" * 8}
        # A few clients send the load of many users.
        free = {"THROTTLE_USER": "", "THROTTLE_ANON": "", "ENV_FILE": os.devnull}
        own = {"PORT": str(self.port), "PYTHONDONTWRITEBYTECODE": "1"}
        self.environment = keys | free | own | self.environment

    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "serve", "--migrate"]

    @property
    def database(self) -> Path:
        return self.folder / "var" / "todo.sqlite3"

    def is_ready(self) -> bool:
        return self.probe("/ready") == 200

    def probe(self, path: str) -> int:
        """The status of the response; 0 without a response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
