"""Runs Python in forks of one process, which has imported the libraries but not the project.

A new process takes most of its time to import the libraries. A fork imports the settings and the
rest of the project itself.
"""

import gc
import json
import os
import runpy
import signal
import subprocess
import sys
from importlib import import_module
from tempfile import TemporaryDirectory

# These can be imported without settings.
LIBRARIES = [
    "django.contrib.admin",
    "django.core.management.commands.migrate",
    "django.core.management.commands.shell",
    "django.db.backends.postgresql.base",
    "django.db.backends.sqlite3.base",
    "environ",
    "granian.server",
    "icalendar",
    "jsonschema",
    "jwt",
    "redis",
    "rest_framework.serializers",
]
TIMEOUT = 30  # seconds
# Even root is subject to file permissions.
WITHOUT = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
UNPRIVILEGED = WITHOUT if os.geteuid() == 0 else []


class Forks:
    """The process. Its forks run one after another."""

    def __init__(self):
        self.process = subprocess.Popen(
            [*UNPRIVILEGED, sys.executable, __file__],
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def run(self, arguments, cwd, env):
        """What `subprocess.run([sys.executable, *arguments])` gives, with text."""
        arguments = [str(one) for one in arguments]
        with TemporaryDirectory() as folder:
            job = {"arguments": arguments, "cwd": str(cwd), "env": env, "output": folder}
            self.process.stdin.write(json.dumps(job) + "\n")
            code = int(self.process.stdout.readline())
            output, errors = (read(f"{folder}/{name}") for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess(arguments, code, output, errors)

    def close(self):
        self.process.communicate(timeout=TIMEOUT)


def read(path):
    with open(path) as file:
        return file.read()


def serve():
    """Forks for each line of the standard input. In a fork, gives the arguments to run."""
    for line in sys.stdin:
        job = json.loads(line)
        pid = os.fork()
        if not pid:
            return become(**job)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        sys.stdout.flush()
    sys.exit()


def become(arguments, cwd, env, output):
    signal.alarm(TIMEOUT)
    for number, name in [(0, os.devnull), (1, f"{output}/stdout"), (2, f"{output}/stderr")]:
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    return arguments


if __name__ == "__main__":
    for library in LIBRARIES:
        import_module(library)
    gc.freeze()  # otherwise each fork copies most of the memory when it ends
    script, *sys.argv[1:] = serve()
    sys.argv[0] = script
    if script == "-c":
        sys.path[0] = ""
        exec(sys.argv.pop(1), {"__name__": "__main__"})  # noqa: S102
    else:
        sys.path[0] = os.path.dirname(os.path.abspath(script))
        runpy.run_path(script, run_name="__main__")
