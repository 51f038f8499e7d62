"""Repeated kill -9 of the whole server under write load, on both databases.

No acknowledged write is lost. Created and changed tasks have the last acknowledged value, or a
value that was sent later and got no response. Deleted tasks stay deleted, no unknown tasks appear,
and the database passes its integrity checks.
"""

import time

from .client import sign_up
from .components import Server
from .databases import Postgres
from .integrity import check_postgres, check_sqlite
from .ledger import compare
from .load import Load
from .stage import Stage, must

SECONDS = 1.0  # of load before each kill


def run(short: bool) -> str:
    kills = 3 if short else 20
    return f"{on_sqlite(kills)}; {on_postgres(kills)}"


def on_sqlite(kills: int) -> str:
    with Stage() as stage:
        server = Server(stage)
        figures = survive(server, kills)
        check_sqlite(server.database)
    return f"SQLite: {figures}"


def on_postgres(kills: int) -> str:
    with Stage() as stage:
        postgres = Postgres(stage)
        figures = survive(Server(stage, DATABASE_URL=postgres.url()), kills)
        check_postgres(postgres)
    return f"PostgreSQL: {figures}"


def survive(server: Server, kills: int) -> str:
    server.start()
    token = sign_up(server.port)
    loads = []
    for number in range(kills):
        with Load(server.port, token, name=f"round {number}") as load:
            time.sleep(SECONDS * (0.5 + number / kills))
            server.kill()
        load.only(0)
        loads.append(load)
        server.start()
        compare(server.port, token, loads)
    kept = compare(server.port, token, loads)
    acknowledged = sum(load.acknowledged() for load in loads)
    cut = sum(load.statuses()[0] for load in loads)
    must(acknowledged > 20 * kills, f"only {acknowledged} writes, the load is too small")
    server.stop()
    return f"{kills} kills, {acknowledged} writes acknowledged, 0 lost, {cut} cut off, {kept} tasks"
