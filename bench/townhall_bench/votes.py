# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Elections beside ``belenios-tool``: a ballot made, ballots and a whole record verified, tally and decryption."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from townhall_bench.belenios import SystemRandomness, ToolElection, set_up, spent_by
from townhall_bench.pairing import in_turns
from townhall_bench.row import Budget, Held, Row
from townhall_voting.ballot import Ballot
from townhall_voting.ballot_check import BallotChecker, ciphertexts_of
from townhall_voting.ballot_making import BallotMaker
from townhall_voting.election import Election
from townhall_voting.nonces import draw_scalar
from townhall_voting.record.events import BallotEvent
from townhall_voting.record.record_file import RecordFile
from townhall_voting.trustee_keys import prove_key
from townhall_voting.trustees.partial_decryption import DecryptionStatement, decrypt_partially
from townhall_voting.trustees.side_car import prove_side_car
from townhall_voting.trustees.tally import EncryptedTally, Tally

_MS: Final = 1000.0
_NEW: Final = 10
_MADE: Final = 30
_TALLIED: Final = 10_000
_DECRYPTIONS: Final = 20
_GOOD_SO_FAR: Final = 3
_NUMBERS: Final = 20
"""Of a ballot, which are multiplied into the tally."""
_POWERS: Final = 5
"""Of a ciphertext: its factor, and two commitments for each of its two proofs."""


def rows(ballots: int) -> Iterator[Row]:
    """Measure with a record of so many ballots."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        place = set_up(Path(name), ballots)
        maker = BallotMaker(place.election)
        yield _making(place, maker)
        cast = [place.ballot(maker, voter) for voter in range(ballots)]
        _append(place.record, cast[:-_NEW])
        yield from _verifying(place, cast)
        checker = BallotChecker(place.election)
        checked = [checker.check(data) for data in cast[:_MADE]]
        tally, row = _tallying(place.election, checked)
        yield row
        yield _decrypting(place.election, tally)


def _making(place: ToolElection, maker: BallotMaker) -> Row:
    making = ["belenios-tool", "election", "generate-ballot", "--privcred", "credential", "--ballot", "choices.json"]
    ours, theirs = in_turns(_cpu_s(lambda: place.ballot(maker, 0)), lambda: spent_by(making, place.folder).cpu_s, _MADE)
    return Row(
        "a ballot of 2 x 5 made, CPU",
        ours * _MS,
        "ms",
        "belenios-tool election generate-ballot",
        theirs * _MS,
        Budget(0.1, Held.RATIO),
    )


def _verifying(place: ToolElection, cast: Sequence[bytes]) -> Iterator[Row]:
    memory = place.folder / "memory.json"
    townhall = [str(Path(sys.executable).parent / "townhall"), "verify", str(place.record), "--without-side-cars"]
    remembering = [*townhall, "--remember", str(memory)]
    spent_by(remembering, place.folder, _GOOD_SO_FAR)
    _append(place.record, cast[-_NEW:])
    again = spent_by(remembering, place.folder, _GOOD_SO_FAR)
    ours, theirs = (
        spent_by(townhall, place.folder, _GOOD_SO_FAR),
        spent_by(["belenios-tool", "election", "verify"], place.folder),
    )
    on_one_core = spent_by([*townhall, "--processes", "1"], place.folder, _GOOD_SO_FAR)  # as the tool's
    start = spent_by([*remembering, "--processes", "1"], place.folder, _GOOD_SO_FAR)  # every ballot remembered
    count, beside = len(cast), "belenios-tool election verify"
    cpu = ((on_one_core.cpu_s - start.cpu_s) / count * _MS, theirs.cpu_s / count * _MS)
    yield Row(
        "a ballot of a record verified on one core, CPU without start",
        cpu[0],
        "ms",
        beside,
        cpu[1],
        Budget(0.5, Held.RATIO),
    )
    budget = Budget(0.25, Held.RATIO)
    yield Row(f"a record of {count} ballots verified", ours.wall_s, "s", beside, theirs.wall_s, budget)
    name = f"{_NEW} new ballots of {count} verified, others remembered"
    yield Row(name, again.wall_s, "s", f"{beside}: all again", theirs.wall_s, Budget(0.1, Held.RATIO))


def _append(record: Path, ballots: Sequence[bytes]) -> None:
    with RecordFile.open(record) as file:
        for ballot in ballots:
            file.append(BallotEvent(ballot))


def _tallying(election: Election, ballots: Sequence[Ballot]) -> tuple[EncryptedTally, Row]:
    group, tally = election.group, Tally(election)
    numbers = [next(ciphertexts_of(ballot)).alpha for ballot in ballots]

    def count() -> None:
        nonlocal tally
        tally = Tally(election)
        for index in range(_TALLIED):
            tally.add(ballots[index % len(ballots)])

    def multiply() -> None:
        for _ in range(_TALLIED * _NUMBERS):
            group.multiply(numbers[0], numbers[1])

    ours, floor = in_turns(_cpu_s(count), _cpu_s(multiply), 2)
    beside = "the products alone (floor)"
    return tally.encrypted(), Row(f"tally of {_TALLIED} ballots, CPU", ours, "s", beside, floor, Budget(4, Held.VALUE))


def _decrypting(election: Election, tally: EncryptedTally) -> Row:
    group, randomness = election.group, SystemRandomness()
    private = draw_scalar(randomness, group)
    statement = DecryptionStatement(election, tally, 1, prove_key(group, private, randomness).public_key)
    alphas = [each.alpha for column in tally.ciphertexts for each in column]

    def decrypt() -> None:
        share = decrypt_partially(statement, private, randomness)
        prove_side_car(statement, share, private, randomness)

    def powers() -> None:
        for alpha in alphas:
            for _ in range(_POWERS):
                group.secret_power(alpha, private)

    ours, floor = in_turns(_cpu_s(decrypt), _cpu_s(powers), _DECRYPTIONS)
    beside = "the secret powers alone (floor)"
    return Row(
        "partial decryption with its side-car, CPU", ours * _MS, "ms", beside, floor * _MS, Budget(100, Held.VALUE)
    )


def _cpu_s(work: Callable[[], object]) -> Callable[[], float]:
    def timed() -> float:
        before = time.process_time()
        work()
        return time.process_time() - before

    return timed
