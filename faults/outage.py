"""PostgreSQL, or PgBouncer before it, goes away under load and comes back.

PostgreSQL is stopped and started, and all its connections are ended, reached directly and through
PgBouncer; and PgBouncer is stopped and started. Meanwhile clients see successes and 503s that say
when to come back, nothing else. While the database is away `/health` is 200 and `/ready` is 503.
Within two seconds of its return calls succeed again. All that was acknowledged is there.
"""

import time

from .client import Call, sign_up
from .component import Component
from .components import Server
from .databases import PgBouncer, Postgres
from .integrity import check_postgres
from .ledger import compare
from .load import Load
from .stage import Stage, must

RETURN = 2.0  # seconds, from when the database accepts a connection to the first success
DOUBT = (0, 503)  # a connection that ends while it commits may have committed


def run(short: bool) -> str:
    away = 1.0 if short else 5.0
    return f"{directly(away)}; {through_pgbouncer(away)}"


def directly(away: float) -> str:
    with Stage() as stage:
        postgres = Postgres(stage)
        server = Server(stage, DATABASE_URL=postgres.url())
        stories = [restarted(server, postgres, away), disconnected(server, postgres)]
        check_postgres(postgres)
    return "direct: " + ", ".join(stories)


def through_pgbouncer(away: float) -> str:
    with Stage() as stage:
        postgres = Postgres(stage)
        bouncer = PgBouncer(stage, postgres)
        addresses = {"DATABASE_URL": bouncer.url(), "DATABASE_DIRECT_URL": postgres.url()}
        server = Server(stage, **addresses)
        stories = [restarted(server, postgres, away), disconnected(server, postgres)]
        stories.append(restarted(server, bouncer, away))
        check_postgres(postgres)
    return "through PgBouncer: " + ", ".join(stories)


def restarted(server: Server, away: Component, seconds: float) -> str:
    server.start()
    token = sign_up(server.port, email=f"{type(away).__name__}@example.com")
    with Load(server.port, token, reads=0.5, doubt=DOUBT) as load:
        time.sleep(1)
        away.stop()
        probe(server, time.monotonic() + seconds)
        away.start()
        back = time.monotonic()
        time.sleep(RETURN + 1)
    load.only(503)
    compare(server.port, token, [load])
    waited = first_success(load.calls, back)
    refused = load.statuses()[503]
    must(refused, "nobody was refused: the outage was none")
    server.stop()
    longest = max(call.seconds for call in load.calls)
    name = type(away).__name__
    return f"{name} restarted: {refused} 503s, longest {longest:.1f} s, back in {waited:.2f} s"


def probe(server: Server, until: float) -> None:
    """While the database is away."""
    while time.monotonic() < until:
        statuses = server.probe("/health"), server.probe("/ready")
        must(statuses == (200, 503), f"/health and /ready are {statuses}")
        time.sleep(0.1)


def first_success(calls: list[Call], back: float) -> float:
    """Seconds from the return of the database."""
    waited = min(call.end for call in calls if call.succeeded and call.end > back) - back
    must(waited <= RETURN, f"the first success came {waited:.1f} s after the database")
    late = [call for call in calls if call.at > back + RETURN and not call.succeeded]
    must(not late, f"{len(late)} refusals though the database is long back")
    return waited


def disconnected(server: Server, postgres: Postgres) -> str:
    """All connections are ended, several times; new ones are possible at once."""
    server.start()
    token = sign_up(server.port, email="disconnected@example.com")
    with Load(server.port, token, reads=0.5, doubt=DOUBT) as load:
        for _ in range(5):
            time.sleep(0.7)
            must(postgres.end_connections(), "there was no connection to end")
            first_success_after = time.monotonic()
        time.sleep(RETURN)
    load.only(503)
    compare(server.port, token, [load])
    waited = first_success(load.calls, first_success_after)
    server.stop()
    refused, count = load.statuses()[503], len(load.calls)
    return f"5 times disconnected: {refused} 503s of {count}, back in {waited:.2f} s"
