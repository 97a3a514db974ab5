# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Dialogues of real cards, served as cards: the driver must send what their clients sent."""

from hashlib import sha384
from pathlib import Path

import pytest
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import load_der_public_key

from townhall_smartcard.cards import family_of_atr
from townhall_smartcard.errors import RecordingRefusedError, UnexpectedStatusError
from townhall_smartcard.estonia import EstonianIdCard
from townhall_smartcard.messages import CardFamily, PinRole
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.recorded import RecordedCard, RecordedDialogue, load_dialogues

VECTORS = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "apdu-dialogues.json"


def dialogue(name: str) -> RecordedDialogue:
    assert VECTORS.exists(), "the shared vectors must lie beside the repository"
    return next(each for each in load_dialogues(VECTORS) if each.name == name)


def driver_of(recording: RecordedDialogue) -> EstonianIdCard:
    return EstonianIdCard(processors_for(RecordedCard(recording)))


def require_signed_by(certificate: bytes, signature: bytes, message: bytes) -> None:
    key = load_der_public_key(Certificate.load(certificate).public_key.dump())
    assert isinstance(key, EllipticCurvePublicKey)
    r, s = int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big")
    key.verify(encode_dss_signature(r, s), message, ECDSA(SHA384()))


def test_the_recorded_estonian_card_authenticates() -> None:
    recording = dialogue("esteid_idemia_v1_select_auth_certificate_and_authenticate")
    assert family_of_atr(recording.atr) is CardFamily.ESTEID_2018
    card = driver_of(recording)
    certificate = card.read_certificate(PinRole.AUTHENTICATION)
    assert Certificate.load(certificate).subject.native["common_name"] == recording.certificate_subject
    assert recording.signed_data is not None
    signature = card.authenticate(bytearray(b"1234"), sha384(recording.signed_data).digest(), last_try_confirmed=False)
    assert signature == recording.steps[-1][1][:-2]
    require_signed_by(certificate, signature, recording.signed_data)


def test_the_recorded_estonian_card_signs() -> None:
    recording = dialogue("esteid_idemia_v1_select_sign_certificate_and_signing")
    card = driver_of(recording)
    certificate = card.read_certificate(PinRole.SIGNATURE)
    assert recording.signed_data is not None
    signature = card.sign(bytearray(b"12345"), sha384(recording.signed_data).digest(), last_try_confirmed=False)
    assert signature == recording.steps[-1][1][:-2]
    require_signed_by(certificate, signature, recording.signed_data)


def test_the_driver_sends_every_recorded_command_and_none_that_was_not() -> None:
    for name, role in (
        ("esteid_idemia_v1_select_auth_certificate_and_authenticate", PinRole.AUTHENTICATION),
        ("esteid_idemia_v1_select_sign_certificate_and_signing", PinRole.SIGNATURE),
    ):
        recording = dialogue(name)
        recorded = RecordedCard(recording)
        asked: list[bytes] = []

        class Listening:
            def transmit(self, command: bytes | bytearray) -> bytes:
                asked.append(bytes(command))  # noqa: B023 - called inside this turn only
                return recorded.transmit(command)  # noqa: B023

        card = EstonianIdCard(processors_for(Listening()))
        card.read_certificate(role)
        use = card.authenticate if role is PinRole.AUTHENTICATION else card.sign
        pin = bytearray(b"1234" if role is PinRole.AUTHENTICATION else b"12345")
        use(pin, sha384(b"Hello world!").digest(), last_try_confirmed=False)
        assert set(asked) == {command for command, _ in recording.steps}
        assert len(asked) <= len(recording.steps), "no more commands than the best known client"


@pytest.mark.parametrize("operation", ["get_auth_certificate_and_authenticate", "get_sign_certificate_and_signing"])
def test_the_withdrawn_card_is_too_old_and_its_dialogue_useless_to_the_driver(operation: str) -> None:
    recording = dialogue(f"esteid_gemalto_v3_5_8_{operation}")
    assert family_of_atr(recording.atr) is CardFamily.TOO_OLD
    with pytest.raises(UnexpectedStatusError) as caught:
        driver_of(recording).read_certificate(PinRole.AUTHENTICATION)
    assert caught.value.status == 0x6D00


def test_a_recorded_command_is_answered_wherever_it_comes_and_any_other_with_6d00() -> None:
    recording = dialogue("esteid_idemia_v1_select_auth_certificate_and_authenticate")
    card = RecordedCard(recording)
    for command, response in reversed(recording.steps):
        assert card.transmit(command) == response
    card.reset()
    assert card.transmit(bytes.fromhex("00a4000c")) == b"\x6d\x00"
    assert card.transmit(b"") == b"\x6d\x00"


def test_what_is_no_file_of_dialogues_is_refused(tmp_path: Path) -> None:
    for text in ("", "[]", '{"dialogues": [{"test": "x"}]}', '{"dialogues": 1}'):
        broken = tmp_path / "broken.json"
        broken.write_text(text)
        with pytest.raises(RecordingRefusedError):
            load_dialogues(broken)


def test_a_file_with_digits_that_are_none_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text(
        '{"dialogues": [{"test": "t", "operation": "o", "atr": "3z", "certificate_subject": "s", "steps": []}]}'
    )
    with pytest.raises(RecordingRefusedError):
        load_dialogues(broken)


def test_a_dialogue_that_answers_one_command_in_two_ways_is_no_card() -> None:
    steps = ((b"\x00\xa4", b"\x90\x00"), (b"\x00\xa4", b"\x6a\x82"))
    with pytest.raises(RecordingRefusedError):
        RecordedCard(RecordedDialogue("two", "read", b"\x3b", "", None, steps))
