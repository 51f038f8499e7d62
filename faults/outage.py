"""PostgreSQL or PgBouncer stops under load and starts again.

PostgreSQL is restarted and all its connections are ended, with direct connections and through
PgBouncer. PgBouncer is restarted too. Clients get only successes and 503s with `Retry-After`. While
the database is down, `/health` is 200 and `/ready` is 503. Within two seconds of its return, calls
succeed again. No acknowledged write is lost.
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
DOUBT = (0, 503)  # if a connection ends during a commit, the commit may have succeeded


def run(short: bool) -> str:
    away = 1.0 if short else 5.0
    return f"{directly(away)}; {through_pgbouncer(away)}"


def directly(away: float) -> str:
    with Stage() as stage:
        postgres = Postgres(stage)
        server = Server(stage, DATABASE_URL=postgres.url())
        results = [restarted(server, postgres, away), disconnected(server, postgres)]
        check_postgres(postgres)
    return "direct: " + ", ".join(results)


def through_pgbouncer(away: float) -> str:
    with Stage() as stage:
        postgres = Postgres(stage)
        bouncer = PgBouncer(stage, postgres)
        addresses = {"DATABASE_URL": bouncer.url(), "DATABASE_DIRECT_URL": postgres.url()}
        server = Server(stage, **addresses)
        results = [restarted(server, postgres, away), disconnected(server, postgres)]
        results.append(restarted(server, bouncer, away))
        check_postgres(postgres)
    return "through PgBouncer: " + ", ".join(results)


def restarted(server: Server, component: Component, seconds: float) -> str:
    server.start()
    token = sign_up(server.port, email=f"{type(component).__name__}@example.com")
    with Load(server.port, token, reads=0.5, doubt=DOUBT) as load:
        time.sleep(1)
        component.stop()
        probe(server, time.monotonic() + seconds)
        component.start()
        back = time.monotonic()
        time.sleep(RETURN + 1)
    load.only(503)
    compare(server.port, token, [load])
    waited = first_success(load.calls, back)
    refused = load.statuses()[503]
    must(refused, "no call was refused, so there was no outage")
    server.stop()
    longest = max(call.seconds for call in load.calls)
    name = type(component).__name__
    return f"{name} restarted: {refused} 503s, longest {longest:.1f} s, back in {waited:.2f} s"


def probe(server: Server, until: float) -> None:
    """Checks the probes while the database is down."""
    while time.monotonic() < until:
        statuses = server.probe("/health"), server.probe("/ready")
        must(statuses == (200, 503), f"/health and /ready are {statuses}")
        time.sleep(0.1)


def first_success(calls: list[Call], back: float) -> float:
    """Seconds from the return of the database to the first success."""
    waited = min(call.end for call in calls if call.succeeded and call.end > back) - back
    must(waited <= RETURN, f"the first success came {waited:.1f} s after the database")
    late = [call for call in calls if call.at > back + RETURN and not call.succeeded]
    must(not late, f"{len(late)} refusals after the database was back")
    return waited


def disconnected(server: Server, postgres: Postgres) -> str:
    """Ends all connections several times. New connections are possible at once."""
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
