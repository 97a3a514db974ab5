# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One-time codes, proofs and approvals: every way in that must be shut, then the one that is open."""

import hashlib

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from townhall_central import device_ca, enrolment
from townhall_central.errors import EnrolmentStateError, PassphraseRefusedError, SameAdministratorError, SetupError
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import MemoryDeviceKey, enrolment_request
from townhall_central.tables import CODE, KIOSK
from townhall_crypto.secret import Secret
from townhall_sync import wire

NAME = "kiosk-7"
pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


def pending(centre: SimulatedCentre, key: MemoryDeviceKey, name: str = NAME) -> str:
    requested = centre.ask(enrolment_request(name, key, centre.code(name).secret))
    assert requested is not None
    assert requested.is_new
    return requested.state.id


def stored_secrets(centre: SimulatedCentre) -> list[bytes | None]:
    with centre.database.read() as connection:
        return list(connection.scalars(select(CODE.c.secret)))


def state_of(centre: SimulatedCentre, identifier: str) -> wire.EnrolmentState:
    with centre.database.read() as connection:
        found = enrolment.state(connection, identifier, root=centre.keys.root_bytes)
    assert found is not None
    return found


def test_a_wrong_proof_is_refused_and_counted(centre: SimulatedCentre) -> None:
    centre.code(NAME)
    assert centre.ask(enrolment_request(NAME, MemoryDeviceKey(), bytes(16))) is None
    with centre.database.read() as connection:
        assert connection.scalar(select(CODE.c.wrong_proofs)) == 1


def test_too_many_wrong_proofs_void_the_code(centre: SimulatedCentre) -> None:
    code = centre.code(NAME)
    for _ in range(enrolment.MAX_WRONG_PROOFS):
        centre.ask(enrolment_request(NAME, MemoryDeviceKey(), bytes(16)))
    assert stored_secrets(centre) == [None]
    assert centre.ask(enrolment_request(NAME, MemoryDeviceKey(), code.secret)) is None


def test_a_code_holds_for_its_own_kiosk_alone(centre: SimulatedCentre) -> None:
    code = centre.code(NAME)
    assert centre.ask(enrolment_request("kiosk-8", MemoryDeviceKey(), code.secret)) is None


def test_a_code_is_used_once(centre: SimulatedCentre) -> None:
    code = centre.code(NAME)
    assert centre.ask(enrolment_request(NAME, MemoryDeviceKey(), code.secret)) is not None
    assert centre.ask(enrolment_request(NAME, MemoryDeviceKey(), code.secret)) is None
    assert stored_secrets(centre) == [None]


def test_a_newer_code_voids_the_older(centre: SimulatedCentre) -> None:
    older, newer = centre.code(NAME), centre.code(NAME)
    assert centre.ask(enrolment_request(NAME, MemoryDeviceKey(), older.secret)) is None
    assert centre.ask(enrolment_request(NAME, MemoryDeviceKey(), newer.secret)) is not None


@pytest.mark.parametrize(("age", "is_taken"), [(0, True), (899, True), (900, False), (10**6, False)])
def test_a_code_lives_a_quarter_of_an_hour_by_the_centres_clock(
    centre: SimulatedCentre, age: int, *, is_taken: bool
) -> None:
    code = centre.code(NAME)
    requested = centre.ask(enrolment_request(NAME, MemoryDeviceKey(), code.secret), now=centre.now + age)
    assert (requested is not None) is is_taken
    assert stored_secrets(centre) == [None]


def test_a_proof_for_another_key_is_refused(centre: SimulatedCentre) -> None:
    code, key = centre.code(NAME), MemoryDeviceKey()
    mine = enrolment_request(NAME, key, code.secret)
    stolen = wire.EnrolmentRequest(
        kiosk=NAME, public_key=wire.encode_base64(MemoryDeviceKey().public_der), proof=mine.proof
    )
    assert centre.ask(stolen) is None


@pytest.mark.parametrize("public_key", ["", "AAAA", "A", "/w=="])
def test_bytes_that_are_no_key_are_refused(centre: SimulatedCentre, public_key: str) -> None:
    centre.code(NAME)
    assert centre.ask(wire.EnrolmentRequest(kiosk=NAME, public_key=public_key, proof="0" * 64)) is None


