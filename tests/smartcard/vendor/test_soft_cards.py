# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards that only a module knows, as tokens of SoftHSM: keys of each kind, twins, a PIN for each signature."""

import asyncio
from pathlib import Path

import pytest
from tests.smartcard.vendor.conftest import Faults
from tests.smartcard.vendor.soft_tokens import PIN, SOFTHSM, SoftToken, SoftTokens

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme, is_card_signature
from townhall_smartcard.errors import CardUnsupportedError
from townhall_smartcard.messages import CardFamily, PinRole, PinTries
from townhall_smartcard.national.at_desk import KeyUse, NationalOutcome, NationalRead
from townhall_smartcard.pins import PinRefusal, PinRefusalReason
from townhall_smartcard.simulation.national_keys import KeyKind, NationalAuthority
from townhall_smartcard.vendor.at_desk import has_a_double, read_with_module
from townhall_smartcard.vendor.client import running
from townhall_smartcard.vendor.messages import KeysShown, Made, ShowKeys, UseKey
from townhall_smartcard.vendor.modules import VendorModule

MODULE = VendorModule("SoftHSM", SOFTHSM, country="LU", writes_files=True)
BOTH = (PinRole.AUTHENTICATION, PinRole.SIGNATURE)
MESSAGE = b"townhall test of a module"
ALGORITHMS = {
    KeyKind.RSA_2048: CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256),
    KeyKind.P256: CardAlgorithm(Scheme.ECDSA, Digest.SHA256),
    KeyKind.P384: CardAlgorithm(Scheme.ECDSA, Digest.SHA384),
}


@pytest.fixture(autouse=True)
def _configured(soft_tokens: SoftTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTHSM2_CONF", str(soft_tokens.configuration))


def uses(*roles: PinRole, pin: bytes = PIN) -> tuple[KeyUse, ...]:
    return tuple(KeyUse(role, bytearray(pin), MESSAGE) for role in roles)


def read(outcome: NationalOutcome) -> NationalRead:
    assert isinstance(outcome, NationalRead), outcome
    return outcome


def assert_signed(found: NationalRead, *roles: PinRole) -> None:
    for role in roles:
        signature, algorithm = found.made[role], found.algorithm(role)
        assert isinstance(signature, bytes)
        certificate = found.contents.certificates[role]
        assert is_card_signature(certificate, algorithm, algorithm.digest.of(MESSAGE), signature)
        assert not is_card_signature(certificate, algorithm, algorithm.digest.of(b"another"), signature)


@pytest.mark.parametrize("kinds", [(KeyKind.RSA_2048, KeyKind.P384), (KeyKind.P256, KeyKind.RSA_2048)])
def test_both_keys_of_a_card_are_read_without_a_pin_and_sign_with_one(
    soft_tokens: SoftTokens, kinds: tuple[KeyKind, KeyKind]
) -> None:
    token = soft_tokens.make(*kinds)
    found = read(read_with_module(token.reader, MODULE, *uses(*BOTH)))
    assert found.family.family is CardFamily.PKCS11
    assert found.family.country == "LU"
    assert found.contents.certificates == {
        role: key.certificate for role, key in zip(BOTH, token.keys.values(), strict=True)
    }
    assert found.contents.algorithms == dict(zip(BOTH, (ALGORITHMS[kind] for kind in kinds), strict=True))
    assert found.contents.tries == dict.fromkeys(BOTH, PinTries(3, 3, is_counted=False))
    assert_signed(found, *BOTH)
    assert found.contents.stated.document_number
    assert "SPECIMEN" not in repr(found)


def test_a_card_with_one_key_is_asked_for_no_other(soft_tokens: SoftTokens) -> None:
    token = soft_tokens.make(KeyKind.P256)
    found = read(read_with_module(token.reader, MODULE, *uses(*BOTH)))
    assert found.made.keys() == {PinRole.AUTHENTICATION}
    assert_signed(found, PinRole.AUTHENTICATION)


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P256])
def test_a_key_that_wants_its_pin_for_each_signature_gets_it_and_signs(
    soft_tokens: SoftTokens, faults: Faults, kind: KeyKind
) -> None:
    token = soft_tokens.make(kind, kind, is_asked_each_time=True)
    assert_signed(read(read_with_module(token.reader, faults.module, *uses(*BOTH))), *BOTH)
    each = ["login 1 6", "login 2 6", "sign"]
    assert faults.told() == ["initialize", *each, *each]


def test_a_wrong_pin_is_not_sent_a_second_time_for_the_signature(soft_tokens: SoftTokens, faults: Faults) -> None:
    token = soft_tokens.make(KeyKind.P256, is_asked_each_time=True)
    found = read(read_with_module(token.reader, faults.module, *uses(PinRole.AUTHENTICATION, pin=b"000000")))
    assert found.made == {PinRole.AUTHENTICATION: PinRefusal(PinRefusalReason.WRONG, 2)}
    assert faults.told() == ["initialize", "login 1 6"]


