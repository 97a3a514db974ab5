# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a locked visit asks the kernel for in a whole visit, written down by strace."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from townhall_kiosk.texts import Texts

if TYPE_CHECKING:
    from tests.journeys.conftest import Town

_DENIED = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)\) = -1 (ENOENT|EACCES|ENOSYS) ")
_QUOTED = re.compile(r'"([^"]*)"')
_PATIENCE_S = 60

# Asked for late, missed by nobody: libraries look there and go on without.
_NOT_MISSED = {
    "/proc/self/exe",  # Qt: where plug-ins may lie
    "/etc/timezone",  # typst: the zone of times that it is given with their zone
    "/etc/config/system",
    "/etc/localtime",
    "/proc/sys/vm/overcommit_memory",  # the C library: whether to give memory back
    "/sys/devices/system/cpu/online",  # how many threads to start
    "/proc/self/cgroup",
    "/proc/stat",
}
_NOT_MISSED_BELOW = (
    "/usr/share/fonts/",  # the machine's own, which a visit must not depend on
    "/usr/share/zoneinfo/",  # typst again; Python's are loaded
    "/usr/share/lib/zoneinfo/",
    "/share/zoneinfo/",
    "/etc/zoneinfo/",
)


@pytest.fixture
def watched(kiosk: "Town", tmp_path: Path) -> Iterator[Path]:
    """What the visit on the glass, locked long since, asks for and does not get."""
    asked = tmp_path / "asked"
    (visit, *_standby) = kiosk.processes.visits()
    command = ["strace", "-f", "-Z", "-s", "256", "-o", str(asked), "-p", str(visit)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as judge:
        assert judge.stderr is not None
        assert "attached" in judge.stderr.readline()
        yield asked
        judge.terminate()


def denied(asked: Path) -> Iterator[tuple[str, str]]:
    """Yield each refused call and the path it named."""
    for line in asked.read_text().splitlines():
        if found := _DENIED.match(line):
            call, arguments, _why = found.groups()
            named = _QUOTED.search(arguments)
            yield call, named[1] if named else ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a hidden process")
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_whole_visit_lacks_nothing_that_it_is_refused(kiosk: "Town", watched: Path, language: str) -> None:
    visitor = kiosk.visitor(text=Texts(language))
    kiosk.go(visitor, "receipt")
    kiosk.number_on_screen()
    calls = set(denied(watched))
    missed = {
        (call, path)
        for call, path in calls
        if path not in _NOT_MISSED and not path.startswith(_NOT_MISSED_BELOW) and call != "clone3"
    }
    assert missed == set()
    assert ("clone3", "") in calls, "the judge saw nothing of the lock"
    kiosk.settle()
