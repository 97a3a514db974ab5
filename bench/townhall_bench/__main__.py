# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``./run bench``: the figures of the architecture page's budgets; none of them fails anything."""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from townhall_bench.row import Row, heading, line, to_json

PARTS: Final = (
    "forms",
    "finding",
    "cards",
    "families",
    "journal",
    "centre",
    "window",
    "visits",
    "votes",
    "roll",
    "zones",
)
VISITS, LONG_VISITS = 200, 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for, everything by default; return the exit status."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON array on standard output, and nothing else")
    parser.add_argument("--long", action="store_true", help=f"{LONG_VISITS} visits and ballots instead of {VISITS}")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of: {' '.join(PARTS)}")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {' '.join(sorted(unknown))}")
    table = sys.stderr if options.json else sys.stdout
    table.write(heading() + "\n")
    measured = []
    for row in _measure(options.parts or PARTS, LONG_VISITS if options.long else VISITS):
        measured.append(row)
        table.write(line(row) + "\n")
        table.flush()
    if options.json:
        sys.stdout.write(to_json(measured) + "\n")
    return 0


def _measure(parts: Sequence[str], visits: int) -> Iterator[Row]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}  # the same figures with and without a screen
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed kiosk has its modules compiled
    for part in parts:
        command = [sys.executable, "-m", "townhall_bench.part", part, str(visits)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None  # noqa: S101  # a pipe was asked for
            for encoded in process.stdout:
                yield msgspec.json.decode(encoded, type=Row)
        if process.returncode != 0:
            raise SystemExit(f"bench: {part} failed")


if __name__ == "__main__":
    sys.exit(main())
