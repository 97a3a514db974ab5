# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The public log, the boards' lists and the close: signed, sorted, and a reason for each ballot that does not count."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto.checkpoint import Checkpoint, Ed25519NoteSigner, sign_checkpoint
from townhall_crypto.device_key import FileDeviceKey
from townhall_voting.ballot import Ballot
from townhall_voting.board.closing import close_election
from townhall_voting.board.lists import (
    AcceptedBallots,
    AcceptedList,
    EligibilityReport,
    PlaceCounts,
    RefusedBallot,
    RejectedBallot,
    RejectedList,
    Rejection,
    sign_list,
    verify_list,
)
from townhall_voting.board.log import (
    BallotsEntry,
    CheckedEntry,
    ClosedEntry,
    DeviceEntry,
    LogEntry,
    LoggedBallot,
    check_extends,
    entry_bytes,
    has_root,
    log_tree,
    read_log,
    write_log,
)
from townhall_voting.eligibility.batches import CheckedBallot
from townhall_voting.errors import ListRefusedError, LogRefusedError
from townhall_voting.group import Element, Scalar
from townhall_voting.hashing import Fingerprint, HexHash, fingerprint
from townhall_voting.mode import Mode
from townhall_voting.proofs import Proof

SIGNER = Ed25519NoteSigner("tamme.example/vote", Ed25519PrivateKey.generate())
STRANGER = Ed25519NoteSigner("tamme.example/vote", Ed25519PrivateKey.generate())
KEY = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
OTHER_KEY = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
PHI = fingerprint(b"election")


def h(number: int) -> Fingerprint:
    return fingerprint(b"ballot %d" % number)


def logged(*numbers: int) -> tuple[LoggedBallot, ...]:
    return tuple(sorted(LoggedBallot(fingerprint(b"tracker %d" % number), h(number)) for number in numbers))


def opened(*numbers: int) -> tuple[CheckedBallot, ...]:
    return tuple(sorted((CheckedBallot(h(number), "THB1:") for number in numbers), key=lambda each: each.ballot))


ENTRIES: tuple[LogEntry, ...] = (
    BallotsEntry(PHI, logged(1, 2, 3)),
    CheckedEntry(opened(8, 9)),
    DeviceEntry("kiosk-1", 3, 2, 0),
    BallotsEntry(PHI, logged(4)),
    DeviceEntry("kiosk-1", 4, 2, 1),
    ClosedEntry(),
)


def test_a_log_is_read_back_by_whoever_knows_the_boxs_key() -> None:
    lines, checkpoint = write_log(ENTRIES, SIGNER)
    log = read_log(lines, checkpoint, SIGNER.verifier)
    assert log.entries == ENTRIES
    assert log.trackers(PHI) == {each.tracker for each in logged(1, 2, 3, 4)}
    assert log.trackers(fingerprint(b"another")) == frozenset()
    assert log.checked == {h(8), h(9)}
    assert log.is_closed
    with pytest.raises(LogRefusedError):
        read_log(lines, checkpoint, STRANGER.verifier)


def test_a_log_that_was_rewritten_does_not_extend_what_was_kept_of_it() -> None:
    kept = [Checkpoint(SIGNER.name, size, log_tree(ENTRIES[:size]).root()) for size in range(len(ENTRIES) + 1)]
    log = read_log(*write_log(ENTRIES, SIGNER), SIGNER.verifier)
    for each in kept:
        check_extends(log, each)
        assert has_root(log, each.size, each.root)
    for forged_entries in (ENTRIES[1:], ENTRIES[:1] + ENTRIES[2:], (DeviceEntry("kiosk-2", 0, 0, 0), *ENTRIES)):
        forged = read_log(*write_log(forged_entries, SIGNER), SIGNER.verifier)
        with pytest.raises(LogRefusedError):
            check_extends(forged, kept[4])
        assert not has_root(forged, kept[4].size, kept[4].root)
    with pytest.raises(LogRefusedError):
        check_extends(read_log(*write_log(ENTRIES[:3], SIGNER), SIGNER.verifier), kept[4])