def test_a_key_with_another_pin_than_its_card_is_told_as_a_wrong_pin(soft_tokens: SoftTokens, faults: Faults) -> None:
    token = soft_tokens.make(KeyKind.P256, is_asked_each_time=True)
    faults.order("another PIN each time")
    found = read(read_with_module(token.reader, faults.module, *uses(PinRole.AUTHENTICATION)))
    assert found.made == {PinRole.AUTHENTICATION: PinRefusal(PinRefusalReason.WRONG, 2)}
    assert faults.told() == ["initialize", "login 1 6", "login 2 6"]


def test_of_two_cards_alike_the_one_in_the_named_reader_is_used(soft_tokens: SoftTokens) -> None:
    one, other = (soft_tokens.make(KeyKind.P256, label="TWIN") for _ in range(2))
    for token in (one, other):
        found = read(read_with_module(token.reader, MODULE, *uses(PinRole.AUTHENTICATION)))
        assert found.contents.certificates == {PinRole.AUTHENTICATION: token.keys[b"\x01"].certificate}
        assert_signed(found, PinRole.AUTHENTICATION)


@pytest.mark.parametrize(
    "name", ["R" * 70, "Ü" * 40, "a" + "Ü" * 40], ids=["longer", "two bytes a letter", "cut in one"]
)
def test_of_a_long_name_of_a_reader_a_module_tells_the_beginning(
    soft_tokens: SoftTokens, faults: Faults, tmp_path: Path, name: str
) -> None:
    own = SoftTokens(tmp_path, soft_tokens.authority)
    own.prepare()
    own.make(KeyKind.P256)
    faults.monkeypatch.setenv("SOFTHSM2_CONF", str(own.configuration))
    faults.monkeypatch.setenv("MODULE_READER", name)
    assert_signed(read(read_with_module(name, faults.module, *uses(PinRole.AUTHENTICATION))), PinRole.AUTHENTICATION)
    assert has_a_double(name, (name, name + " 00 01"))
    assert not has_a_double(name, (name, "b" + name))


def test_readers_that_differ_at_their_end_are_told_apart() -> None:
    assert not has_a_double("Reader 00 00", ("Reader 00 00", "Reader 00 01", "Reader 00 000"))
    assert has_a_double("Reader", ("Reader", "Reader "))


@pytest.mark.parametrize("reader", ["", "SoftHSM slot ID 0x", "Another reader 00 00"])
def test_no_card_of_another_reader_is_taken_in_its_place(soft_token: SoftToken, reader: str) -> None:
    assert soft_token.reader.startswith("SoftHSM slot ID 0x")
    assert isinstance(read_with_module(reader, MODULE), CardUnsupportedError)


def test_certificates_of_authorities_are_handed_over_and_use_no_key(soft_tokens: SoftTokens) -> None:
    token = soft_tokens.make(KeyKind.P256)
    soft_tokens.write_certificate(token, b"\x09", soft_tokens.authority.anchor_der)
    found = read(read_with_module(token.reader, MODULE))
    assert found.contents.issuers == (soft_tokens.authority.anchor_der,)
    assert found.contents.certificates == {PinRole.AUTHENTICATION: token.keys[b"\x01"].certificate}


def test_rsa_pss_is_asked_of_the_token_as_well(soft_token: SoftToken) -> None:
    algorithm = CardAlgorithm(Scheme.RSA_PSS, Digest.SHA384)
    digest = algorithm.digest.of(MESSAGE)
    certificate = soft_token.keys[b"\x01"].certificate

    async def sign() -> bytes:
        async with running(MODULE) as client:
            shown = await client.ask(ShowKeys(soft_token.reader), 20)
            assert isinstance(shown, KeysShown)
            number = [each.certificate for each in shown.certificates].index(certificate)
            made = await client.ask(UseKey(number, Scheme.RSA_PSS, Digest.SHA384, digest, bytearray(PIN)), 20)
        assert isinstance(made, Made)
        return made.untrusted_signature

    assert is_card_signature(certificate, algorithm, digest, asyncio.run(sign()))


def test_a_card_without_anything_on_it_is_not_one_of_the_module(
    faulty_module: Path, faults: Faults, tmp_path: Path
) -> None:
    empty = SoftTokens(tmp_path, NationalAuthority("LU"))
    empty.prepare()
    faults.monkeypatch.setenv("SOFTHSM2_CONF", str(empty.configuration))
    faults.monkeypatch.setenv("MODULE_READER", "reader")
    module = VendorModule("faulty", faulty_module, writes_files=True)
    assert isinstance(read_with_module("reader", module), CardUnsupportedError)
    assert faults.told() == ["initialize"]
