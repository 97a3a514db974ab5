# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Measures one part in a process of its own, so that none sees what another loaded; a row is a line of JSON."""

import argparse
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from townhall_bench import cards, centre, families, finding, forms, journal, roll, visits, votes, window, zones
from townhall_bench.row import Row

MEASURES: Final[dict[str, Callable[[int], Iterator[Row]]]] = {
    "forms": lambda _visits: forms.rows(),
    "finding": lambda _visits: finding.rows(),
    "cards": lambda _visits: cards.rows(),
    "families": lambda _visits: families.rows(),
    "journal": lambda _visits: journal.rows(),
    "centre": lambda _visits: centre.rows(),
    "window": lambda _visits: window.rows(),
    "visits": visits.rows,
    "votes": votes.rows,
    "roll": lambda _visits: roll.rows(),
    "zones": lambda _visits: zones.rows(),
}


def main() -> int:
    """Measure the part named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="townhall_bench.part")
    parser.add_argument("part", choices=MEASURES)
    parser.add_argument("visits", type=int)
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    for row in MEASURES[options.part](options.visits):
        sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
