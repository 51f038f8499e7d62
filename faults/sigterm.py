"""SIGTERM under load, as in every deployment.

Without nginx: the server answers all accepted requests before it ends, even those that wait for a
lock or a thread. A request without a response was not executed. Behind nginx, two servers are
restarted in turn, each drained first as in deploy/nginx.conf: no client gets an error. Without
draining, a request during the restart may fail, and then it was not executed either.
"""

import signal
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from .client import Call, Client, sign_up
from .components import Nginx, Server
from .databases import Postgres
from .ledger import compare
from .load import PAUSE, Load
from .stage import Stage, must

WAITING = 16  # parallel requests, twice the number of threads


def run(short: bool) -> str:
    with Stage() as stage:
        server = Server(stage, WORKERS="2", THREADS="4")
        direct = [waiting(server), loaded(server, 2 if short else 10)]
    return f"direct: {', '.join(direct)}; behind nginx: {behind_nginx(1 if short else 5)}"


def waiting(server: Server) -> str:
    """The server gets SIGTERM while all its requests wait for a lock."""
    server.start()
    token = sign_up(server.port, email="waiting@example.com")

    def create(number: int) -> Call:
        return Client(server.port, token).call("POST", "/api/tasks", {"title": f"{number}"})

    with closing(sqlite3.connect(server.database)) as lock, ThreadPoolExecutor(WAITING) as pool:
        lock.execute("BEGIN IMMEDIATE")
        answers = pool.map(create, range(WAITING))
        time.sleep(1)
        server.send_signal(signal.SIGTERM)
        time.sleep(1)
        lock.rollback()
        calls = list(answers)
    bad = [f"{call.status} {call.error}" for call in calls if call.status != 201]
    must(not bad, f"{len(bad)} of {WAITING} accepted requests were not answered: {bad[:3]}")
    server.stop()
    return f"all {WAITING} requests that waited for a lock answered"


def loaded(server: Server, times: int) -> str:
    server.start()
    token = sign_up(server.port)
    loads = []
    for number in range(times):
        # doubt=(): a request without a response must not have been executed.
        with Load(server.port, token, 16, name=f"round {number}", doubt=()) as load:
            time.sleep(1)
            server.stop()
        load.only(0)
        loads.append(load)
        server.start()
        compare(server.port, token, loads)
    server.stop()
    cut = [call for load in loads for call in load.calls if "refused" not in call.error]
    cut = [call for call in cut if not call.succeeded]
    acknowledged = sum(load.acknowledged() for load in loads)
    return f"{times} shutdowns under load, {acknowledged} writes, {len(cut)} not accepted, 0 lost"


def behind_nginx(times: int) -> str:
    with Stage() as stage:
        postgres = Postgres(stage)
        common = {"DATABASE_URL": postgres.url(), "TRUSTED_PROXIES": "1"}
        servers = {name: Server(stage, **common) for name in ("8001", "8002")}
        for server in servers.values():
            server.start()
        nginx = Nginx(stage, servers["8001"], servers["8002"])

        def drain_and_restart(name: str) -> None:
            flag = nginx.drain(name)
            time.sleep(2)
            restart(servers[name])
            flag.unlink()

        rolling = restarts(nginx, "rolling", times, drain_and_restart)
        rolling.only()
        plain = restarts(nginx, "plain", times, lambda name: restart(servers[name]))
        plain.only(502)
    return (
        f"{2 * times} rolling restarts, 0 failures of {len(rolling.calls)}; without draining "
        f"{plain.statuses()[502]} of {len(plain.calls)} were 502, and none of those was executed"
    )


def restarts(nginx: Nginx, name: str, times: int, restart_one: Callable[[str], None]) -> Load:
    token = sign_up(nginx.port, email=f"{name}@example.com")
    with Load(nginx.port, token, 8, name=name, reads=0.5, pause=PAUSE, doubt=()) as load:
        for number in range(2 * times):
            time.sleep(1)
            restart_one(f"800{1 + number % 2}")
        time.sleep(1)
    compare(nginx.port, token, [load])
    return load


def restart(server: Server) -> None:
    server.stop()
    server.start()
