# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""All rows of the report of one day."""

from townhall_central.simulation.election_day.observed import Observed
from townhall_central.simulation.election_day.report import ElectionReport
from townhall_central.simulation.election_day.rows_boards import board_rows
from townhall_central.simulation.election_day.rows_devices import device_rows
from townhall_central.simulation.election_day.rows_people import people_rows
from townhall_central.simulation.election_day.rows_trustees import trustee_rows


def report_of(seen: Observed) -> ElectionReport:
    """Return the report of an observed day. Its attacks on what the day left are made now."""
    plan = seen.plan
    return ElectionReport(
        seed=plan.seed,
        posts=len(plan.posts),
        voters=plan.size.voters,
        visits=len(plan.visits),
        counted=seen.closed.counted,
        result=sums_of(seen),
        is_verified=seen.is_verified,
        alarms=dict(sorted(seen.alarms.items())),
        threats=(*device_rows(seen), *people_rows(seen), *board_rows(seen), *trustee_rows(seen)),
    )


def sums_of(seen: Observed) -> tuple[tuple[int, ...], ...]:
    """Return how often each answer was chosen, question by question."""
    return tuple(
        tuple(number for number in question if isinstance(number, int)) for question in seen.counted.result.questions
    )
