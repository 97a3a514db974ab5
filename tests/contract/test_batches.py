# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A batch is so many envelopes that came alone: the same receipts, the same refusals, and none waits for another."""

from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.envelope import Envelope, sign_envelope
from townhall_sync.central_service import EnrolmentService, Refusal, Refused, Stored
from townhall_sync.receipt import Outcome, Receipt

if TYPE_CHECKING:
    from tests.contract.conftest import Centre, Sender

Answers = tuple[Stored | Refused, ...]


def test_each_envelope_of_a_batch_gets_a_receipt_under_one_checkpoint(centre: "Centre", sender: "Sender") -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> list[tuple[Receipt, int]]:
        before, *chain = kiosk.chain(8)
        await kiosk.stored(before, centre.keys)
        answers = await kiosk.post(chain)
        return [kiosk.verified(each, answer, centre.keys) for each, answer in zip(chain, answers, strict=True)]

    results = centre.run(work, sender)
    assert [receipt.signed.body.index for receipt, _missing in results] == list(range(1, 8))
    assert {(receipt.checkpoint.size, missing) for receipt, missing in results} == {(8, 9)}
    assert len({receipt.signed.body.checkpoint for receipt, _missing in results}) == 1
    assert {receipt.outcome for receipt, _missing in results} == {Outcome.ACCEPTED}


def test_a_batch_again_or_one_by_one_gets_the_first_receipts(centre: "Centre", sender: "Sender") -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> tuple[Answers, Answers, list[object]]:
        chain = kiosk.chain(5)
        return await kiosk.post(chain), await kiosk.post(chain), [await kiosk.put(each) for each in chain]

    first, again, alone = centre.run(work, sender)
    assert first == again == tuple(alone)


def test_what_is_new_and_what_is_known_may_come_together(centre: "Centre", sender: "Sender") -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> list[tuple[Receipt, int]]:
        chain = kiosk.chain(6)
        for place in (4, 1):
            await kiosk.stored(chain[place], centre.keys)
        sent = [chain[place] for place in (5, 4, 2, 1, 0)]
        answers = await kiosk.post(sent)
        return [kiosk.verified(each, answer, centre.keys) for each, answer in zip(sent, answers, strict=True)]

    results = centre.run(work, sender)
    assert [receipt.signed.body.index for receipt, _missing in results] == [2, 0, 3, 1, 4]
    assert [missing for _receipt, missing in results] == [4] * 5


def test_each_bad_envelope_is_told_for_itself_and_holds_up_no_other(centre: "Centre", sender: "Sender") -> None:
    stranger = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))

    def batch(kiosk: "Sender") -> list[Envelope]:
        one, two, three = kiosk.chain(3)
        forged = kiosk.envelope(4, three.header.envelope_id, key=stranger)
        five = kiosk.envelope(5, forged.header.envelope_id)
        return [
            *(one, two, three),
            kiosk.envelope(1),  # 422: the place is taken, by one of the same batch
            forged,  # quarantined: it fills its place
            kiosk.envelope(6, "d" * 64),  # stored: what comes before it is not known yet
            five,  # 409: the one after it names another
            replace(kiosk, name="kiosk-2").envelope(7),  # 403: another kiosk's
        ]

    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> tuple[Answers, Answers]:
        sent = batch(kiosk)
        return await kiosk.post(sent), await kiosk.post(sent)

    first, again = centre.run(work, sender)
    assert first == again
    assert [each.reply.receipt.body.status if isinstance(each, Stored) else each for each in first] == [
        *("accepted", "accepted", "accepted"),
        Refused("TH-CENT-022", Refusal.FORKED),
        "quarantined",
        "accepted",
        Refused("TH-CENT-021", Refusal.FORKED),
        Refused("TH-CENT-014", Refusal.NOT_ENROLLED),
    ]


def test_other_bytes_under_a_known_id_are_a_fork_in_a_batch_too(centre: "Centre", sender: "Sender") -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> Answers:
        first, second = kiosk.chain(2)
        await kiosk.stored(first, centre.keys)
        return await kiosk.post([second, sign_envelope(first.header, first.sealed, kiosk.key)])

    stored, refused = centre.run(work, sender)
    assert isinstance(stored, Stored)
    assert refused == Refused("TH-CENT-023", Refusal.FORKED)
