"""Redis stops or hangs under load. It holds only counts that the API can work without.

Calls still succeed and are less than a second slower. Logins stay limited: after ten failures in a
minute the eleventh login is refused.
"""

import signal
import time
from collections.abc import Callable

from .client import ACCOUNT, Client, sign_up
from .components import Redis, Server
from .databases import Postgres
from .load import Load, percentile
from .stage import Stage, must

ADDED = 1.0  # seconds; calls may take this much longer
LIMIT = 10


def run(short: bool) -> str:
    seconds = 5.0 if short else 30.0
    with Stage() as stage:
        postgres, redis = Postgres(stage), Redis(stage)
        common = {"DATABASE_URL": postgres.url(), "CACHE_URL": redis.url()}
        server = Server(stage, THROTTLE_USER="1000000/min", **common)
        server.start()
        token = sign_up(server.port)

        def figures(name: str, trouble: Callable[[], None], end: Callable[[], None]) -> str:
            return endure(server, token, seconds, name, trouble, end)

        stopped = figures("stopped", redis.stop, redis.start)
        hanging = figures(
            "hanging",
            lambda: redis.send_signal(signal.SIGSTOP),
            lambda: redis.send_signal(signal.SIGCONT),
        )
    return f"{stopped}, {hanging}; each time {LIMIT} logins failed, the next was a 429"


def endure(
    server: Server, token: str, seconds: float, name: str,
    trouble: Callable[[], None], end: Callable[[], None],
) -> str:  # fmt: skip
    with Load(server.port, token, name=name, reads=0.8) as load:
        time.sleep(seconds)
        trouble()
        began = time.monotonic()
        guess(server, f"{name}@example.com")
        time.sleep(seconds)
        ended = time.monotonic()
        end()
        time.sleep(1)
    load.only()
    calm = [call for call in load.calls if call.end < began]
    during = [call for call in load.calls if began <= call.at < ended]
    figures = []
    for what, share in {"p99": 0.99, "longest": 1.0}.items():
        before, after = percentile(calm, share), percentile(during, share)
        must(after < before + ADDED, f"{name}: {what} {after:.2f} s, before {before:.2f} s")
        figures.append(f"{what} {before * 1000:.0f} ms before, {after * 1000:.0f} ms during")
    return f"{name}: {len(during)} calls, {', '.join(figures)}"


def guess(server: Server, email: str) -> None:
    client = Client(server.port)
    body = ACCOUNT | {"email": email}
    statuses = [client.call("POST", "/api/auth/login", body).status for _ in range(LIMIT + 1)]
    must(statuses == [401] * LIMIT + [429], f"logins without Redis: {statuses}")
