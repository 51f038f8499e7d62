"""The upper limit of the machine: a minimal program for the list of 100 tasks.

A WSGI application that verifies the token and selects the page with hand-written SQL. It looks up
no user, checks no parameters and has no other routes. Each process has one connection, so each
worker must have one thread: granian --interface wsgi --blocking-threads 1 raw:application
"""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import jwt
import orjson
import psycopg
from psycopg.rows import dict_row

PAGE = """
    SELECT id, title, description, completed_at IS NOT NULL AS completed, completed_at, priority,
           due_date, due_time, created_at, updated_at
    FROM tasks_task WHERE owner_id = %s AND deleted_at IS NULL
    ORDER BY created_at DESC, id DESC LIMIT 100
"""


@cache
def connection() -> psycopg.Connection[dict[str, Any]]:
    options = "-c timezone=UTC"
    url = os.environ["DATABASE_URL"]
    return psycopg.connect(url, autocommit=True, options=options, row_factory=dict_row)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    token = environ["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    key = os.environ["JWT_SIGNING_KEY"]
    claims = jwt.decode(token, key, algorithms=["HS256"], audience="todo-api", issuer="todo-api")
    rows = connection().execute(PAGE, [claims["user_id"]]).fetchall()
    body = orjson.dumps(rows, option=orjson.OPT_UTC_Z)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