def test_a_log_grows_and_never_forgets() -> None:
    older, newer = log_tree(ENTRIES[:3]), log_tree(ENTRIES)
    assert newer.root(3) == older.root()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[:-1],
        lambda lines: lines + b"\n",
        lambda lines: lines.replace(b"kiosk-1", b"kiosk-2"),
        lambda lines: b"".join(reversed(lines.splitlines(keepends=True))),
        lambda lines: lines.split(b"\n", 1)[1],
        lambda lines: lines.replace(b'"cast":3', b'"cast": 3'),
        lambda _: b"",
        lambda _: b"{}\n",
        lambda _: b"\xff\n",
    ],
    ids=range(9),
)
def test_a_changed_log_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    lines, checkpoint = write_log(ENTRIES, SIGNER)
    with pytest.raises(LogRefusedError):
        read_log(spoil(lines), checkpoint, SIGNER.verifier)


@pytest.mark.parametrize(
    "entries",
    [
        (BallotsEntry(PHI, logged(1, 2)[::-1]),),
        (BallotsEntry(PHI, (logged(1)[0], logged(1)[0])),),
        (BallotsEntry(PHI, logged(1)), BallotsEntry(PHI, logged(1))),
        (BallotsEntry(PHI, logged(1)), CheckedEntry(opened(1))),
        (BallotsEntry(Fingerprint("phi"), logged(1)),),
        (CheckedEntry(opened(1, 2)[::-1]),),
        (ClosedEntry(), DeviceEntry("kiosk-1", 0, 0, 1)),
        (ClosedEntry(), ClosedEntry()),
    ],
    ids=range(8),
)
def test_a_log_that_contradicts_itself_is_refused_though_the_box_signed_it(entries: tuple[LogEntry, ...]) -> None:
    lines = b"".join(entry_bytes(entry) + b"\n" for entry in entries)
    checkpoint = sign_checkpoint(Checkpoint(SIGNER.name, len(entries), log_tree(entries).root()), SIGNER)
    with pytest.raises(LogRefusedError):
        read_log(lines, checkpoint, SIGNER.verifier)


ACCEPTED = AcceptedList(
    mode=Mode.TEST,
    definition=HexHash("ab" * 32),
    elections=(AcceptedBallots(PHI, tuple(sorted([h(1), h(2), h(5)]))),),
    refused=tuple(sorted([RefusedBallot(h(3), Rejection.DUPLICATE)])),
)
REJECTED = RejectedList(
    mode=Mode.TEST, election=PHI, rejected=(RejectedBallot(h(1), Rejection.CHECKED),), missing=(h(5),)
)
REPORT = EligibilityReport(
    mode=Mode.TEST,
    definition=HexHash("ab" * 32),
    rule="earliest-1",
    roll_version=HexHash("cd" * 32),
    roll_size=3,
    places=(PlaceCounts(place="tamme", received=3, accepted=2, duplicate=1, refused=0, void=0),),
    statements=(HexHash("00" * 32), HexHash("ff" * 32)),
)


def test_each_list_is_taken_from_its_board_alone_and_as_no_other_list() -> None:
    assert verify_list(sign_list(ACCEPTED, KEY), AcceptedList, KEY.public_der) == ACCEPTED
    assert verify_list(sign_list(REJECTED, KEY), RejectedList, KEY.public_der) == REJECTED
    assert verify_list(sign_list(REPORT, KEY), EligibilityReport, KEY.public_der) == REPORT
    with pytest.raises(ListRefusedError):
        verify_list(sign_list(ACCEPTED, KEY), AcceptedList, OTHER_KEY.public_der)
    with pytest.raises(ListRefusedError):
        verify_list(sign_list(ACCEPTED, KEY), RejectedList, KEY.public_der)


def test_a_changed_list_is_refused_at_every_byte() -> None:
    signed = sign_list(ACCEPTED, KEY)
    for place in range(len(signed)):
        changed = bytearray(signed)
        changed[place] ^= 1
        with pytest.raises(ListRefusedError):
            verify_list(bytes(changed), AcceptedList, KEY.public_der)


