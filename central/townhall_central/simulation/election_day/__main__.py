# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Simulates an election and leaves its report: `python -m townhall_central.simulation.election_day OUT --seed 1`."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from townhall_central.console import say
from townhall_central.simulation.election_day.day import ElectionDay
from townhall_central.simulation.election_day.observed import observe
from townhall_central.simulation.election_day.plan import LARGE, SMALL, draw_plan
from townhall_central.simulation.election_day.rows import report_of
from townhall_voting.record.check_pool import CheckPool


def main() -> int:
    """Run a day and write ``report.json`` and ``report.txt``; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description="A whole election with everything that can go wrong in it.")
    parser.add_argument("out", type=Path, help="folder for the report and what the box published")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", action="store_true", help=f"{LARGE.voters} voters instead of {SMALL.voters}")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        day = ElectionDay(Path(folder) / "town", draw_plan(options.seed, LARGE if options.large else SMALL), _now())
        day.vote()
        report = report_of(observe(day, CheckPool(len(os.sched_getaffinity(0)))))
        for path in day.town.public.iterdir():
            (options.out / path.name).write_bytes(path.read_bytes())
    (options.out / "report.json").write_bytes(report.to_json())
    (options.out / "report.txt").write_text(report.to_text(), "utf-8")
    say(report.to_text())
    for phase, seconds in day.seconds.items():
        say(f"{phase:12} {seconds:8.1f} s")
    for each in report.unsound:
        say(f"BROKEN {each}")
    return 0 if report.is_sound else 1


def _now() -> int:
    return int(time.time())


if __name__ == "__main__":
    sys.exit(main())
