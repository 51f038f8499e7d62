"""Two servers behind nginx, with one PostgreSQL and one Redis, behave like one server.

A sign-in is valid on both servers and ends on both. The limits of ten failed logins per minute and
of THROTTLE_USER cover both servers together. One Idempotency-Key sent to both at the same time
creates one task.
"""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from .client import ACCOUNT, Call, Client, log_in, sign_up
from .components import Nginx, Redis, Server
from .databases import Postgres
from .stage import Stage, must

CALLS = 50  # limit per user and minute


def run(short: bool) -> str:
    with Stage() as stage:
        postgres, redis = Postgres(stage), Redis(stage)
        common = {"DATABASE_URL": postgres.url(), "CACHE_URL": redis.url(), "TRUSTED_PROXIES": "1"}
        servers = [Server(stage, **common) for _ in range(2)]
        for server in servers:
            server.start()
        nginx = Nginx(stage, *servers)
        ports = [server.port for server in servers]
        token = sign_up(nginx.port)
        figures = [sign_ins(ports), keys(ports, token, 20 if short else 200), guesses(ports)]
        figures.append(calls(servers, nginx, token))
    return ", ".join(figures)


def sign_ins(ports: list[int]) -> str:
    """A sign-in begins at one server, is refreshed at the other and ends at the first."""
    one, other = (Client(port) for port in ports)
    tokens = log_in(ports[0])
    must(status_of(ports[1], tokens) == 200, "a sign-in of one server is not valid at the other")
    renewed = other.call("POST", "/api/auth/refresh", {"refresh": tokens["refresh"]})
    spent = one.call("POST", "/api/auth/refresh", {"refresh": tokens["refresh"]})
    must((renewed.status, spent.status) == (200, 401), f"refresh: {renewed.status}, {spent.status}")
    ended = one.call("POST", "/api/auth/logout", {"refresh": renewed.json()["refresh"]})
    must(ended.status == 204, f"log out: {ended.status}")
    statuses = [status_of(port, renewed.json()) for port in ports]
    must(statuses == [401, 401], f"after the logout the servers answer {statuses}")
    return "sign-in ends on both"


def status_of(port: int, tokens: dict[str, str]) -> int:
    return Client(port, tokens["access"]).call("GET", "/api/tasks").status


def keys(ports: list[int], token: str, rounds: int) -> str:
    """Sends each key twice to each server at the same time."""
    clients = [Client(port, token) for port in ports * 2]
    with ThreadPoolExecutor(len(clients)) as pool:
        for number in range(rounds):

            def create(client: Client, number: int = number) -> Call:
                body, key = {"title": f"Task {number}"}, f"key-{number}"
                return client.call("POST", "/api/tasks", body, Idempotency_Key=key)

            answers = list(pool.map(create, clients))
            made = {call.json().get("id") for call in answers}
            statuses = {call.status for call in answers}
            must(statuses == {201} and len(made) == 1, f"one key: {statuses}, tasks {made}")
    total = clients[0].call("GET", "/api/tasks/summary").json()["total"]
    must(total == rounds, f"{rounds} keys made {total} tasks")
    return f"{rounds} keys sent {len(clients)} times made {total} tasks"


def guesses(ports: list[int]) -> str:
    """Sends forty parallel guesses, twenty to each server.

    A server that hashes as much as it may answers 503 and checks nothing: the guess is sent again.
    """

    def guess(port: int) -> int:
        client, body = Client(port), ACCOUNT | {"password": "wrong"}
        for _ in range(100):
            if (status := client.call("POST", "/api/auth/login", body).status) != 503:
                break
            time.sleep(0.1)
        return status

    with ThreadPoolExecutor(40) as pool:
        statuses = Counter(pool.map(guess, ports * 20))
    must(statuses == {401: 10, 429: 30}, f"of 40 parallel guesses {dict(statuses)}")
    return "of 40 parallel guesses 10 were checked"


def calls(servers: list[Server], nginx: Nginx, token: str) -> str:
    """One user calls through nginx on four connections. Each minute has a separate count."""
    for server in servers:
        server.stop()
        server.environment["THROTTLE_USER"] = f"{CALLS}/min"
        server.start()
    if (left := 60 - time.time() % 60) < 15:
        time.sleep(left)

    def thirty(client: Client) -> list[int]:
        return [client.call("GET", "/api/tasks/summary").status for _ in range(30)]

    with ThreadPoolExecutor(4) as pool:
        clients = [Client(nginx.port, token) for _ in range(4)]
        statuses = Counter(status for each in pool.map(thirty, clients) for status in each)
    must(statuses == {200: CALLS, 429: 120 - CALLS}, f"of 120 calls of a user {dict(statuses)}")
    return f"of 120 calls of a user {CALLS} were allowed"
