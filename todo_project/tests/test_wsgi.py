"""What a worker loads."""

import subprocess
import sys

from django.conf import settings

LOOK_UP = """
import sys
from todo_project.wsgi import application
from django.core.cache import caches
from django.db import connections

called = []
for look_up in (lambda: connections["default"], lambda: caches["default"]):
    look_up()
    sys.setprofile(lambda frame, *_: called.append(frame.f_code.co_filename))
    look_up()
    sys.setprofile(None)
print(bool(called) and not any("asgiref" in name for name in called))
"""


def test_a_worker_looks_up_connections_without_asgiref():
    command = [sys.executable, "-c", LOOK_UP]
    found = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)

    assert found.stdout.split()[-1:] == ["True"], found
