"""A catalogue of hostile input. Each case is refused correctly and stores nothing.

The same table runs on SQLite and on PostgreSQL. Cases that need a raw connection, such as chunked
and truncated bodies, are in test_request_bodies.py.
"""

import json

import pytest

from accounts.models import IdempotencyKey, PersonalToken, SignIn, User
from projects.models import Project
from tasks.models import Task

JSON = "application/json"


def raw(status, *bodies):
    """Bytes that are not a JSON object or do not match their headers."""
    return [("POST", "/api/tasks", body, {}, status) for body in bodies]


def values(status, **members):
    """Values of members of a task, each in an otherwise valid body."""
    return [
        ("POST", "/api/tasks", {"title": "x", name: value}, {}, status)
        for name, options in members.items()
        for value in options
    ]


def ids(*texts):
    return [("PATCH", f"/api/tasks/{text}", {"title": "x"}, {}, 404) for text in texts]


def queries(*texts):
    return [("GET", f"/api/tasks?{text}", b"", {}, 400) for text in texts]


def sync_queries(*texts):
    return [("GET", f"/api/sync?{text}", b"", {}, 400) for text in texts]


def headers(status, method, **options):
    body = b"" if method == "GET" else {"title": "x"}
    path = "/api/tasks" if method in ("GET", "POST") else "/api/tasks/{id}"
    return [
        (method, path, body, {name: value}, status)
        for name, given in options.items()
        for value in given
    ]


def bulks(*operations):
    """Lists of operations that are refused as a whole."""
    return [("POST", "/api/tasks/bulk", {"operations": each}, {}, 400) for each in operations]


def account(path, status, *bodies):
    return [("POST", f"/api/auth/{path}", body, {}, status) for body in bodies]


GOOD = {"email": "new@example.com", "password": "correct horse battery"}
TOKEN = {"name": "x", "scopes": ["tasks:read"]}
VERIFY = "/api/auth/email/verify"
UUID = "00000000-0000-4000-8000-000000000000"
DEEP = 100_000
IDS = ["", "1", "none", True, 0, -1, 1.5, 2**63, 10**400, 10**18, [], [1], {}, {"id": 1}, "\0"]
KEYS = [
    "",
    "x",
    "0",
    "01",
    "-1",
    "1.0",
    "%D9%A1",
    "9" * 19,
    "9" * 999,
    "1%00",
    "None",
    "null",
    "1;2",
]
NAMES = [None, "", " ", "x" * 101, "a\0b", "a\nb", "a\x85b", "a\u202eb", "a\u2069", [], {}, 1, True]
COLORS = [
    "",
    "#zzz",
    "#12345",
    "#1234567",
    "336699",
    "#33669g",
    "#33669\n",
    "#３３６６９９",
    1,
    [],
    {},
]
# Calls that Alice makes. Others need no sign-in.
SIGNED_IN = (
    "/api/tasks",
    "/api/tags",
    "/api/projects",
    "/api/trash",
    "/api/sync",
    "/api/auth/tokens",
    "/api/auth/sign-ins",
    "/api/auth/email",
    "/api/auth/totp",
)

