"""Integrity checks of the databases."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import LiteralString

from psycopg.sql import SQL

from .databases import Postgres
from .stage import must

INDEXES: LiteralString = """
    SELECT bt_index_check(indexrelid, heapallindexed => true)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
    WHERE amname = 'btree' AND relpersistence = 'p' AND indisvalid AND indisready
"""
CHECKS: LiteralString = """
    SELECT format('SELECT count(*) FROM %s WHERE NOT (%s)',
                  conrelid::regclass, pg_get_expr(conbin, conrelid))
    FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace
"""
FOREIGN_KEYS: LiteralString = """
    SELECT format('SELECT count(*) FROM %1$s a WHERE a.%2$I IS NOT NULL AND NOT EXISTS '
                  '(SELECT FROM %3$s b WHERE b.%4$I = a.%2$I)',
                  conrelid::regclass, own.attname, confrelid::regclass, their.attname)
    FROM pg_constraint
    JOIN pg_attribute own ON own.attrelid = conrelid AND own.attnum = conkey[1]
    JOIN pg_attribute their ON their.attrelid = confrelid AND their.attnum = confkey[1]
    WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""


def check_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        must(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "integrity")
        must(connection.execute("PRAGMA foreign_key_check").fetchall() == [], "foreign keys")


def check_postgres(postgres: Postgres) -> None:
    """Checks every index against its table and every row against the constraints."""
    with postgres.connect() as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
        must(connection.execute(INDEXES).fetchall(), "no index was checked")
        for constraints in (CHECKS, FOREIGN_KEYS):
            queries = [query for (query,) in connection.execute(constraints).fetchall()]
            must(queries, "no constraint was checked")
            for query in queries:
                broken = connection.execute(SQL(query)).fetchone()
                must(broken == (0,), f"{broken} rows: {query}")
