# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The driver of Belgian cards against a simulated one, which OpenSC judges: test_opensc_judges_belgian."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from tests.smartcard.belgian_cards import (
    AUTHORITY,
    EVERY_APPLET,
    KEYS,
    KINDS,
    PERSON,
    PIN,
    REGISTERS,
    ROLES,
    card_of,
    contents_of,
    driver,
)
from tests.smartcard.using_cards import use_key

from townhall_crypto.card_signature import is_card_signature
from townhall_crypto.register_signature import is_register_signature
from townhall_crypto.signature_key import read_key
from townhall_crypto.trust import parse_certificate
from townhall_smartcard.cards import family_of_atr, probe
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import (
    CardMisuseError,
    CardUnreadableError,
    CardUnsupportedError,
)
from townhall_smartcard.messages import SERVED_FAMILIES, CardFamily, PinRole, PinTries, ReadCard
from townhall_smartcard.national.belgium import APPLICATION
from townhall_smartcard.national.contract import EvidenceAbout, EvidenceForm
from townhall_smartcard.operations import perform
from townhall_smartcard.pins import BLOCKED, LENGTH, PinRefusal, PinRefusalReason
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.belgian_card import BelgianCertificates, BelgianSimulation
from townhall_smartcard.simulation.belgian_person import BelgianPerson
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.national_keys import KeyKind, NationalCardKeys, NationalKey


@EVERY_APPLET
@pytest.mark.parametrize("delivery", list(Delivery))
def test_everything_is_read_and_both_keys_sign(version: int, delivery: Delivery) -> None:
    keys = KEYS[KINDS[version]]
    used = driver(card_of(version, delivery=delivery))
    contents = used.read()
    assert contents.certificates == {
        PinRole.AUTHENTICATION: keys.authentication.certificate,
        PinRole.SIGNATURE: keys.signature.certificate,
    }
    assert contents.issuers == (AUTHORITY.anchor_der, AUTHORITY.anchor_der)
    assert contents.tries == dict.fromkeys(ROLES, PinTries(3, 3, is_counted=False))
    for role in ROLES:
        signature, algorithm = use_key(used, role, PIN), used.algorithm(role)
        assert isinstance(signature, bytes)
        assert contents.algorithms[role] == algorithm
        assert is_card_signature(used.read_certificate(role), algorithm, algorithm.digest.of(b"said"), signature)


def test_what_the_card_states_is_told() -> None:
    stated = driver(card_of()).read().stated
    assert (stated.surname, stated.given_names, stated.sex) == (PERSON.surname, PERSON.given_names, "F")
    assert (stated.personal_code, stated.document_number) == (PERSON.national_number, PERSON.card_number)
    assert (stated.nationality, stated.birth_place, stated.birth_date) == ("Belge", "Bruxelles", date(1984, 3, 15))
    assert (stated.issuing_date, stated.expiry_date) == (date(2026, 2, 1), date(2036, 2, 1))
    assert stated.address == ("Rue du Marché 12", "1000 Bruxelles")
    assert stated.untrusted_photo == PERSON.photo


@EVERY_APPLET
def test_the_register_s_signatures_are_handed_over_with_what_they_are_of(version: int) -> None:
    register = REGISTERS[KINDS[version]]
    key = read_key(parse_certificate(register.certificate).public_key)
    identity, address, photo = driver(card_of(version)).read().evidence
    assert [each.about for each in (identity, address, photo)] == list(EvidenceAbout)
    for each in (identity, address):
        assert each.certificate == register.certificate
        assert is_register_signature(key, each.content, each.signature)
        assert not is_register_signature(key, each.content + b"\0", each.signature)
    assert address.content.endswith(identity.signature)
    assert (photo.form, photo.content) == (EvidenceForm.DIGEST, PERSON.photo)
    assert photo.signature in identity.content


@pytest.mark.parametrize("length", [0xF7, 0xF8, 0xF9, 2 * 0xF8, 3000])
@pytest.mark.parametrize("delivery", list(Delivery))
def test_a_file_of_any_length_is_read_whole(length: int, delivery: Delivery) -> None:
    photo = bytes(range(1, 251)) * 12
    person = BelgianPerson(photo=photo[:length])
    assert driver(card_of(person=person, delivery=delivery)).read().stated.untrusted_photo == photo[:length]