def test_asking_again_tells_where_it_stands(centre: SimulatedCentre) -> None:
    key, code = MemoryDeviceKey(), centre.code(NAME)
    request = enrolment_request(NAME, key, code.secret)
    first, again = centre.ask(request), centre.ask(request, now=centre.now + 10**6)
    assert first is not None
    assert again is not None
    assert (again.is_new, again.state) == (False, first.state)


@pytest.mark.parametrize("by", ["Ann", "ann", "ANN"])
def test_who_made_the_code_may_not_approve(centre: SimulatedCentre, by: str) -> None:
    identifier = pending(centre, MemoryDeviceKey())
    with pytest.raises(SameAdministratorError):
        centre.approve(identifier, by=by)
    assert state_of(centre, identifier).state == "pending"


@pytest.mark.parametrize("by", ["", " ", " Bob", "x" * 65])
def test_an_approval_needs_a_name(centre: SimulatedCentre, by: str) -> None:
    identifier = pending(centre, MemoryDeviceKey())
    with pytest.raises(SetupError):
        centre.approve(identifier, by=by)


def test_a_decision_is_final(centre: SimulatedCentre) -> None:
    identifier = pending(centre, MemoryDeviceKey())
    with centre.database.write() as connection:
        enrolment.refuse(connection, identifier, by="Bob", now=centre.now)
    with pytest.raises(EnrolmentStateError):
        centre.approve(identifier)
    assert state_of(centre, identifier) == wire.EnrolmentState(id=identifier, state="refused")


def test_an_unknown_request_cannot_be_approved(centre: SimulatedCentre) -> None:
    with pytest.raises(EnrolmentStateError):
        centre.approve("a" * 64)


def test_an_approved_kiosk_gets_a_certificate_for_ninety_days(centre: SimulatedCentre) -> None:
    key = MemoryDeviceKey()
    identifier = pending(centre, key)
    assert centre.approve(identifier) == NAME
    answer = state_of(centre, identifier).answer
    assert answer is not None
    authority = wire.decode_base64(centre.keys.root.device_ca)
    der = wire.decode_base64(answer.device_certificate)
    assert device_ca.certified_key(der, authority, NAME) == key.public_der
    assert device_ca.certified_key(der, authority, "kiosk-8") is None
    certificate = x509.load_der_x509_certificate(der)
    assert certificate.not_valid_after_utc.timestamp() == centre.now + 90 * 86_400


def test_the_one_time_code_names_the_root_document(centre: SimulatedCentre) -> None:
    code = wire.OneTimeCode.parse(centre.code(NAME).format())
    assert code.root_sha256 == hashlib.sha256(centre.keys.root_bytes).digest()


def test_a_newly_enrolled_device_replaces_the_one_of_its_name(centre: SimulatedCentre) -> None:
    old, new = MemoryDeviceKey(), MemoryDeviceKey()
    for key in (old, new):
        centre.approve(pending(centre, key))
    with centre.database.read() as connection:
        assert list(connection.scalars(select(KIOSK.c.public_key))) == [new.public_der]


def test_the_device_ca_does_not_open_with_another_passphrase(centre: SimulatedCentre) -> None:
    with pytest.raises(PassphraseRefusedError):
        centre.certify(b"not the passphrase")


def test_a_short_passphrase_is_refused(centre: SimulatedCentre) -> None:
    with pytest.raises(PassphraseRefusedError):
        device_ca.create("origin", Secret(b"short"), centre.now)


def test_a_certificate_of_another_authority_certifies_nobody(centre: SimulatedCentre) -> None:
    key = MemoryDeviceKey()
    other = device_ca.create("other", Secret(b"another passphrase"), centre.now)
    opened = device_ca.open_key(other.encrypted_key_pem, Secret(b"another passphrase"))
    der = device_ca.issue(opened, other.certificate_der, NAME, key.public_der, centre.now)
    assert device_ca.certified_key(der, wire.decode_base64(centre.keys.root.device_ca), NAME) is None


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_neither_keys_nor_certificates(data: bytes) -> None:
    assert not device_ca.is_device_key(data)
    assert device_ca.certified_key(data, data, NAME) is None


@pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 65, "../x"])
def test_an_impossible_kiosk_name_gets_no_code(centre: SimulatedCentre, name: str) -> None:
    with pytest.raises(SetupError):
        centre.code(name)