CATALOGUE = [
    *raw(
        400,
        b" ",
        b"\0",
        b"{",
        b"}",
        b"{}",
        b"[]",
        b"[{}]",
        b'"x"',
        b"1",
        b"true",
        b"null",
        b"nul",
        b"{'title': 'x'}",
        b'{"title": "x",}',
        b'{"title": "x"} {}',
        b'{"title": "x"}\0',
        b'{"title": "x" "priority": 1}',
        b'{title: "x"}',
        b'{"title": "x", "title": "y"}',
        b'{"title": "x", "a": {"b": 1, "b": 2}}',
        b'{"title": "x", "priority": NaN}',
        b'{"title": "x", "priority": -Infinity}',
        b'{"title": "x", "priority": 1e999}',
        b'{"title": "x", "priority": 01}',
        b'{"title": "x", "priority": 0x1}',
        b'{"title": "x", "priority": +1}',
        b'{"title": "\\ud800"}',
        b'{"title": "\\udc00\\ud800"}',
        b'{"\\ud800": 1, "title": "x"}',
        b'{"title": "\\x41"}',
        b'{"title": "a\nb"}',
        b'{"title": "\xff"}',
        b'{"title": "\xc0\xaf"}',
        b'{"title": "\xed\xa0\x80"}',
        b'\xef\xbb\xbf{"title": "x"}',
        '{"title": "x"}'.encode("utf-16"),
        '{"title": "x"}'.encode("utf-32"),
        b"[" * DEEP,
        b'{"a":' * DEEP,
        b'{"title": "x", "a": ' + b"[" * DEEP + b"]" * DEEP + b"}",
        b"title=x",
        b"<title>x</title>",
    ),
    *values(
        400,
        title=[
            None,
            "",
            " ",
            "\u3000\u2003",
            "x" * 201,
            "🥛" * 201,
            "a\0b",
            "a\nb",
            "a\x1bb",
            "a\x7fb",
            "a\x85b",
            [],
            ["x"],
            {},
            {"x": 1},
            True,
            1,
            1.5,
            12345678901234567890123,
        ],
        description=["x" * 10_001, "a\0b", [], {}, False, 0, 1e22],
        completed=[None, "", "perhaps", 2, -1, [], {}, "null"],
        priority=[
            "",
            0,
            3,
            -1,
            4,
            1.5,
            "High",
            "high ",
            "urgent",
            "none",
            "ｈｉｇｈ",
            True,
            [],
            {},
            2**31,
            2**63,
            -(2**63),
            10**30,
            1e300,
        ],
        due_date=[
            "",
            "today",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "0000-01-01",
            "0001-01-01",
            "1969-12-31",
            "9999-01-01",
            "10000-01-01",
            "-2026-01-01",
            "2026-1-1",
            "20260101",
            "2026-W01-1",
            "2026-01-01T00:00:00",
            "2026-01-01T24:00:00Z",
            "2026-01-01T23:59:60Z",
            "2026-01-01T00:00:00+99:00",
            "2026-01-01T00:00:00Z\0",
            "9998-12-31T23:59:59-23:59",
            "1970-01-01T00:00:00+23:59",
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "٢٠٢٦-٠١-٠١",
            1767225600,
            [],
            {},
            True,
        ],
        due_time=["10:00", "", "24:00:00", "10:60", "10", "10:00:00.5", "10:00Z", [], {}, 10, True],
    ),
    *ids(
        *[
            "0",
            "00",
            "042",
            "+42",
            "-42",
            "4_2",
            "4 2",
            "%2042",
            "42%20",
            "42%00",
            "42%0a",
            "42%0d",
        ],
        *[
            "42.0",
            "4e1",
            "0x2a",
            "٤٢",
            "４２",
            "42;",
            "42,43",
            "null",
            "undefined",
            "NaN",
            "*",
            "'",
        ],
        *[
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "9" * 19,
            "1" * 4000,
        ],
        *[
            "42/complete/x",
            "../tasks/42",
            "..%2f42",
            "%2e%2e",
            "42%2fcomplete",
            "summary/42",
            "%ff",
        ],
    ),
    *queries(
        *["status=", "status=x", "status=PENDING", "status=all&status=all", "status=all%00"],
        *["status[]=all", "status=pending,completed", "Status=all", "status=all;sort=title"],
        *["sort=", "sort=x", "sort=-", "sort=--title", "sort=title,title", "sort=title,-title"],
        *["sort=title,", "sort=,", "sort=id", "sort=owner__password", "sort=title_key", "sort=?"],
        *["sort=title%20desc", "sort=" + "title," * 500, "sort=title&sort=title"],
        *[
            "priority=4",
            "priority=2",
            "priority=High",
            "priority=low,,high",
            "priority=low,low",
            "priority=low&priority=low",
            "priority=low&priority=",
            "priority= low",
        ],
        *["priority=%D9%A1", "priority=null", "priority=" + "9" * 5000, "due=", "due=tomorrow"],
        *[
            "due=none&due=any",
            "due_after=x",
            "due_after=",
            "due_after=2026-02-30",
            "due_after=2026-1-1",
        ],
        *["due_after=1969-12-31", "due_after=9999-01-01", "due_after=0000-00-00", "due_after=%00"],
        *["completed_after=x", "completed_after=", "completed_after=1969-12-31"],
        *["completed_after=2026-01-01&completed_after=2026-01-01", "completed_after=%00"],
        *["completed_before=9999-01-01", "completed_before=2026-02-30", "completed_before=1e9"],
        *["completed_before=2026-01-01T00:00:00Z", "completed=2026-01-01"],
        *["due_before=2026-01-01T00:00:00Z", "due_before=1e9", "due_before=%F0%9F%A5%9B"],
        *[
            "page_size=0",
            "page_size=-1",
            "page_size=201",
            "page_size=1e2",
            "page_size=%31%30%30%30",
        ],
        *[
            "page_size=٣",
            "page_size=99999999999999999999",
            "page_size=10&page_size=10",
            "page_size= 9",
        ],
        *[
            "cursor=x",
            "cursor=%00",
            "cursor=" + "A" * 7000,
            "cursor=W10:1:x",
            "cursor=..",
            "cursor=%FF",
        ],
        *[
            "page=1",
            "offset=1",
            "limit=1",
            "format=json",
            "format=xml",
            "query=x",
            "owner=1",
            "=",
            "=1",
        ],
        *[
            "__proto__=1",
            "id__in=1",
            "%00=1",
            "%FF=1",
            "a" * 4000 + "=1",
            "q=" + "x" * 7000,
            "&".join("abc"),
        ],
        "&".join(f"a{n}=1" for n in range(1001)),
    ),
    *headers(
        412, "PATCH", if_match=['"x"', "x", "", 'W/"x"', '"x", "y"', "," * 500, '"' * 999, "\x7f"]
    ),
    *headers(412, "PATCH", if_none_match=["*", 'W/"{etag}"', '"x", "{etag}"']),
    *headers(400, "POST", idempotency_key=["", " ", "a b", "é", "x" * 256, "\t", "x" * 8000]),
    *headers(
        415,
        "POST",
        content_type=[
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "application/problem+json",
            "application/jsonx",
            "x",
            ";",
        ],
    ),
    *headers(406, "GET", accept=["image/png", "text/csv", "application/xml;q=1", "x/y, z/*"]),
    *headers(406, "GET", accept=["*/*;q=0", "application/json;q=0", "text/html;q=0, text/*;q=0"]),
    *headers(
        400, "GET", host=["evil.example", "localhost.evil.example", "a b", "[", "localhost:x", ""]
    ),
    *account(
        "register",
        400,
        *[
            {**GOOD, "email": email}
            for email in [None, "", "x", "@", "a@b", "a@@example.com", [], {}, 1]
        ],
        *[
            {**GOOD, "email": f"{text}@example.com"}
            for text in ["a\0", "a\nBcc: x", "a b", "\u212a", "й", "a,b"]
        ],
        *[{**GOOD, "email": "x" * 300 + "@example.com"}, {**GOOD, "email": "a@exаmple.com"}],
        *[
            {**GOOD, "password": word}
            for word in [None, "", "x", "12345678", "password", "\0" * 9, [], 1, 7391846205739184]
        ],
        *[{**GOOD, "password": "x" * 129}, {**GOOD, "password": "new@example.com"}],
        *[{**GOOD, "name": name} for name in ["x" * 151, "a\nb", "\0", [], {}, 7, 1.5]],
        *[
            {**GOOD, "timezone": zone}
            for zone in ["", "x", "utc", "../UTC", "UTC\0", None, 0, "localtime"]
        ],
    ),
    *[
        ("GET", "/api/auth/me", b"", {"cookie": f"sessionid={key}"}, 401)
        for key in [
            '"\\000aaaaaaaaaaaa"',
            '"\\377aaaaaaaaaaaa"',
            "a" * 5000,
            "'; --aaaaaa",
            '"',
            "é" * 9,
        ]
    ],
    *raw(400, b'{"title": "x", "a": ' + b"[" * 254 + b"]" * 254 + b"}"),
    *sync_queries("since=", "since=x", "since=%00", f"since={'x' * 501}", "since=a&since=b"),
    *sync_queries("limit=0", "limit=1001", "limit=ten", "limit=1.5", "limit=-1", "limit=1e3"),
    *sync_queries("verify=maybe", "verify=", "cursor=x", "page_size=1", "limit=1&limit=2"),
    *account("login", 400, {}, {"email": "a\0", "password": "x"}, {**GOOD, "password": "x" * 129}),
    *account("login", 400, {**GOOD, "email": 1}, {**GOOD, "password": 7391846205739184}),
    *account("login", 401, GOOD, {**GOOD, "email": "' OR 1=1 --"}, {**GOOD, "email": "x" * 5000}),
    *account(
        "refresh",
        401,
        {"refresh": "x"},
        {"refresh": "." * 9999},
        {"refresh": "e30.e30.e30"},
        {"refresh": "\0"},
    ),
    *account("refresh", 400, {}, {"refresh": None}, {"refresh": []}, {"refresh": 1}),
    *account("verify", 400, {"token": 1}),
    *account("logout", 400, {"refresh": 1.5}),
    *account("verify", 401, {"token": "x"}, {"token": "a.b.c"}, {"token": "{" * 9999}),
    *account("logout", 401, {"refresh": "x"}),
    *account(
        "password/reset", 400, {}, {"email": 1}, {"email": "x"}, {"email": "a@example.com\nBcc: b"}
    ),
    *account(
        "password/reset/confirm", 400, {}, {"uid": "é", "token": "x", "password": GOOD["password"]}
    ),
    *account("email", 400, {}, GOOD, {**GOOD, "password": 1}, {**GOOD, "password": "x" * 129}),
    *account(
        "email", 400, *[{**GOOD, "email": text} for text in ["", "x", "a\nBcc: x@example.com", []]]
    ),
    *account("login", 400, {**GOOD, "code": 1}, {**GOOD, "code": "x" * 51}, {**GOOD, "code": None}),
    *account("login", 400, {**GOOD, "code": "\0"}, {**GOOD, "code": ""}, {**GOOD, "code": []}),
    *account("login", 401, {**GOOD, "code": "123456"}, {**GOOD, "code": "٤٢٤٢٤٢"}),
    *account(
        "totp/confirm",
        400,
        {},
        *[
            {"code": code}
            for code in [
                *[
                    None,
                    "",
                    " ",
                    123456,
                    1.5,
                    [],
                    {},
                    "\0",
                    "12345",
                    "123456",
                    "1234567",
                    "-123456",
                ],
                *["١٢٣٤٥٦", "１２３４５６", "é" * 6, "1e5", "0x1234", "x" * 51, "123\n456"],
            ]
        ],
    ),
    *[
        ("DELETE", "/api/auth/totp", body, {}, 400)
        for body in [{}, {"password": 1}, {"password": "wrong"}, {"password": None}]
    ],
    *account("email/verify", 400, {"uid": 1, "token": "x"}, {"uid": "MQ", "token": 1}),
    *account("email/verify", 400, {"uid": "MQ", "token": "x", "password": 1}),
    *account("email/verify", 400, {}, {"uid": "\0", "token": "x"}, {"uid": "MQ", "token": "x-x"}),
    *account(
        "tokens",
        400,
        {},
        *[{**TOKEN, "name": name} for name in [None, "", " ", "x" * 151, "a\nb", "\0", [], {}, 1]],
        *[
            {**TOKEN, "scopes": scopes}
            for scopes in [
                *[None, [], "", "tasks:read", {"tasks:read": 1}, 1, [None], [[]], [{}], [1]],
                *[["tasks:READ"], ["tasks:read", "tasks:admin"], ["tasks:read tasks:write"]],
                *[["\0"], ["x" * 9999], ["*"]],
            ]
        ],
        *[
            {**TOKEN, "expires_at": when}
            for when in [
                *["", "x", 0, 1e300, [], {}, "2026-02-30T00:00:00Z", "2020-01-01T00:00:00Z"],
                *["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2999-01-01", "\0"],
            ]
        ],
    ),
    ("GET", "/api/auth/sign-ins?page=1", b"", {}, 400),
    *[
        ("DELETE", f"/api/auth/sign-ins/{text}", b"", {}, 404)
        for text in ["0", "x" * 36, "00000000000000000000000000000000", "%00", f"{UUID}%00"]
    ],
    ("DELETE", f"/api/auth/sign-ins/{UUID}", b"", {}, 404),
    ("GET", "/api/auth/tokens?page=1", b"", {}, 400),
    ("GET", "/api/auth/tokens/1", b"", {}, 405),
    *[
        ("DELETE", f"/api/auth/tokens/{text}", b"", {}, 404)
        for text in ["0", "042", "%2B1", "9223372036854775808", "9" * 30, "1%00", "4_2", "x"]
    ],
    *[
        ("GET", "/api/auth/me", b"", {"authorization": f"Bearer {token}"}, 401)
        for token in ["todo_", "todo_\0", "todo_é", "todo_" + "x" * 49, "todo_" + "-" * 9000]
    ],
    *bulks(
        None,
        {},
        "x",
        [],
        [[]],
        [None],
        [{}] * 101,
        [{"op": "create", "data": {"title": "x"}}, {"op": "create", "data": {"title": "a\0b"}}],
        [{"op": "create", "data": {"title": "x"}, "ref": "\0"}],
        [{"op": "create", "data": {"title": "x", "description": "x" * 10_001}}],
        [{"op": "create", "data": [{"title": "x"}]}],
        [{"op": ["create"], "data": {"title": "x"}}],
        [{"op": {"create": 1}}],
        [{"op": "complete", "id": 2**63}],
        [{"op": "complete", "id": 10**400}],
        [{"op": "complete", "id": -1}],
        [{"op": "complete", "id": 1.0}],
        [{"op": "complete", "id": "\0"}],
        [{"op": "complete", "id": "x" * 9999}],
        [{"op": "complete", "id": {"pk": 1}}],
        [{"op": "complete", "id": [1]}],
        [{"op": "update", "id": 10**18, "data": {"title": "x"}}],
        [{"op": "restore", "id": 10**18}],
    ),
    ("POST", "/api/tasks/bulk", b"{" + b'"operations":[' * 300, {}, 400),
    ("POST", "/api/tasks/bulk", {"operations": []}, {"idempotency_key": "a b"}, 400),
    ("GET", "/api/tasks/bulk", b"", {}, 405),
    *values(
        400,
        tags=[None, "a", 1, {}, [None], [1], [""], ["a,b"], ["\0"], ["\u202e"], ["x" * 51], ["."]],
    ),
    *values(400, tags=[[str(n) for n in range(21)], ["a"] * 100_000, [["a"]], [{}]]),
    *queries(
        "tag=%00", "tag=,", "tag=a,,b", "tag=%E2%80%AE", "tag=" + ",".join(map(str, range(21)))
    ),
    *queries("search=-", "search=-x", "search=%22", "search=" + "x" * 201, "search=%00"),
    *queries("search=" + "+".join("abcdefghijk"), "search=a&search=b", "search=-%22a+b"),
    *[
        (method, f"/api/tags/{name}", {"name": "x"}, {}, 404)
        for method in ["PATCH", "DELETE"]
        for name in ["%00", "a%2Cb", "x" * 999, "%25", "_", "..", "%0A", "a%2F..%2Fb"]
    ],
    ("GET", "/api/tags?page_size=2", b"", {}, 400),
    ("GET", "/api/tags/x", b"", {}, 405),
    *values(400, project=IDS, parent=IDS),
    *[
        ("PATCH", "/api/tasks/{id}", {name: value}, {}, 400)
        for name in ["tags_add", "tags_remove"]
        for value in [None, "a", 1, [None], ["\0"], ["a,b"], ["x" * 51], [{}]]
    ],
    ("PATCH", "/api/tasks/{id}", {"tags_add": [str(n) for n in range(21)]}, {}, 400),
    *queries(*[f"{name}={text}" for name in ("project", "parent") for text in KEYS]),
    *queries("project=1,1", "project=none,none", "project=1,,2", "project=" + "1," * 999),
    *queries("parent=none,none", "parent=1,2", "parent=none&parent=none", "sort=position,position"),
    *[
        ("PATCH", "/api/tasks/{id}/position", {name: value}, {}, 400)
        for name in ["after", "before"]
        for value in [each for each in IDS if each is not None]
    ],
    *[
        ("PATCH", "/api/tasks/{id}/position", body, {}, 400)
        for body in [{}, [], {"after": None, "before": None}, {"position": "a1"}]
    ],
    *[("POST", "/api/projects", {"name": name}, {}, 400) for name in NAMES],
    *[("POST", "/api/projects", {"name": "x", "color": color}, {}, 400) for color in COLORS],
    *[("POST", "/api/projects", {"name": "x", "archived": one}, {}, 400) for one in [None, "", 2]],
    *[
        (method, f"/api/projects/{text}", {"name": "x"}, {}, 404)
        for method in ["PUT", "PATCH", "DELETE"]
        for text in ["0", "042", "%2B1", "9223372036854775808", "9" * 30, "1%00", "4_2", "x"]
    ],
    *[
        ("GET", f"/api/projects?{text}", b"", {}, 400)
        for text in [
            "archived=",
            "archived=TRUE",
            "archived=1",
            "sort=name",
            "cursor=%00",
            "name=x",
        ]
    ],
    ("POST", "/api/projects", {"name": "x"}, {"idempotency_key": "a b"}, 400),
    ("GET", "/api/tasks/summary?search=-", b"", {}, 400),
    ("GET", "/api/tasks/summary?sort=title", b"", {}, 400),
    ("GET", "/api/trash?cursor=%00", b"", {}, 400),
    ("GET", "/api/trash?page_size=9999999999999999999999", b"", {}, 400),
    ("GET", "/api/trash?sort=title", b"", {}, 400),
    ("GET", "/api/trash/1", b"", {}, 405),
    ("DELETE", "/api/trash?all=1", b"", {}, 400),
    *[
        (method, path.replace("ID", text), b"", {}, 404)
        for method, path in [("DELETE", "/api/trash/ID"), ("POST", "/api/tasks/ID/restore")]
        for text in ["0", "042", "%2B1", "9223372036854775808", "9" * 30, "1%00", "4_2", "x"]
    ],
    *[
        (
            "PATCH",
            "/api/tasks/{id}",
            {"title": "x"},
            {"if_match": tag, "prefer": "handling=lenient"},
            412,
        )
        for tag in [
            '"0-0"',
            '"1"',
            '"1-x"',
            '"1--1"',
            '"-"',
            "1-1",
            '"1-' + "9" * 400 + '"',
            '"1-\u0661"',
        ]
    ],
    ("PATCH", "/api/tasks/{id}", {"title": "x"}, {"if_match": '"0-0"', "prefer": "=,;" * 999}, 412),
]