@pytest.mark.parametrize(
    "made",
    [
        AcceptedList(
            mode=Mode.TEST, definition=HexHash("ab" * 32), elections=(AcceptedBallots(PHI, (h(1), h(1))),), refused=()
        ),
        AcceptedList(
            mode=Mode.TEST,
            definition=HexHash("ab" * 32),
            elections=(AcceptedBallots(PHI, (h(1),)),),
            refused=(RefusedBallot(h(1), Rejection.DUPLICATE),),
        ),
        RejectedList(mode=Mode.TEST, election=PHI, rejected=(), missing=(Fingerprint("x"),)),
        RejectedList(mode=Mode.TEST, election=PHI, rejected=(RejectedBallot(h(1), Rejection.CHECKED),) * 2, missing=()),
    ],
    ids=["a ballot twice", "accepted and refused", "no hash", "rejected twice"],
)
def test_a_list_that_contradicts_itself_is_refused_though_its_board_signed_it(
    made: AcceptedList | RejectedList,
) -> None:
    read: Callable[[bytes, bytes], object] = (
        (lambda data, key: verify_list(data, AcceptedList, key))
        if isinstance(made, AcceptedList)
        else (lambda data, key: verify_list(data, RejectedList, key))
    )
    with pytest.raises(ListRefusedError):
        read(sign_list(made, KEY), KEY.public_der)


def ballot(number: int, key: int | None = None) -> Ballot:
    """A ballot as the close sees it: hash, tracker and voting key; what is in it is for others."""
    proof = Proof(Scalar(0), Scalar(0))
    return Ballot(PHI, Element(key or 1000 + number), (), h(number), proof, b"whole %d" % number)


def accepting(*numbers: int, refused: tuple[tuple[int, Rejection], ...] = ()) -> AcceptedList:
    return AcceptedList(
        mode=Mode.TEST,
        definition=HexHash("ab" * 32),
        elections=(AcceptedBallots(PHI, tuple(sorted(h(number) for number in numbers))),),
        refused=tuple(sorted(RefusedBallot(h(number), reason) for number, reason in refused)),
    )


def test_every_ballot_of_the_box_is_counted_or_has_its_reason() -> None:
    ballots = [ballot(number) for number in range(1, 7)]
    accepted = accepting(1, 2, 4, 9, refused=((3, Rejection.DUPLICATE), (5, Rejection.REVOKED)))
    closing = close_election(PHI, ballots, accepted, {h(4)})
    assert {each.hash for each in closing.counted} == {h(1), h(2)}
    assert [each.tracker for each in closing.counted] == sorted(each.tracker for each in closing.counted)
    assert {each.tracker: each.reason for each in closing.rejected} == {
        ballot(3).tracker: Rejection.DUPLICATE,
        ballot(4).tracker: Rejection.CHECKED,
        ballot(5).tracker: Rejection.REVOKED,
        ballot(6).tracker: Rejection.NOT_CONFIRMED,
    }
    assert closing.missing == (h(9),), "accepted, and never came: somebody must look for it"


def test_two_ballots_of_one_voting_key_are_both_left_out() -> None:
    closing = close_election(PHI, [ballot(1, key=7), ballot(2, key=7), ballot(3)], accepting(1, 2, 3), set())
    assert {each.hash for each in closing.counted} == {h(3)}
    assert {each.reason for each in closing.rejected} == {Rejection.SAME_KEY}


def test_what_is_accepted_for_another_election_counts_in_none() -> None:
    accepted = AcceptedList(
        mode=Mode.TEST,
        definition=HexHash("ab" * 32),
        elections=(AcceptedBallots(fingerprint(b"another"), (h(1),)),),
        refused=(),
    )
    assert close_election(PHI, [ballot(1)], accepted, set()).counted == ()


NUMBERS = st.sets(st.integers(0, 12))


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_close_loses_and_invents_nothing(box: set[int], confirmed: set[int], checked: set[int]) -> None:
    ballots = [ballot(number) for number in sorted(box)]
    closing = close_election(PHI, ballots, accepting(*confirmed), {h(number) for number in checked})
    assert {each.hash for each in closing.counted} == {h(number) for number in box & confirmed - checked}
    assert len(closing.counted) + len(closing.rejected) == len(box)
    assert set(closing.missing) == {h(number) for number in confirmed - box - checked}
