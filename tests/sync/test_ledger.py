# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ledger follows a log that is possible, and refuses each that is not."""

import pytest

from townhall_crypto.envelope import NO_PREVIOUS
from townhall_sync.audit import Entry, Fact
from townhall_sync.ledger import Ledger

CREATED = {"kiosk": "k", "journal_id": "j", "key_sha256": "ab" * 32}


def entry(event: str, **facts: Fact) -> Entry:
    return Entry(event, 10, "1", "boot", facts)


def committed(seq: int, digit: str = "") -> Entry:
    digit = digit or f"{seq:x}"
    return entry("ENVELOPE_COMMITTED", seq=seq, id=digit * 64, sealed_sha256=digit * 64, signature_sha256=digit * 64)


def received(seq: int, server_time: int = 100) -> Entry:
    return entry("RECEIPT_RECORDED", seq=seq, sha256="cd" * 32, status="ACCEPTED", index=0, server_time=server_time)


def ledger_of(*entries: Entry) -> Ledger:
    ledger = Ledger.begin(entry("JOURNAL_CREATED", **CREATED))
    for each in entries:
        ledger.apply(each)
    return ledger


def test_a_log_begins_with_its_creation() -> None:
    ledger = ledger_of()
    assert (ledger.kiosk, ledger.journal_id, ledger.next_seq, ledger.last_id) == ("k", "j", 1, NO_PREVIOUS)
    with pytest.raises(ValueError, match="JOURNAL_CREATED"):
        Ledger.begin(committed(1))


def test_envelopes_are_queued_delivered_and_freed() -> None:
    ledger = ledger_of(committed(1), committed(2))
    assert ledger.queued == {1: False, 2: False}
    assert ledger.last_id == "2" * 64
    ledger.apply(received(1, 500))
    assert ledger.queued == {2: False}
    assert (ledger.last_server_time, ledger.last_receipt_wall) == (500, 10)
    ledger.apply(entry("PAYLOAD_FREED", seq=1, size=3))
    assert ledger.freed == {1}
    ledger.apply(entry("ENVELOPE_ISOLATED", seq=2, reason="X"))
    assert ledger.queued == {2: True}
    ledger.apply(received(2))
    ledger.apply(entry("ENVELOPE_QUEUED_AGAIN", seq=2))
    assert ledger.queued == {2: False}
    assert ledger.last_server_time == 500


def test_the_centre_and_a_fork_are_remembered() -> None:
    ledger = ledger_of(
        entry("CENTRE_SEEN", size=1, note_sha256="ef" * 32, server_time=9), entry("FORK_REPORTED", seq=3, reason="X")
    )
    assert (ledger.centre_note_sha256, ledger.last_server_time, ledger.fork) == ("ef" * 32, 9, (3, "X"))


@pytest.mark.parametrize(
    "impossible",
    [
        [entry("JOURNAL_CREATED", **CREATED)],
        [entry("UNKNOWN")],
        [committed(2)],
        [committed(1), committed(1, "2")],
        [committed(1), committed(2, "1")],
        [received(1)],
        [entry("ENVELOPE_ISOLATED", seq=1, reason="X")],
        [committed(1), entry("ENVELOPE_QUEUED_AGAIN", seq=1)],
        [committed(1), entry("PAYLOAD_FREED", seq=1, size=1)],
        [committed(1), received(1), entry("PAYLOAD_FREED", seq=1, size=1), entry("PAYLOAD_FREED", seq=1, size=1)],
        [committed(1), received(1), entry("PAYLOAD_FREED", seq=1, size=1), entry("ENVELOPE_QUEUED_AGAIN", seq=1)],
        [committed(1), received(1), entry("ENVELOPE_QUEUED_AGAIN", seq=1), entry("PAYLOAD_FREED", seq=1, size=1)],
        [entry("VISIT_BEGUN")],
        [entry("VISIT_BEGUN", visit="a b")],
    ],
)
def test_a_log_that_cannot_be_is_refused(impossible: list[Entry]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        ledger_of(*impossible)


def test_an_unknown_seq_is_a_key_error() -> None:
    for seq in (0, 2, -1):
        with pytest.raises(KeyError):
            ledger_of(committed(1)).committed(seq)


def counted(ballots: int) -> Entry:
    return entry("POLLS_COUNTED", state="OPEN", statements=ballots, ballots=ballots, checked=0)


def test_a_vote_belongs_to_the_visit_that_is_on_when_the_count_rises_and_to_no_other() -> None:
    ledger = ledger_of(counted(3), entry("VISIT_BEGUN", visit="v1"), counted(3))
    assert ledger.open_visit is not None
    assert not ledger.open_visit.has_voted
    ledger.apply(counted(4))
    assert ledger.open_visit.has_voted
    ledger.apply(committed(1))
    assert ledger.open_visit.has_voted
    ledger.apply(entry("VISIT_ENDED", visit="v1", outcome="VOTED"))
    ledger.apply(entry("VISIT_BEGUN", visit="v2"))
    ledger.apply(counted(4))
    assert not ledger.open_visit.has_voted


def test_the_counts_of_a_new_election_begin_anew() -> None:
    ledger = ledger_of(counted(9), entry("VISIT_BEGUN", visit="officers"), counted(0))
    assert ledger.open_visit is not None
    assert not ledger.open_visit.has_voted
    ledger.apply(counted(1))
    assert ledger.open_visit.has_voted
