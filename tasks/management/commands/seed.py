import random
import secrets
import time
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from datetime import time as clock
from itertools import count, cycle, islice
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from projects.models import Project
from tasks.models import Task
from todo_project.api.writes import write_of

NAMES = ["Ann Lee", "Björn Öz", "Chidi Eze", "Dana Cruz", "Emre Kaya", "Fumiko Sato", "Gita Rao"]
DEEDS = [
    "Answer", "Ask about", "Book", "Buy", "Cancel", "Check", "Clean", "Collect", "Compare",
    "Discuss", "Draft", "Find", "Fix", "Order", "Pay for", "Plan", "Prepare", "Renew", "Return",
    "Review", "Send", "Sort out", "Update", "Write down",
]  # fmt: skip
THINGS = [
    "milk and bread", "a present for Mum", "the bike", "the car insurance", "the dentist's bill",
    "dinner with the Müllers", "flights to Kraków", "the garden chairs", "the gym membership",
    "the heating", "the kitchen tap", "the letter to the bank", "the library books",
    "the meeting notes", "the new laptop", "the office plants", "the parcel for Hauptstraße 7",
    "the passport", "the printer", "the quarterly figures", "the school trip", "the slides",
    "the tax return", "the train tickets", "the website", "winter tyres",
]  # fmt: skip
WHENS = ["", "", "", " again", " before lunch", " this week", " (URGENT)", " with Zoë", ", at last"]
NOTES = ["", "", "Not before ten.", "The number is on the fridge.", "See the mail of Monday.\n\n"]
TAGS = ["home", "work", "errands", "phone", "waiting", "Ideen", "5 min"]
PROJECTS = ["Household", "Taxes", "Moving to Łódź", "Reading", "Garden"]
STEPS = ["Ask for offers", "Read about it", "Make a list", "Tell the others", "Pay"]
COLORS = [None, "#cc3333", "#3366cc"]

EIGHTH = 8  # one of so many tasks is a subtask
PARENTS = 20  # tasks of a user that have subtasks

DAYS = 365  # tasks were made in so many days before now
BATCH = 5_000  # rows written at a time


