"""Ten minutes with 32 connections on PostgreSQL. Four of five requests are reads.

Every request succeeds. At the end, the server's processes use at most a tenth more memory than
after a minute. No process is replaced, because that would hide a leak.
"""

import time

from .client import sign_up
from .components import Server
from .databases import Postgres
from .ledger import compare
from .load import Load, percentile
from .processes import memory
from .stage import Stage, must

CONNECTIONS = 32
GROWTH = 1.10


def run(short: bool) -> str:
    warm_up, seconds = (10.0, 20.0) if short else (60.0, 600.0)
    with Stage() as stage:
        postgres = Postgres(stage)
        server = Server(stage, DATABASE_URL=postgres.url())
        server.start()
        token = sign_up(server.port)
        with Load(server.port, token, CONNECTIONS, reads=0.8) as load:
            time.sleep(warm_up)
            warm = memory(server)
            time.sleep(seconds - warm_up)
            end = memory(server)
        load.only()
        compare(server.port, token, [load])
    must(warm.keys() == end.keys(), f"processes were replaced: {warm} and {end}")
    first, last = sum(warm.values()), sum(end.values())
    must(last <= first * GROWTH, f"memory grew from {first:.0f} to {last:.0f} MiB: {warm}, {end}")
    return (
        f"{seconds:.0f} s, {len(load.calls)} calls, {len(load.calls) / seconds:.0f}/s,"
        f" 0 errors, p99 {percentile(load.calls) * 1000:.0f} ms;"
        f" {first:.0f} MiB after {warm_up:.0f} s, {last:.0f} MiB at the end"
    )
