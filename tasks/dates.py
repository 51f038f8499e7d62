"""How days, times and instants are written, and which days there are."""

import re
from datetime import date

# Every zone can show the instants of these days; nearer to the years 1 and 9999 some overflow.
FIRST_DUE_DATE = date(1970, 1, 1)
LAST_DUE_DATE = date(9998, 12, 31)

# Python's own parsers also take 2026-1-5, 20260105, 2026-W02-1 and other digits than 0 to 9.
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
TIME = re.compile(r"\d\d:\d\d(:\d\d)?", re.ASCII)
# RFC 3339, section 5.6: a date, a time and an offset.
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
