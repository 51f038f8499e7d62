"""Workers that grow beyond WORKER_MAX_MIB are replaced under load, and no request is lost.

The limit of one server is set below what any worker needs, so granian finds each of them too large
whenever it looks, every 30 seconds. Through nginx and beside a second server, as in production,
every call succeeds.
"""

import time

from .client import sign_up
from .components import Nginx, Server
from .databases import Postgres
from .ledger import compare
from .load import PAUSE, Load
from .processes import memory
from .stage import Stage, must

LOOK = 30  # seconds between granian's looks; a replacement takes four more


def run(short: bool) -> str:
    looks = 1 if short else 5
    with Stage() as stage:
        postgres = Postgres(stage)
        common = {"DATABASE_URL": postgres.url(), "TRUSTED_PROXIES": "1", "WORKERS": "2"}
        server, other = Server(stage, WORKER_MAX_MIB="1", **common), Server(stage, **common)
        server.start()
        other.start()
        nginx = Nginx(stage, server, other)
        token = sign_up(nginx.port)
        before = set(memory(server))
        with Load(nginx.port, token, reads=0.5, pause=PAUSE, doubt=()) as load:
            time.sleep((LOOK + 10) * looks)
        load.only()
        compare(server.port, token, [load])
        replaced = server.log.read_text().count("Stopped old worker")
        must(len(set(memory(server)) - before) == 2, "the workers are those of the start")
    must(replaced >= 2 * looks, f"only {replaced} workers were replaced")
    return f"{replaced} workers replaced, 0 failures of {len(load.calls)} calls, 0 lost"
