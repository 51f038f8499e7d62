"""The machine and the versions that the results are of."""

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from dataset import on_server

OURS = ["Django", "djangorestframework", "granian", "psycopg", "orjson"]
PEERS = ["fastapi", "sqlmodel", "pydantic", "uvicorn", "psycopg2-binary"]


def machine(peer: Path) -> str:
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", info)
    [[server]] = on_server("SHOW server_version")
    wrk = subprocess.run(["wrk", "-v"], capture_output=True, text=True).stdout.split()[1]
    parts = [
        f"{os.cpu_count()} cores, {model[1] if model else platform.machine()}",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in OURS),
        f"PostgreSQL {server.split()[0]} as its package configures it",
        f"wrk {wrk}",
    ]
    return f"{', '.join(parts)}. The peer: {', '.join(peers(peer))}."


def peers(python: Path) -> list[str]:
    code = "import sys, importlib.metadata as m; print(*map(m.version, sys.argv[1:]))"
    command = [str(python), "-c", code, *PEERS]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return [f"{name} {found}" for name, found in zip(PEERS, run.stdout.split(), strict=True)]
