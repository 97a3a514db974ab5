# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every EnrolmentService keeps to: the simulator in memory, and the real centre over HTTP."""

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.device_key import FileDeviceKey
from townhall_sync.backoff import Backoff
from townhall_sync.central_service import (
    Answered,
    EnrolmentService,
    Refusal,
    Refused,
)
from townhall_sync.enrolment import Enrolled, EnrolmentDenied, enrol, make_request
from townhall_sync.one_time_code import OneTimeCode
from townhall_sync.wire import (
    enrolment_id,
)

if TYPE_CHECKING:
    from tests.contract.conftest import Centre, Sender


def test_enrolment_takes_a_code_and_an_approval(centre: "Centre", stranger: "Sender") -> None:
    kiosk = replace(stranger, name="kiosk-7")
    code = OneTimeCode.parse(centre.make_code("kiosk-7").format())
    waits = []

    async def work(enrolment: EnrolmentService, kiosk: "Sender") -> Enrolled | EnrolmentDenied:
        async def approve_meanwhile(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 2:
                centre.approve(enrolment_id(kiosk.key.public_der))

        backoff = Backoff(lambda _low, high: high)
        return await enrol(enrolment, code, kiosk.name, kiosk.key, backoff=backoff, sleep=approve_meanwhile)

    enrolled = centre.run(work, kiosk)
    assert isinstance(enrolled, Enrolled)
    assert len(waits) == 2
    assert hashlib.sha256(enrolled.root_json).digest() == code.root_sha256
    assert enrolled.keys.log_key.key_id == centre.keys.log_key.key_id


def test_a_wrong_code_is_denied_and_the_right_one_still_works(centre: "Centre", stranger: "Sender") -> None:
    kiosk = replace(stranger, name="kiosk-7")
    right = centre.make_code("kiosk-7")
    wrong = OneTimeCode(bytes(16), right.root_sha256)

    async def work(enrolment: EnrolmentService, kiosk: "Sender") -> list[object]:
        return [
            await enrolment.ask_enrolment(make_request(wrong, kiosk.name, kiosk.key)),
            await enrolment.ask_enrolment(make_request(right, "kiosk-8", kiosk.key)),
            await enrolment.ask_enrolment(make_request(right, kiosk.name, kiosk.key)),
            await enrolment.ask_enrolment(make_request(right, kiosk.name, kiosk.key)),
        ]

    denied, other_name, pending, again = centre.run(work, kiosk)
    assert denied == other_name == Refused("TH-CENT-015", Refusal.NOT_ENROLLED)
    assert isinstance(pending, Answered)
    assert pending == again


def test_a_used_code_does_not_enrol_a_second_key(centre: "Centre", stranger: "Sender") -> None:
    kiosk = replace(stranger, name="kiosk-7")
    thief = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
    code = centre.make_code("kiosk-7")

    async def work(enrolment: EnrolmentService, kiosk: "Sender") -> object:
        await enrolment.ask_enrolment(make_request(code, kiosk.name, kiosk.key))
        return await enrolment.ask_enrolment(make_request(code, kiosk.name, thief))

    assert centre.run(work, kiosk) == Refused("TH-CENT-015", Refusal.NOT_ENROLLED)
