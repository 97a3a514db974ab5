# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A kiosk believes an enrolment answer only as far as its one-time code reaches."""

import asyncio
import os
from collections.abc import Callable

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.device_key import FileDeviceKey
from townhall_sync.backoff import Backoff
from townhall_sync.central_service import Answered
from townhall_sync.enrolment import Enrolled, EnrolmentDenied, enrol, make_request, verify_answer
from townhall_sync.errors import EnrolmentRefusedError
from townhall_sync.simulated_authority import SimulatedAuthority
from townhall_sync.simulator import CentralServiceSimulator
from townhall_sync.wire import EnrolmentAnswer, RootDocument, encode_base64, enrolment_id, read

NAME = "kiosk-5"


class Case:
    """A true answer, and everything that was needed for it."""

    def __init__(self) -> None:
        self.centre = CentralServiceSimulator(lambda: 1_800_000_000)
        self.key = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
        self.code = self.centre.make_code(NAME, os.urandom(16))
        self.request = make_request(self.code, NAME, self.key)
        self.answer = self.ask(self.centre)

    def ask(self, centre: CentralServiceSimulator) -> EnrolmentAnswer:
        async def ask() -> EnrolmentAnswer:
            asked = await centre.ask_enrolment(self.request)
            assert isinstance(asked, Answered)
            centre.approve(asked.state.id)
            told = await centre.enrolment(asked.state.id)
            assert isinstance(told, Answered)
            assert told.state.answer is not None
            return told.state.answer

        return asyncio.run(ask())


@pytest.fixture
def case() -> Case:
    return Case()


def test_a_true_answer_gives_certificate_root_and_keys(case: Case) -> None:
    enrolled = verify_answer(case.answer, case.code, case.request)
    assert enrolled.root_json == case.centre.root_json
    assert enrolled.kiosk == NAME
    assert enrolled.keys.log_key.name == case.centre.keys.log_key.name


def another_root(case: Case) -> EnrolmentAnswer:
    return msgspec.structs.replace(case.answer, root=Case().answer.root)


def another_authority(case: Case) -> EnrolmentAnswer:
    certificate = SimulatedAuthority().issue(NAME, case.key.public_der)
    return msgspec.structs.replace(case.answer, device_certificate=encode_base64(certificate))


def another_key(case: Case) -> EnrolmentAnswer:
    stranger = FileDeviceKey(ec.generate_private_key(ec.SECP256R1())).public_der
    certificate = case.centre._authority.issue(NAME, stranger)
    return msgspec.structs.replace(case.answer, device_certificate=encode_base64(certificate))


def another_name_in_the_certificate(case: Case) -> EnrolmentAnswer:
    certificate = case.centre._authority.issue("kiosk-6", case.key.public_der)
    return msgspec.structs.replace(case.answer, device_certificate=encode_base64(certificate))


def another_name(case: Case) -> EnrolmentAnswer:
    return msgspec.structs.replace(case.answer, kiosk="kiosk-6")


def no_certificate(case: Case) -> EnrolmentAnswer:
    return msgspec.structs.replace(case.answer, device_certificate=encode_base64(b"\x30\x00"))


def no_base64(case: Case) -> EnrolmentAnswer:
    return msgspec.structs.replace(case.answer, root="AAB=")


@pytest.mark.parametrize(
    "forge",
    [
        another_root,
        another_authority,
        another_key,
        another_name_in_the_certificate,
        another_name,
        no_certificate,
        no_base64,
    ],
)
def test_an_answer_that_is_not_the_codes_or_not_ours_is_refused(
    case: Case, forge: Callable[[Case], EnrolmentAnswer]
) -> None:
    with pytest.raises(EnrolmentRefusedError):
        verify_answer(forge(case), case.code, case.request)


def test_a_root_document_with_one_changed_byte_is_refused(case: Case) -> None:
    root = read(RootDocument, case.centre.root_json)
    changed = msgspec.structs.replace(root, log_origin=root.log_origin + "x").to_bytes()
    with pytest.raises(EnrolmentRefusedError, match="one-time code"):
        verify_answer(msgspec.structs.replace(case.answer, root=encode_base64(changed)), case.code, case.request)


def enrol_with(case: Case, during: Callable[[int], None]) -> tuple[Enrolled | EnrolmentDenied, list[float]]:
    """Enrol a second key; ``during`` is called before each wait with its number."""
    key = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
    code = case.centre.make_code("kiosk-9", os.urandom(16))
    case.key = key
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        during(len(waits))

    backoff = Backoff(lambda _low, high: high, base_s=1, cap_s=4)
    result = asyncio.run(enrol(case.centre, code, "kiosk-9", key, backoff=backoff, sleep=sleep))
    return result, waits


def test_enrolment_waits_through_lost_lines_for_the_second_administrator(case: Case) -> None:
    case.centre.faults.lose_requests = 3

    def during(wait: int) -> None:
        if wait == 6:
            case.centre.approve(enrolment_id(case.key.public_der))

    result, waits = enrol_with(case, during)
    assert isinstance(result, Enrolled)
    assert waits == [1, 2, 4, 4, 4, 4]


def test_an_administrators_no_ends_the_enrolment(case: Case) -> None:
    result, _waits = enrol_with(case, lambda _wait: case.centre.refuse(enrolment_id(case.key.public_der)))
    assert result == EnrolmentDenied("REFUSED")
