"""Compares acknowledged writes with the stored tasks."""

from collections.abc import Iterable

from .client import Client
from .load import Load
from .stage import must


def compare(port: int, token: str, loads: list[Load], besides: str = "") -> int:
    """Raises if the server lost or changed acknowledged writes. Gives the number of tasks.

    Tasks with the title `besides` are allowed, although no load created them.
    """
    stored = dict(all_tasks(Client(port, token)))
    workers = [worker for load in loads for worker in load.workers]
    wrong = [reason for worker in workers for reason in worker.compare(stored)]
    must(not wrong, f"{len(wrong)} writes are not as acknowledged: {'; '.join(wrong[:3])}")
    known = {pk for worker in workers for pk in worker.titles.keys() | worker.perhaps_deleted}
    made = {title for worker in workers for title in worker.perhaps_made} | {besides}
    ghosts = [title for pk, title in stored.items() if pk not in known and title not in made]
    must(not ghosts, f"{len(ghosts)} tasks that no client created: {ghosts[:3]}")
    return len(stored)


def all_tasks(client: Client) -> Iterable[tuple[int, str]]:
    path = "/api/tasks?page_size=200"
    while path:
        page = client.call("GET", path)
        must(page.status == 200, f"list: {page.status} {page.error}")
        yield from ((task["id"], task["title"]) for task in page.json())
        path = next_page(page.headers.get("Link", ""))


def next_page(links: str) -> str:
    for link in links.split(", "):
        if link.endswith('rel="next"'):
            return "/api/" + link.split("/api/", 1)[1].split(">")[0]
    return ""
