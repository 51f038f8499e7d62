"""The commands in docs/operation.md fail with an error if something they need is missing."""

import os
import re
import subprocess

import pytest
from django.conf import settings

BLOCKS = re.findall(
    "```sh\n(set -eu.*?)```", (settings.BASE_DIR / "docs" / "operation.md").read_text(), re.DOTALL
)


@pytest.mark.parametrize("commands", BLOCKS, ids=lambda commands: commands.split("\n")[1][:20])
def test_it_fails_without_its_variables_and_files(commands, tmp_path):
    for part in commands.split("# restore"):
        command = ["bash", "-c", f"set -eu\n# {part.removeprefix('set -eu')}"]
        result = subprocess.run(
            command, cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True
        )

        assert result.returncode != 0, result.stdout
        assert result.stderr
        assert list(tmp_path.iterdir()) == []


def test_every_block_is_tested():
    assert len(BLOCKS) == 3
