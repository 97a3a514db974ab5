# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A process that puts pairs of statement and ballot into a polling station's sets, and says when each is durable.

Usage: recorded_casting.py DIRECTORY FAULT. FAULT names a mistake that is ours to notice, or "none".
"""

import os
import sys
from pathlib import Path

from townhall_kiosk.voting import sets_on_disk
from townhall_kiosk.voting.sets_on_disk import Part, SetsOnDisk

PAIRS = 5


def statement(number: int) -> bytes:
    return f"statement {number} ".encode() * 60


def ballot(number: int) -> bytes:
    return f"ballot {number} ".encode() * 90


def mark(number: int) -> bytes:
    return f"mark {number}".encode()


def broken(fault: str) -> None:
    match fault:
        case "none":
            pass
        case "no sync of files":
            vars(sets_on_disk)["os"] = _OsWithoutSync()
        case "no sync of names":
            vars(sets_on_disk)["sync_directory"] = lambda _path: None
        case "old files first":
            vars(SetsOnDisk)["_prepare"]
            prepare = SetsOnDisk._prepare

            def early(self: SetsOnDisk, changes: sets_on_disk.Sets) -> object:
                for path in self._directory.glob("*.?"):
                    path.unlink()
                return prepare(self, changes)

            setattr(SetsOnDisk, "_prepare", early)  # noqa: B010  a test's mistake
        case _:
            raise ValueError(fault)


class _OsWithoutSync:
    def __getattr__(self, name: str) -> object:
        return (lambda _descriptor: None) if name == "fsync" else getattr(os, name)


def main() -> None:
    directory, fault = Path(sys.argv[1]), sys.argv[2]
    broken(fault)
    sets = SetsOnDisk(directory)
    for number in range(1, PAIRS + 1):
        there = sets.read()
        sets.replace(
            {
                Part.ELIGIBILITY: there[Part.ELIGIBILITY] | {statement(number)},
                Part.BALLOTS: there[Part.BALLOTS] | {ballot(number)},
                Part.MARKS: there[Part.MARKS] | {mark(number)},
            }
        )
        os.write(1, f"{number}\n".encode())


if __name__ == "__main__":
    main()
