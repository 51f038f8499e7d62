"""Workers that exceed WORKER_MAX_MIB are replaced under load, and no request is lost.

The limit of one server is less than a worker needs. So granian, which checks every second, replaces
its workers all the time. With nginx and a second server, as in production, every call succeeds.
"""

import time

from .client import sign_up
from .components import Nginx, Server
from .databases import Postgres
from .ledger import compare
from .load import PAUSE, Load
from .processes import memory
from .stage import Stage, eventually, must

FIRST = 10  # seconds until the first worker is replaced; a replacement takes four


def run(short: bool) -> str:
    seconds = 40 if short else 200
    with Stage() as stage:
        postgres = Postgres(stage)
        common = {"DATABASE_URL": postgres.url(), "TRUSTED_PROXIES": "1", "WORKERS": "2"}
        server, other = Server(stage, WORKER_MAX_MIB="1", **common), Server(stage, **common)
        server.start()
        other.start()
        nginx = Nginx(stage, server, other)
        token = sign_up(nginx.port)
        before = set(memory(server))
        first = eventually(lambda: replaced(server), FIRST, "a worker is replaced")
        with Load(nginx.port, token, reads=0.5, pause=PAUSE, doubt=()) as load:
            time.sleep(seconds)
        load.only()
        compare(server.port, token, [load])
        count = replaced(server)
        stayed = before & set(memory(server))  # the main process
        must(len(stayed) == 1, "some of the first workers are still running")
    must(count >= seconds / 10, f"only {count} workers were replaced")
    return (
        f"the first replaced after {first:.1f} s, {count} in all,"
        f" 0 failures of {len(load.calls)} calls, 0 lost"
    )


def replaced(server: Server) -> int:
    return server.log.read_text().count("Stopped old worker")