def test_what_a_card_does_not_have_is_left_out() -> None:
    person = BelgianPerson(photo=b"", address=("", "", ""))
    made = contents_of(KeyKind.P384, person)
    files = replace(made.files, address=b"", address_signature=b"")
    bare = replace(made, files=files, certificates=BelgianCertificates(b"", b"", b""))
    contents = driver(BelgianSimulation(bare)).read()
    assert contents.stated.address == ()
    assert contents.stated.untrusted_photo == b""
    assert contents.issuers == ()
    (identity,) = contents.evidence
    assert identity.certificate == b""


def test_a_card_without_an_identity_file_is_unreadable() -> None:
    made = contents_of(KeyKind.P384)
    with pytest.raises(CardUnreadableError):
        driver(BelgianSimulation(replace(made, files=replace(made.files, identity=b"")))).read()


class _AnotherApplet:
    """An applet of another's making: unselected after a reset, silent about itself, its signature to be fetched."""

    atr = bytes.fromhex("3B800181")

    def __init__(self, card: BelgianSimulation, *, tells_version: bool = False) -> None:
        self._card, self._tells_version = card, tells_version
        self._is_selected, self._kept = False, b""

    def reset(self) -> None:
        self._card.reset()
        self._is_selected = False

    def transmit(self, command: RawCommand) -> bytes:
        raw = bytes(command)
        if raw[:4] == b"\x00\xa4\x04\x00":
            self._is_selected = raw[5 : 5 + raw[4]] == APPLICATION
            return b"\x90\x00" if self._is_selected else b"\x6a\x82"
        if not self._is_selected:
            return b"\x6d\x00"
        if raw[1] == 0xE4 and not self._tells_version:
            return b"\x6d\x00"
        if raw[1] == 0xC0 and self._kept:
            kept, self._kept = self._kept, b""
            return kept
        answer = self._card.transmit(command)
        if raw[1] == 0x2A and answer[-2:] == b"\x90\x00":
            self._kept = answer
            return b"\x90\x00"
        return answer


@EVERY_APPLET
@pytest.mark.parametrize("tells_version", [True, False])
def test_an_applet_that_another_wrote_is_found_read_and_signs(version: int, *, tells_version: bool) -> None:
    card = _AnotherApplet(card_of(version, delivery=Delivery.DIRECT), tells_version=tells_version)
    assert family_of_atr(card.atr) is None
    assert probe(processors_for(card)) is CardFamily.BELPIC
    card.reset()
    used = driver(card)
    assert used.read().stated.surname == PERSON.surname
    signature, algorithm = use_key(used, PinRole.SIGNATURE, PIN), used.algorithm(PinRole.SIGNATURE)
    assert isinstance(signature, bytes)
    assert is_card_signature(
        used.read_certificate(PinRole.SIGNATURE), algorithm, algorithm.digest.of(b"said"), signature
    )


@EVERY_APPLET
def test_the_atr_tells_and_visits_take_the_card(version: int) -> None:
    assert family_of_atr(card_of(version).atr) is CardFamily.BELPIC
    assert CardFamily.BELPIC in SERVED_FAMILIES


def test_wrong_pins_count_down_for_both_keys_to_blocked() -> None:
    card = card_of()
    used = driver(card)
    assert use_key(used, PinRole.AUTHENTICATION, b"9999") == PinRefusal(PinRefusalReason.WRONG, 2)
    assert use_key(used, PinRole.SIGNATURE, b"9999") == PinRefusal(PinRefusalReason.WRONG, 1)
    assert use_key(used, PinRole.SIGNATURE, b"9999") == BLOCKED
    assert use_key(used, PinRole.AUTHENTICATION, PIN) == BLOCKED
    assert card.tries_left() == 0


@pytest.mark.parametrize("pin", [b"123", b"1234567890123", b"123x"])
def test_what_no_such_pin_looks_like_never_meets_the_card(pin: bytes) -> None:
    card = card_of()
    assert use_key(driver(card), PinRole.SIGNATURE, pin) == LENGTH
    assert card.tries_left() == 3


