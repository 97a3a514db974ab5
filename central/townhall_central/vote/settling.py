# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The eligibility board settles: everything judged once more, duplicates resolved, the lists signed; once, for good.

Deterministic but for people's decisions about open statements, which stand in the database with who took them and why.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection

from townhall_central.errors import VoteStateError
from townhall_central.vote.delivery import Alarm, Raised
from townhall_central.vote.eligibility_desk import judge_statement
from townhall_central.vote.eligibility_store import (
    TABLES,
    Decision,
    DeviceState,
    Judged,
    Settlement,
    Standing,
    read_decisions,
    read_devices,
    read_paper_voters,
    read_settlement,
    read_statements,
    store_settlement,
    store_statement,
)
from townhall_crypto.device_key import DeviceKey
from townhall_voting.board.lists import (
    AcceptedBallots,
    AcceptedList,
    EligibilityReport,
    PlaceCounts,
    RefusedBallot,
    Rejection,
    sign_list,
)
from townhall_voting.eligibility.duplicates import RULE, OpeningHours, Pseudonym, Resolution, resolve
from townhall_voting.eligibility.judgement import Bench
from townhall_voting.hashing import Fingerprint, HexHash
from townhall_voting.package.definition import DeviceRole
from townhall_voting.package.package import ElectionPackage

_REASONS = {
    Resolution.LATER_DUPLICATE: Rejection.DUPLICATE,
    Resolution.PAPER_VOTE: Rejection.PAPER_VOTE,
    Resolution.SHARED_BALLOT: Rejection.SHARED,
}


def settle(
    connection: Connection, package: ElectionPackage, bench: Bench, key: DeviceKey, *, without: Collection[str] = ()
) -> Settlement:
    """Return the board's signed lists; once made they are given again byte for byte.

    ``without`` names devices whose end, or rest, nobody will ever hear: officers take that on themselves.

    Raises:
        VoteStateError: devices have not reported their closing, made more statements than came, or open statements are
            not decided.
        DirectoryError, TrustMaterialError: what statements are judged by cannot be read.
    """
    if (settled := read_settlement(connection)) is not None:
        return settled
    devices = {device.name: device for device in read_devices(connection)}
    came = read_statements(connection)
    _require_closed(package, devices, without)
    _require_complete(devices.values(), came, without)
    until = int(bench.now.timestamp())
    hours = {name: device.hours(until) for name, device in devices.items()}
    statements = [_judged_again(connection, each, hours, bench) for each in came]
    decisions = read_decisions(connection)
    _require_decided(statements, decisions)
    outcomes = _outcomes(connection, statements, decisions, hours)
    TABLES.raise_alarms(connection, _alarms(devices.values(), statements))
    settlement = Settlement(
        sign_list(_accepted(package, bench, statements, outcomes), key),
        sign_list(_report(package, bench, statements, outcomes), key),
    )
    store_settlement(connection, settlement)
    return settlement


_Outcome = Resolution | Rejection
"""What became of a statement that could count: the rule's resolution, or what people decided."""


def _require_closed(package: ElectionPackage, devices: Mapping[str, DeviceState], without: Collection[str]) -> None:
    expected = {
        device.kiosk
        for place in package.definition.places
        for device in place.devices
        if device.role is not DeviceRole.BOOTH
    }
    closed = {name for name, device in devices.items() if device.closed}
    if open_devices := expected - closed - set(without):
        raise VoteStateError(f"not closed yet, or not heard of: {', '.join(sorted(open_devices))}")


def _require_complete(devices: Iterable[DeviceState], statements: Iterable[Judged], without: Collection[str]) -> None:
    """Check that all came that devices made: the last batch may be here while an earlier one is on its way."""
    came = Counter(each.device for each in statements)
    for device in devices:
        if device.name not in without and (missing := device.made - came[device.name]) > 0:
            raise VoteStateError(f"{missing} statements that {device.name} made have not come")


def _judged_again(connection: Connection, judged: Judged, hours: Mapping[str, OpeningHours], bench: Bench) -> Judged:
    """Revocation lists are newer now, and the device's closing is known."""
    again = judge_statement(judged.container, judged.device, hours[judged.device], bench)
    if again != judged:
        store_statement(connection, again)
    return again


