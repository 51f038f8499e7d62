"""What a worker loads."""

import subprocess
import sys

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
print(len(called), any("asgiref" in name for name in called))
"""


def test_a_worker_looks_up_connections_without_asgiref():
    found = subprocess.run([sys.executable, "-c", LOOK_UP], capture_output=True, text=True)

    assert found.stdout.split()[-1:] == ["False"], found
