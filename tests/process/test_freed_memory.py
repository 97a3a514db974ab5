# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a process held and freed: left as it was, or overwritten."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HELD_AND_FREED = """
import os, sys
{before}
held = os.read(0, 20_000)
assert len(held) == 20_000
del held
print("freed", flush=True)
sys.stdin.read()
"""
OVERWRITING = "from townhall_process.freed_memory import overwrite_freed_memory as overwrite\noverwrite()"


def heap(pid: int) -> bytes:
    """Return what the C library hands out."""
    mapped = re.search(r"^(\w+)-(\w+) .*\[heap\]$", Path(f"/proc/{pid}/maps").read_text(), re.MULTILINE)
    assert mapped is not None
    first, last = int(mapped[1], 16), int(mapped[2], 16)
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        return os.pread(memory.fileno(), last - first, first)


@pytest.mark.parametrize(("before", "is_left"), [("", True), (OVERWRITING, False)], ids=["as ever", "overwriting"])
def test_freed_memory_is_overwritten(before: str, is_left: bool) -> None:  # noqa: FBT001  # a column of the table
    held = os.urandom(20_000)
    receiving, sending = os.pipe()
    with os.fdopen(receiving) as stdin, os.fdopen(sending, "wb", buffering=0) as said:
        said.write(held)
        command = [sys.executable, "-c", HELD_AND_FREED.format(before=before)]
        with subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"freed\n"
            left = heap(process.pid)
            said.close()
    assert any(held[start : start + 32] in left for start in range(0, 19_000, 1000)) == is_left