def _require_decided(statements: Iterable[Judged], decisions: Mapping[HexHash, Decision]) -> None:
    undecided = [each.sha256 for each in statements if each.standing is Standing.OPEN and each.sha256 not in decisions]
    if undecided:
        raise VoteStateError(f"{len(undecided)} statements wait for a decision, the first is {undecided[0]}")


def _outcomes(
    connection: Connection,
    statements: Sequence[Judged],
    decisions: Mapping[HexHash, Decision],
    hours: Mapping[str, OpeningHours],
) -> dict[HexHash, _Outcome]:
    def may_count(each: Judged) -> bool:
        return each.standing is Standing.GOOD or (each.standing is Standing.OPEN and decisions[each.sha256].counts)

    candidates = [each.candidate for each in statements if each.candidate is not None and may_count(each)]
    outcomes: dict[HexHash, _Outcome] = {
        each.sha256: Rejection.REVOKED for each in statements if each.candidate is not None and not may_count(each)
    }
    return outcomes | resolve(candidates, hours, read_paper_voters(connection))


def _accepted(
    package: ElectionPackage, bench: Bench, statements: Sequence[Judged], outcomes: Mapping[HexHash, _Outcome]
) -> AcceptedList:
    counted: dict[Fingerprint, list[Fingerprint]] = {e.fingerprint: [] for e in package.elections.values()}
    refused: dict[Fingerprint, Rejection] = {}
    for each in statements:
        if each.candidate is None:
            continue
        outcome = outcomes[each.sha256]
        if outcome is Resolution.COUNTED:
            counted[Fingerprint(each.election)].append(each.candidate.ballot)
        else:
            reason = outcome if isinstance(outcome, Rejection) else _REASONS[outcome]
            refused[each.candidate.ballot] = reason
    accepted = {ballot for ballots in counted.values() for ballot in ballots}
    return AcceptedList(
        mode=package.mode,
        definition=bench.definition_sha256,
        elections=tuple(AcceptedBallots(phi, tuple(sorted(ballots))) for phi, ballots in sorted(counted.items())),
        # The same ballot may stand in two statements of one person: it is accepted all the same.
        refused=tuple(
            RefusedBallot(ballot, reason)
            for ballot, reason in sorted(refused.items(), key=lambda item: item[0])
            if ballot not in accepted
        ),
    )


def _report(
    package: ElectionPackage, bench: Bench, statements: Sequence[Judged], outcomes: Mapping[HexHash, _Outcome]
) -> EligibilityReport:
    def counts(place: str) -> PlaceCounts:
        here = [each for each in statements if each.place == place]
        found = Counter(outcomes.get(each.sha256) for each in here)
        accepted, revoked = found[Resolution.COUNTED], found[Rejection.REVOKED]
        refused = sum(each.standing is Standing.BAD for each in here)
        return PlaceCounts(
            place=place,
            received=len(here),
            accepted=accepted,
            duplicate=len(here) - accepted - refused - revoked,
            refused=refused,
            void=revoked,
        )

    return EligibilityReport(
        mode=package.mode,
        definition=bench.definition_sha256,
        rule=RULE,
        roll_version=package.roll_version,
        roll_size=len(package.roll),
        places=tuple(counts(place) for place in sorted({each.place for each in statements})),
        statements=tuple(each.sha256 for each in statements),
    )


def _alarms(devices: Iterable[DeviceState], statements: Sequence[Judged]) -> Iterable[Raised]:
    came = Counter(each.device for each in statements)
    for device in devices:
        if came[device.name] != device.made:
            yield Raised(Alarm.STATEMENTS_MISSING, device.name, f"{device.made - came[device.name]}")
    candidates = [each.candidate for each in statements if each.candidate is not None]
    people_of: defaultdict[Fingerprint, set[Pseudonym]] = defaultdict(set)
    for candidate in candidates:
        people_of[candidate.ballot].add(candidate.person)
    for candidate in candidates:
        if len(people_of[candidate.ballot]) > 1:
            yield Raised(Alarm.SHARED_BALLOT, candidate.device, candidate.sha256)
