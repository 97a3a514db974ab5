# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The report's rows about devices that cheat, fail or are gone: what the day itself showed."""

from collections.abc import Iterator
from math import sqrt
from typing import Final

from townhall_central.simulation.election_day.observed import Observed
from townhall_central.simulation.election_day.plan import Fault, escape_frequency, escape_probability
from townhall_central.simulation.election_day.report import ThreatRow, row
from townhall_central.vote.delivery import Alarm
from townhall_voting.board.lists import Rejection

_DAYS: Final = 4000
_FEW_CHECKS: Final = 0.01


def device_rows(seen: Observed) -> Iterator[ThreatRow]:
    """Return the rows, each judged by what was found."""
    yield _cheating_booth(seen)
    yield _escaping(seen)
    yield _lost_ballots(seen)
    yield _held_back(seen)
    yield _destroyed(seen)
    yield _stuffing(seen)
    yield _second_pin(seen)
    yield _checked_cast(seen)


def _cheating_booth(seen: Observed) -> ThreatRow:
    opened = [making for visit in seen.plan.visits for making in visit.opened if making.is_swapped]
    cast = [visit for visit in seen.plan.visits if visit.cast.is_swapped]
    told, seen_by_people = seen.alarms[Alarm.OPENING_FALSE.value], seen.day.seen_by_people
    counted = len(seen.trackers(cast) & seen.counted_trackers)
    return row(
        "Booth encrypts another choice",
        f"one booth swapped {len(opened) + len(cast)} ballots; {len(opened)} of these were opened, {counted} counted",
        {Alarm.OPENING_FALSE.value: told, "the person's own check": seen_by_people},
        held=told + seen_by_people == len(opened) and bool(opened),
        rest_risk=f"{counted} swapped ballots that nobody opened count as the booth made them",
    )


def _escaping(seen: Observed) -> ThreatRow:
    swapped = sum(making.is_swapped for visit in seen.plan.visits for making in (*visit.opened, visit.cast))
    stated = escape_probability(_FEW_CHECKS, swapped)
    found = escape_frequency(seen.plan.seed, _FEW_CHECKS, swapped, _DAYS)
    is_near = abs(found - stated) <= 4 * sqrt(stated * (1 - stated) / _DAYS)
    return row(
        "Booth encrypts another choice: how likely it escapes",
        f"{_DAYS} drawn days with {swapped} swapped ballots, 1 % of all ballots opened",
        {"nobody saw it, per mille": round(1000 * found), "(1-c)^n, per mille": round(1000 * stated)},
        held=is_near,
        rest_risk="with few checks a booth that swaps few ballots escapes: staff must check at random",
    )


def _lost_ballots(seen: Observed) -> ThreatRow:
    visits = seen.visits(Fault.BALLOT_LOST, Fault.BALLOT_REPLACED)
    lost = {seen.day.casts[visit].ballot for visit in visits}
    alarm = seen.alarms[Alarm.NEVER_CAME.value]
    replaced = len(seen.visits(Fault.BALLOT_REPLACED))
    return row(
        "Device drops or swaps a ballot after cast",
        f"{len(visits) - replaced} dropped, {replaced} replaced by the device's own",
        {Alarm.NEVER_CAME.value: alarm},
        held=alarm == len(visits) and set(seen.rejected.missing) == lost,
        rest_risk="the ballot itself is gone unless the device's second copy has it; nobody else's is counted for it",
    )


def _held_back(seen: Observed) -> ThreatRow:
    visits = seen.visits(Fault.STATEMENT_LOST)
    devices = {seen.plan.posts[visit.post].statement_device for visit in visits}
    alarm = seen.alarms[Alarm.STATEMENTS_MISSING.value]
    return row(
        "Device holds a statement back",
        f"{len(visits)} statements at {len(devices)} devices",
        {Alarm.STATEMENTS_MISSING.value: alarm},
        held=alarm == len(devices),
        rest_risk="the vote counts only if the statement is found on the device",
    )


def _destroyed(seen: Observed) -> ThreatRow:
    gone = [visit for visit in seen.plan.visits if seen.plan.posts[visit.post].is_destroyed and visit.round == 3]
    lost = seen.trackers(gone)
    return row(
        "Device destroyed before it has sent",
        f"one kiosk, with the {len(gone)} last visits on it; officers closed without it, by name",
        {"settling refused until officers name the device": seen.day.waits},
        held=seen.day.waits == 1 and bool(gone) and not lost & seen.counted_trackers,
        rest_risk="those votes are lost unless the second copy (USB) survives; each receipt proves its own",
    )


def _stuffing(seen: Observed) -> ThreatRow:
    visits = seen.visits(Fault.UNREDEEMED, Fault.STRANGER, Fault.STATEMENT_LOST)
    stuffed = seen.trackers(visits)
    replaced = len(seen.visits(Fault.BALLOT_REPLACED))
    rejected = seen.rejected_as(Rejection.NOT_CONFIRMED.value)
    return row(
        "Stuffing by device or centre",
        f"{len(stuffed)} ballots that no card of a person on the roll cast, {replaced} made in place of others",
        {Rejection.NOT_CONFIRMED.value: len(rejected)},
        held=stuffed <= rejected and len(rejected) == len(stuffed) + replaced,
    )


def _second_pin(seen: Observed) -> ThreatRow:
    visits = seen.visits(Fault.SECOND_PIN)
    own = seen.trackers(visits)
    rejected = seen.rejected_as(Rejection.DUPLICATE.value)
    return row(
        "Device asks for a second PIN and signs another ballot",
        f"{len(visits)} people",
        {Rejection.DUPLICATE.value: len(own & rejected)},
        held=own <= rejected,
        rest_risk="one vote is left, here the device's; the tracker on the receipt stands in the list of rejected ones",
    )


def _checked_cast(seen: Observed) -> ThreatRow:
    visits = seen.visits(Fault.CHECKED_CAST)
    checked = seen.log.checked
    return row(
        "Checked ballot cast anyway",
        f"{len(visits)} opened ballots that a card cast",
        {"void for ever": len(visits)},
        held=not checked & {each.hash for each in seen.good_ballots} and len(checked) >= len(visits) > 0,
    )