class Command(BaseCommand):
    help = (
        "Add users user1@example.com, user2@example.com … with made-up projects and tasks. What is"
        " there stays, and addresses that are taken are passed over. All is stored, or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--users", type=at_least(1), default=1, help="how many (1)")
        parser.add_argument("--tasks", type=at_least(0), default=50, help="of each user (50)")
        parser.add_argument("--seed", type=int, default=1, help="other tasks for another (1)")
        secret = parser.add_mutually_exclusive_group()
        secret.add_argument("--password", type=not_empty, help="of them all; else one is made up")
        secret.add_argument("--no-password", action="store_true", help="they cannot sign in by one")

    def handle(self, *args: Any, **options: Any) -> None:
        started, now = time.perf_counter(), timezone.now()
        password = options["password"] or secrets.token_urlsafe(12)
        chance = random.Random(options["seed"])  # noqa: S311  (nothing secret comes of it)
        with transaction.atomic():
            users = make_users(
                options["users"], None if options["no_password"] else password, chance, now
            )
            self.add_tasks(users, options["tasks"], chance, now)
        first, last, total = users[0], users[-1], len(users) * options["tasks"]
        self.stdout.write(
            f"Users added: {len(users):,}, {first} to {last}. Tasks added: {total:,},"
            f" {options['tasks']:,} each. It took {time.perf_counter() - started:.1f} s."
        )
        if not options["no_password"]:
            self.stdout.write(f"Sign in as {first} with the password {password}")

    def add_tasks(self, users: list[User], each: int, chance: random.Random, now: datetime) -> None:
        projects, done = make_projects(users, chance, now), 0
        parents: dict[User, list[Task]] = {}
        below = each // EIGHTH
        with write_of(user.pk for user in users) as writing:
            writing.create(*(one for ones in projects.values() for one in ones))
            writing.flush()
            for tasks in (
                make_tasks(users, each - below, projects, parents, chance, now),
                make_subtasks(users, below, parents, chance, now),
            ):
                while batch := list(islice(tasks, BATCH)):
                    writing.create(*batch)
                    writing.flush()
                    writing.known.clear()  # a million tasks need not stay in memory
                    done += len(batch)
                    self.show_progress(done, len(users) * each)

    def show_progress(self, done: int, total: int) -> None:
        if self.stdout.isatty():
            bar = "#" * (30 * done // total)
            line = f"\r[{bar:30}] {done:,} of {total:,} tasks"
            self.stdout.write(line, ending="\n" if done == total else "")
            self.stdout.flush()


def make_users(
    number: int, password: str | None, chance: random.Random, now: datetime
) -> list[User]:
    taken = set(User.objects.filter(email__startswith="user").values_list("email", flat=True))
    addresses = (f"user{n}@example.com" for n in count(1))
    free = islice((address for address in addresses if address not in taken), number)
    joined, hashed = now - timedelta(days=DAYS), make_password(password)  # a hash is slow: one
    return User.objects.bulk_create(
        [
            User(
                email=address,
                name=chance.choice(NAMES),
                password=hashed,
                date_joined=joined,
                email_verified_at=joined,
            )
            for address in free
        ],
        batch_size=BATCH,
    )


def make_projects(
    users: list[User], chance: random.Random, now: datetime
) -> dict[User, list[Project]]:
    joined = now - timedelta(days=DAYS)
    return {
        user: [
            Project(owner=user, name=name, color=chance.choice(COLORS), created_at=joined)
            for name in chance.sample(PROJECTS, 3)
        ]
        for user in users
    }


def make_tasks(
    users: list[User],
    each: int,
    projects: dict[User, list[Project]],
    parents: dict[User, list[Task]],
    chance: random.Random,
    now: datetime,
) -> Iterator[Task]:
    """Oldest first, the owners in turn. Fills `parents` with some open tasks of each owner."""
    step = timedelta(days=DAYS) / max(each, 1)
    for n in range(each, 0, -1):
        for user in users:
            task = make_task(user, now - step * (n - chance.random()), chance, now)
            task.project = chance.choice([None, None, *projects[user]])
            found = parents.setdefault(user, [])
            if len(found) < PARENTS and not task.completed:
                found.append(task)
            yield task


def make_subtasks(
    users: list[User],
    each: int,
    parents: dict[User, list[Task]],
    chance: random.Random,
    now: datetime,
) -> Iterator[Task]:
    """Open tasks below the parents, which must be stored."""
    turns = {user: cycle(parents.get(user) or [None]) for user in users}
    for _ in range(each):
        for user in users:
            parent: Any = next(turns[user])
            created = parent.created_at if parent else now
            yield Task(
                owner=user,
                title=chance.choice(STEPS),
                parent=parent,
                project=parent and parent.project,
                created_at=created,
                updated_at=created,
            )


def make_task(owner: User, created: datetime, chance: random.Random, now: datetime) -> Task:
    """As one that was created and, some of them, completed through the API."""
    completed = created + (now - created) * chance.random() if chance.random() < 0.4 else None
    day = max(created.date(), now.date() + timedelta(days=chance.randrange(-60, 120)))
    due = day if chance.random() < 0.7 else None
    hour = chance.randrange(8, 20)
    return Task(
        owner=owner,
        title=chance.choice(DEEDS) + " " + chance.choice(THINGS) + chance.choice(WHENS),
        description=chance.choice(NOTES) * chance.randrange(4),
        priority=chance.choice([0, 0, 0, 1, 2, 2, 3]),
        due_date=due,
        due_time=clock(hour, 30) if due and chance.random() < 0.3 else None,
        tags=chance.sample(TAGS, chance.choice([0, 0, 0, 1, 1, 2, 3])),
        completed_at=completed,
        created_at=created,
        updated_at=completed or created,
    )


def at_least(minimum: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or int(text) < minimum:
            raise ArgumentTypeError(f"must be a whole number from {minimum}")
        return int(text)

    return number


def not_empty(text: str) -> str:
    if not text:
        raise ArgumentTypeError("must not be empty")
    return text
