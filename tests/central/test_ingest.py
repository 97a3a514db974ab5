# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the centre makes of envelopes: forged, cloned, contradicting, repeated, in any order."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from townhall_central import ingest, log
from townhall_central.errors import (
    EnvelopeUnreadableError,
    HistoryConflictError,
    LinkContradictedError,
    NotYoursError,
    OtherBytesError,
    SequenceTakenError,
)
from townhall_central.inbox.home import InboxHome
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import MemoryDeviceKey, SimulatedKiosk
from townhall_central.tables import ADDRESSEE, CONFLICT, ENVELOPE
from townhall_crypto.envelope import Envelope, sign_envelope
from townhall_crypto.recipients import generate_recipient_key
from townhall_sync import receipt, wire

pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


def stored(outcome: ingest.Outcome) -> ingest.Stored:
    assert isinstance(outcome, ingest.Stored)
    return outcome


def refused(outcome: ingest.Outcome) -> HistoryConflictError:
    assert isinstance(outcome, ingest.Conflict)
    return outcome.error


def verified(centre: SimulatedCentre, envelope: Envelope, reply: wire.PutReply) -> receipt.Receipt:
    header = envelope.header
    expected = receipt.ExpectedReceipt(header.envelope_id, header.kiosk, header.journal_id, header.seq)
    return receipt.verify_receipt(reply.receipt, expected, receipt.CentreKeys.from_root(centre.keys.root_bytes))


def count(centre: SimulatedCentre) -> int:
    with centre.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(ENVELOPE)) or 0


def test_another_envelope_at_the_same_place_is_a_cloned_disk(centre: SimulatedCentre, kiosk: SimulatedKiosk) -> None:
    first = kiosk.envelope(1)
    stored(centre.put(kiosk, first))
    clone = kiosk.envelope(1, b"what the clone took in")
    assert isinstance(refused(centre.put(kiosk, clone)), SequenceTakenError)
    assert count(centre) == 1
    with centre.database.read() as connection:
        noted = connection.execute(select(CONFLICT.c.envelope_id, CONFLICT.c.code)).one()
    assert tuple(noted) == (clone.header.envelope_id, "TH-CENT-022")


def test_a_conflict_is_noted_once_however_often_it_is_sent(centre: SimulatedCentre, kiosk: SimulatedKiosk) -> None:
    stored(centre.put(kiosk, kiosk.envelope(1)))
    clone = kiosk.envelope(1, b"clone")
    for _ in range(3):
        refused(centre.put(kiosk, clone))
    with centre.database.read() as connection:
        assert len(connection.execute(select(CONFLICT)).all()) == 1


def test_a_link_that_contradicts_the_envelope_before_is_refused(centre: SimulatedCentre, kiosk: SimulatedKiosk) -> None:
    stored(centre.put(kiosk, kiosk.envelope(1)))
    astray = kiosk.envelope(2, prev="a" * 64)
    assert isinstance(refused(centre.put(kiosk, astray)), LinkContradictedError)


def test_an_envelope_that_its_successor_does_not_name_is_refused(
    centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    kiosk.envelope(1)
    stored(centre.put(kiosk, kiosk.envelope(2)))
    other = kiosk.envelope(1, b"not the one that 2 names")
    assert isinstance(refused(centre.put(kiosk, other)), LinkContradictedError)


def test_other_bytes_under_a_known_id_are_refused(centre: SimulatedCentre, kiosk: SimulatedKiosk) -> None:
    envelope = kiosk.envelope(1)
    stored(centre.put(kiosk, envelope))
    signed_again = sign_envelope(envelope.header, envelope.sealed, kiosk.key)
    assert signed_again.signature != envelope.signature
    assert isinstance(refused(centre.put(kiosk, signed_again)), OtherBytesError)


def test_another_kiosks_envelope_is_refused(centre: SimulatedCentre, kiosk: SimulatedKiosk, inbox: InboxHome) -> None:
    other = centre.enrol("kiosk-2", [inbox.recipient_key.public])
    envelope = other.envelope(1)
    with pytest.raises(NotYoursError):
        ingest.judge(envelope.header.envelope_id, envelope.to_bytes(), kiosk.caller)


@pytest.mark.parametrize("body", [b"", b"\x00" * 100, b"townhall-envelope/v1\n{}\n\n"])
def test_bytes_that_are_no_envelope_are_refused(kiosk: SimulatedKiosk, body: bytes) -> None:
    with pytest.raises(EnvelopeUnreadableError):
        ingest.judge("0" * 64, body, kiosk.caller)


def test_an_envelope_under_another_id_is_refused(kiosk: SimulatedKiosk) -> None:
    with pytest.raises(EnvelopeUnreadableError):
        ingest.judge("0" * 64, kiosk.envelope(1).to_bytes(), kiosk.caller)


def forged(kiosk: SimulatedKiosk) -> Envelope:
    sealed = kiosk.envelope(1).sealed
    return sign_envelope(kiosk.header(sealed, 1), sealed, MemoryDeviceKey())


def other_sealed_part(kiosk: SimulatedKiosk) -> Envelope:
    envelope = kiosk.envelope(1)
    return Envelope(envelope.header, envelope.signature, envelope.sealed[:-1] + b"\x00")


def not_sealed(kiosk: SimulatedKiosk) -> Envelope:
    return kiosk.wrap(b"in the clear", 1)


def for_a_stranger(kiosk: SimulatedKiosk) -> Envelope:
    kiosk.recipients = [generate_recipient_key().public]
    return kiosk.envelope(1)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (forged, ingest.NOT_BY_THE_KIOSK),
        (other_sealed_part, ingest.NOT_BY_THE_KIOSK),
        (not_sealed, ingest.NOT_SEALED),
        (for_a_stranger, ingest.NO_KNOWN_RECIPIENT),
    ],
)
def test_the_unusable_is_stored_in_quarantine_and_fills_its_seq(
    centre: SimulatedCentre, kiosk: SimulatedKiosk, make: Callable[[SimulatedKiosk], Envelope], reason: str
) -> None:
    envelope = make(kiosk)
    outcome = stored(centre.put(kiosk, envelope))
    checked = verified(centre, envelope, outcome.reply)
    assert (checked.outcome, checked.reason) == (receipt.Outcome.QUARANTINED, reason)
    assert outcome.reply.lowest_missing_seq == 2
    with centre.database.read() as connection:
        assert ingest.read_bytes(connection, envelope.header.envelope_id) == envelope.to_bytes()
        assert connection.execute(select(ADDRESSEE)).first() is None


