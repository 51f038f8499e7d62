"""Owners with few or many tasks. The database itself writes them: millions take minutes."""

from collections.abc import Iterator
from dataclasses import dataclass

from dataset import Database

FEW = 100  # tasks of most owners
OTHERS = 20  # number of owners that are measured as one; requests alternate between them

# All users are copies of the first, but for the id, the address and the number of writes.
USERS = """
    CREATE TABLE crowd AS SELECT * FROM unnest({sizes}::int[], {live}::int[])
        WITH ORDINALITY AS one (tasks, live, owner);
    UPDATE accounts_user SET revision = (SELECT tasks FROM crowd WHERE owner = 1) WHERE id = 1;
    INSERT INTO accounts_user
    SELECT made.* FROM accounts_user AS first, crowd,
        jsonb_build_object('id', owner, 'email', 'user' || owner || '@example.com',
                           'revision', tasks) AS own,
        jsonb_populate_record(first, own) AS made
    WHERE first.id = 1 AND owner > 1
"""
# The rows of one owner are spread over the table, because all owners create tasks all the time.
# Four of ten are completed, a third has no due date, and a rare word is in 10 tasks of each owner
# that is measured. The first tasks are those in the trash.
TASKS = """
    INSERT INTO tasks_task (
        owner_id, title, title_key, description, search_key, tags, tag_keys, priority, due_date,
        completed_at, deleted_at, created_at, updated_at, position, revision, member_revisions,
        depth, repeat_from, occurrence, repeat_since)
    SELECT owner, 'Buy milk' || word, 'buy milk' || word, 'Two litres',
        'buy milk' || word || E'\\ntwo litres', tags, tags, n % 4,
        CASE WHEN n % 3 > 0 THEN current_date + n % 180 - 60 END,
        CASE WHEN n % 10 < 4 THEN created END, CASE WHEN n <= tasks - live THEN created END,
        created, created, 'g' || lpad(n::text, 7, '0'), n, '{{}}', 0, 'due', 1, 1
    FROM (SELECT owner, tasks, live, n FROM crowd, generate_series(1, tasks) AS n
          ORDER BY n::float / tasks) AS planned,
        LATERAL (SELECT now() - interval '1 year' * (1 - n::float / tasks),
                 CASE WHEN owner <= {measured} AND n > tasks - 10 THEN ' zebra' ELSE '' END,
                 CASE WHEN n % 2 = 0 THEN '{{home,phone}}' ELSE '{{}}' END::text[]
        ) AS varied (created, word, tags)
"""
# The indexes are created after the rows, which is faster.
INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'tasks_task'
    AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


@dataclass
class Crowd:
    """The number of tasks of each owner. `live` are those that are not in the trash."""

    sizes: list[int]
    live: list[int]

    def build(self, database: Database) -> None:
        database.seed(1, 0)
        indexes = database.connection.execute(INDEXES).fetchall()
        database.execute(
            "SET session_replication_role = replica",  # no checks of foreign keys, row by row
            "SET maintenance_work_mem = '1GB'",
            "SET work_mem = '256MB'",
            *(f"DROP INDEX {name}" for name, _ in indexes),
            USERS.format(sizes=f"'{braced(self.sizes)}'", live=f"'{braced(self.live)}'"),
            TASKS.format(measured=self.measured),
            *(definition for _, definition in indexes),
            "VACUUM ANALYZE",
        )

    @property
    def measured(self) -> int:
        """The number of owners that are measured; they come first."""
        return next(n for n, size in enumerate(self.sizes) if size == FEW) + OTHERS


def braced(numbers: list[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def powers(most: int) -> Iterator[int]:
    """1,000, 10,000 and so on up to this number."""
    size = FEW * 10
    while size <= most:
        yield size
        size *= 10


def crowd(total: int, is_largest: bool) -> Crowd:
    """The owners of so many tasks. In the largest table they begin with those of many tasks."""
    special = sorted(powers(total // 10), reverse=True) if is_largest else []
    trash = [FEW * 10] * OTHERS if is_largest else []
    few = [FEW] * ((total - sum(special) - sum(trash)) // FEW)
    return Crowd(special + trash + few, special + [FEW] * len(trash) + few)
