"""Free ports on loopback."""

import random
import socket
from contextlib import suppress

PORTS = random.sample(range(18_000, 19_000), 1000)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that is not in use and was not returned before."""
    while not is_free(port := PORTS.pop()):
        pass
    return port