def test_the_catalogue_has_enough_cases():
    assert len(CATALOGUE) >= 150


def stored():
    keys = IdempotencyKey.objects.values()
    tokens = PersonalToken.objects.values()
    return [
        *keys,
        *tokens,
        *Task.objects.values(),
        *Project.objects.values(),
        *User.objects.values(),
        *SignIn.objects.values(),
    ]


def place(row):
    """The method and the path, without a query."""
    return row[0], row[1].partition("?")[0]


@pytest.mark.parametrize("where", sorted(set(map(place, CATALOGUE))), ids=" ".join)
def test_it_is_refused_and_changes_nothing(alice_client, anonymous, milk, where):
    before = stored()
    client = alice_client if where[1].startswith(SIGNED_IN) and where[1] != VERIFY else anonymous
    client.raise_request_exception = False

    for row in CATALOGUE:
        if place(row) == where:
            case = str(row)[:500]
            response = send(client, milk, *row[:4])

            assert response.status_code == row[4], (case, response.content[:500])
            assert response["Content-Type"] == "application/problem+json", case
            assert response.json()["status"] == row[4], case
            assert stored() == before, case
            assert alice_client.get(f"/api/tasks/{milk.pk}").status_code == 200, case


def send(client, milk, method, path, body, given):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {name: value.replace('"{etag}"', milk.etag) for name, value in given.items()}
    media_type = given.pop("content_type", JSON)
    path = path.replace("{id}", str(milk.pk))
    return client.generic(method, path, content, media_type, headers=given)