def test_an_accepted_envelope_gets_a_receipt_that_verifies(centre: SimulatedCentre, kiosk: SimulatedKiosk) -> None:
    for envelope in kiosk.chain(5):
        outcome = stored(centre.put(kiosk, envelope))
        checked = verified(centre, envelope, outcome.reply)
        assert checked.outcome is receipt.Outcome.ACCEPTED
        assert outcome.reply.lowest_missing_seq == envelope.header.seq + 1


def test_the_same_bytes_again_get_their_first_receipt(centre: SimulatedCentre, kiosk: SimulatedKiosk) -> None:
    envelopes = kiosk.chain(3)
    first = [stored(centre.put(kiosk, envelope)) for envelope in envelopes]
    again = [stored(centre.put(kiosk, envelope)) for envelope in envelopes]
    assert [outcome.is_new for outcome in (*first, *again)] == [True] * 3 + [False] * 3
    assert [outcome.reply.receipt for outcome in again] == [outcome.reply.receipt for outcome in first]
    assert {outcome.reply.lowest_missing_seq for outcome in again} == {4}
    assert count(centre) == 3


def test_a_receipt_proves_membership_in_every_later_log(centre: SimulatedCentre, kiosk: SimulatedKiosk) -> None:
    receipts = [stored(centre.put(kiosk, envelope)).reply.receipt for envelope in kiosk.chain(9)]
    keys = receipt.CentreKeys.from_root(centre.keys.root_bytes)
    sizes = [receipt._checkpoint(each.body.checkpoint, keys) for each in receipts]
    with centre.database.read() as connection:
        for earlier in sizes:
            proof = log.consistency_proof(connection, earlier.size, 9)
            stated = wire.ConsistencyReply(first=earlier.size, second=9, proof=tuple(each.hex() for each in proof))
            receipt.check_continues(earlier, sizes[-1], stated)


def test_two_journals_of_one_kiosk_count_apart(centre: SimulatedCentre, kiosk: SimulatedKiosk) -> None:
    stored(centre.put(kiosk, kiosk.envelope(1)))
    renewed = SimulatedKiosk(
        kiosk.name, kiosk.key, kiosk.certificate, kiosk.recipients, kiosk.wall, journal_id="journal-2"
    )
    assert stored(centre.put(renewed, renewed.envelope(1))).reply.lowest_missing_seq == 2
    assert count(centre) == 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_with_gaps_and_repeats_ends_in_the_same_state(
    new_centre: Callable[[], SimulatedCentre], data: st.DataObject
) -> None:
    centre = new_centre()
    kiosk = centre.enrol("kiosk-1", [generate_recipient_key().public])
    chain = kiosk.chain(data.draw(st.integers(1, 8)))
    kept = data.draw(st.lists(st.sampled_from(chain), min_size=1, unique_by=lambda each: each.header.seq))
    sent = data.draw(st.permutations(kept + data.draw(st.lists(st.sampled_from(kept), max_size=4))))
    last = [stored(centre.put(kiosk, envelope)) for envelope in sent][-1]
    seqs = {envelope.header.seq for envelope in kept}
    expected = next(seq for seq in range(1, len(chain) + 2) if seq not in seqs)
    assert last.reply.lowest_missing_seq == expected
    with centre.database.read() as connection:
        found = connection.execute(select(ENVELOPE.c.id, ENVELOPE.c.bytes)).all()
        assert log.read_head(connection).size == len(kept)
        indexes = sorted(connection.scalars(select(ENVELOPE.c.log_index)))
    assert dict(tuple(row) for row in found) == {each.header.envelope_id: each.to_bytes() for each in kept}
    assert indexes == list(range(len(kept)))
