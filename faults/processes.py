"""The processes of a component."""

import os
from pathlib import Path

from .component import Component

MEBIBYTE = 2**20 / os.sysconf("SC_PAGE_SIZE")  # in pages


def memory(component: Component) -> dict[int, float]:
    """The resident memory of each process, in MiB."""
    return {int(own.name): resident(own) for own in members(component)}


def members(component: Component) -> list[Path]:
    """The folders of the processes under /proc."""
    leader = component.process.pid if component.process else 0
    return [own for own in Path("/proc").glob("[0-9]*") if group_of(own) == leader]


def group_of(own: Path) -> int:
    try:
        return int((own / "stat").read_text().rpartition(")")[2].split()[2])
    except OSError:  # it has just ended
        return -1


def resident(own: Path) -> float:
    try:
        return int((own / "statm").read_text().split()[1]) / MEBIBYTE
    except OSError:
        return 0.0