@pytest.mark.parametrize(
    ("pin", "block"),
    [(b"1234", "241234FFFFFFFFFF"), (b"12345", "2512345FFFFFFFFF"), (b"123456789012", "2C123456789012FF")],
)
def test_a_pin_travels_as_its_length_and_two_digits_a_byte(pin: bytes, block: str) -> None:
    assert driver(card_of()).pin_facts(PinRole.SIGNATURE).block(bytearray(pin)).hex().upper() == block


def test_a_refusal_that_does_not_count_ends_the_use_without_another_try() -> None:
    class Vague(BelgianSimulation):
        def transmit(self, command: RawCommand) -> bytes:
            return b"\x63\x00" if bytes(command)[1] == 0x20 else super().transmit(command)

    card = FaultyCard(Vague(contents_of(KeyKind.P384)))
    used = driver(card)
    with pytest.raises(CardUnreadableError):
        use_key(used, PinRole.SIGNATURE, PIN)
    before = card.commands
    assert used.read_tries(PinRole.SIGNATURE) == PinTries(3, 3, is_counted=False)
    assert card.commands == before, "the card is not asked"


def test_a_pin_opens_the_signature_key_for_the_next_command_alone() -> None:
    card = card_of()
    select, environment = bytes.fromhex("00A4080C043F00DF00"), bytes.fromhex("002241B605048002 8483".replace(" ", ""))
    verify, sign = bytes.fromhex("0020000108241234FFFFFFFFFF"), bytes.fromhex("002A9E9A30") + bytes(48)
    assert [card.transmit(each) for each in (select, environment, verify)] == [b"\x90\x00"] * 3
    assert card.transmit(sign)[0] == 0x61
    assert card.transmit(sign) == b"\x69\x82"
    assert [card.transmit(each) for each in (verify, environment)] == [b"\x90\x00"] * 2
    assert card.transmit(sign) == b"\x69\x82", "a command came between"


def test_a_digest_of_another_kind_of_key_never_meets_the_pin() -> None:
    pin, card = bytearray(PIN), card_of()
    with pytest.raises(CardMisuseError):
        driver(card).sign(pin, bytes(32), last_try_confirmed=False)
    assert pin == bytes(len(PIN))
    assert card.tries_left() == 3


def test_there_is_no_key_for_unblocking() -> None:
    used = driver(card_of())
    for ask in (used.read_certificate, used.read_tries, used.algorithm):
        with pytest.raises(CardUnsupportedError):
            ask(PinRole.UNBLOCKING)


def test_a_card_whose_keys_nobody_believes_is_read_and_no_pin_is_spent_on_it() -> None:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505  # as applet 1.1 has it
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "BE")])
    now = datetime.now(UTC)
    begun = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    lasting = begun.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    short = NationalKey(key, lasting.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))
    card = BelgianSimulation(replace(contents_of(KeyKind.RSA_2048), keys=NationalCardKeys(short, short)), version=0x11)
    used = driver(card)
    contents = used.read()
    assert set(contents.certificates) == set(ROLES)
    assert contents.algorithms == {}
    pin = bytearray(PIN)
    with pytest.raises(CardUnsupportedError):
        used.sign(pin, bytes(32), last_try_confirmed=False)
    assert pin == bytes(len(PIN))
    with pytest.raises(CardUnsupportedError):
        perform(ReadCard(1, ""), processors_for(card), CardFamily.BELPIC)


def test_an_applet_and_a_certificate_that_contradict_each_other_are_unreadable() -> None:
    card = BelgianSimulation(contents_of(KeyKind.P384), version=0x17)
    with pytest.raises(CardUnreadableError):
        driver(card).read()


@pytest.mark.parametrize("version", [0x17, 0x18], ids=hex)
def test_a_key_of_a_newer_applet_is_used_without_a_look_at_its_certificate(version: int) -> None:
    card = FaultyCard(card_of(version, delivery=Delivery.DIRECT))
    used = driver(card)
    digest = used.algorithm(PinRole.SIGNATURE).digest.of(b"said")
    before = card.commands
    assert isinstance(used.sign(bytearray(PIN), digest, last_try_confirmed=False), bytes)
    assert card.commands - before == 5, "SELECT twice, MSE, VERIFY, PSO"
