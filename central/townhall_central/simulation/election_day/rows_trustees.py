# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The report's rows about trustees, randomness, and what devices and boards could do together."""

from collections.abc import Iterator
from itertools import combinations

from townhall_central.simulation.election_day.day import DECRYPTING
from townhall_central.simulation.election_day.observed import Observed
from townhall_central.simulation.election_day.plan import CHOICES, Fault
from townhall_central.simulation.election_day.report import ThreatRow, row
from townhall_central.vote import box_store
from townhall_crypto.envelope import Envelope
from townhall_voting.ballot import parse_ballot
from townhall_voting.errors import RandomnessError, ShareRefusedError, TooFewSharesError
from townhall_voting.randomness import MixedRandomness
from townhall_voting.record.completion import WaitingTally
from townhall_voting.trustees.combination import Combiner, OfferedShare, Requirement
from townhall_voting.trustees.result import open_tally
from townhall_voting.trustees.tally import Tally


def trustee_rows(seen: Observed) -> Iterator[ThreatRow]:
    """Return the rows, each judged by what was found."""
    yield _lost(seen)
    yield _cheating(seen)
    yield _together(seen)
    yield _apart(seen)
    yield _randomness()


def _one_ballot(seen: Observed) -> tuple[WaitingTally, int]:
    """Return the tally of one counted ballot alone, which no honest trustee decrypts, and what it chose."""
    town = seen.day.town
    election = town.box.package.elections["town"]
    counted = seen.counted_trackers
    visit = next(
        each
        for each in seen.plan.visits
        if each.fault is Fault.NONE and each in seen.day.casts and seen.day.casts[each].tracker in counted
    )
    with town.box.database.read() as connection:
        stored = box_store.read_ballot(connection, seen.day.casts[visit].ballot)
    if stored is None:
        raise ValueError("a counted ballot is not in the box")
    tally = Tally(election)
    tally.add(parse_ballot(election, stored.data))
    waiting = WaitingTally(election, town.trustees.published, tally.encrypted(), (), is_shuffling_over=False)
    return waiting, visit.cast.made


def _shares(seen: Observed, tallied: WaitingTally) -> dict[int, OfferedShare]:
    return {owner: seen.day.town.trustees.share_of(tallied, owner) for owner in (1, 2, 3)}


def _lost(seen: Observed) -> ThreatRow:
    tallied, _ = _one_ballot(seen)
    combiner = Combiner(tallied.election, tallied.trustees, tallied.tally, Requirement.SIDE_CAR)
    shares = _shares(seen, tallied)
    pairs = [combiner.combine([shares[one], shares[other]]).factors for one, other in combinations((1, 2, 3), 2)]
    alone = 0
    for share in shares.values():
        try:
            combiner.combine([share])
        except TooFewSharesError:
            alone += 1
    return row(
        "Trustee loss",
        "the second of three trustees lost its key; the others decrypted, and so would any two",
        {"too few shares": alone},
        held=seen.counted.used == DECRYPTING and alone == 3 and pairs[0] == pairs[1] == pairs[2],
        rest_risk="with fewer than two left the election is void",
    )


def _cheating(seen: Observed) -> ThreatRow:
    tallied, _ = _one_ballot(seen)
    shares = _shares(seen, tallied)
    combiner = Combiner(tallied.election, tallied.trustees, tallied.tally, Requirement.SIDE_CAR)
    false = [
        OfferedShare(2, shares[1].decryption, shares[1].side_car),
        OfferedShare(2, shares[2].decryption, shares[1].side_car),
        OfferedShare(2, shares[2].decryption, None),
    ]
    named = 0
    for each in false:
        try:
            combiner.check(each)
        except ShareRefusedError as error:
            named += error.owner == 2
    chosen = combiner.combine([false[0], shares[1], shares[3]])
    return row(
        "Cheating trustee",
        "three false shares, one of them beside two honest ones",
        {"share refused, its trustee named": named},
        held=named == len(false) and [error.owner for error in chosen.refused] == [2] and len(chosen.used) == 2,
        rest_risk="a trustee who sends nothing delays the result",
    )


def _together(seen: Observed) -> ThreatRow:
    """Eligibility board, box and two trustees in one room read somebody's vote: said openly, so it is shown."""
    tallied, made = _one_ballot(seen)
    shares = _shares(seen, tallied)
    combiner = Combiner(tallied.election, tallied.trustees, tallied.tally, Requirement.SIDE_CAR)
    factors = combiner.combine([shares[1], shares[2]]).factors
    read = open_tally(tallied.election, tallied.tally, factors).questions
    is_read = read == tuple(tuple(column) for column in CHOICES[made])
    return row(
        "Eligibility board with a threshold of trustees",
        "both boards and two trustees put together what they have about one person",
        {},
        held=is_read,
        rest_risk="together they read a vote: no software prevents it; separate people, public roles, destruction",
    )


def _apart(seen: Observed) -> ThreatRow:
    """Everything that booths and desks ever sent, opened with the boards' keys, as the boards themselves see it."""
    town = seen.day.town
    pairs = [post.pair for post in seen.day.posts if post.pair is not None]
    kinds = {"booth": set[str](), "desk": set[str]()}
    for device, envelope in seen.day.sent:
        for role, addressees in kinds.items():
            if device.kiosk.name.startswith(role):
                addressees.add(_addressee(envelope, town.board.keys.key_id, town.box.keys.key_id))
    return row(
        "Device knows person and choice",
        f"what {len(pairs)} booths and {len(pairs)} desks sent, by addressee",
        {},
        held=kinds == {"booth": {"box"}, "desk": {"board"}},
        rest_risk="a kiosk that does both knows both for a moment",
    )


def _addressee(envelope: Envelope, board: str, box: str) -> str:
    sealed = envelope.sealed
    return "/".join(name for name, key in (("board", board), ("box", box)) if key.encode() in sealed)


def _randomness() -> ThreatRow:
    class Stuck:
        """A source that gives one byte for ever."""

        name = "stuck"

        def read(self, size_bytes: int) -> bytes:
            """Return zeros."""
            return bytes(size_bytes)

    try:
        MixedRandomness([Stuck()])
    except RandomnessError:
        refused = 1
    else:
        refused = 0
    return row(
        "Bad randomness",
        "a source that is stuck, at the start of a booth",
        {"health test fails": refused},
        held=refused == 1,
        rest_risk="a fault that all sources share",
    )
