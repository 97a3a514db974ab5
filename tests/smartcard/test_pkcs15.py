# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The driver of PKCS#15 cards against simulated ones of two makers' habits: test_opensc_judges_pkcs15 judges those."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Self

import pytest
from tests.smartcard.using_cards import BREAKS, use_key

from townhall_crypto.card_signature import is_card_signature
from townhall_smartcard.cards import probe
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import (
    CardMisuseError,
    CardUnreadableError,
    CardUnsupportedError,
)
from townhall_smartcard.messages import SERVED_FAMILIES, CardFamily, PinRole, PinTries
from townhall_smartcard.national.pkcs15 import Pkcs15Card
from townhall_smartcard.national.registry import FAMILIES
from townhall_smartcard.pins import BLOCKED, LAST_TRY_UNCONFIRMED, LENGTH, PinRefusal, PinRefusalReason
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.national_keys import (
    CertifiedHolder,
    KeyKind,
    KeyUsage,
    NationalAuthority,
    NationalCardKeys,
)
from townhall_smartcard.simulation.pkcs15_card import ISO_APPLET, MYEID, Pkcs15Habits, Pkcs15Simulation
from townhall_smartcard.simulation.pkcs15_files import FOLDER, MASTER_FILE, SERIAL_NUMBER, PinHabits
from townhall_smartcard.simulation.vpcd import VirtualCard
from townhall_smartcard.tlv import encode, parse_all

HOLDER: Final = CertifiedHolder("US", "SPECIMEN", "ALEX", "PNOUS-000000001")
AUTHORITY: Final = NationalAuthority("US")
KEYS: Final = {kind: AUTHORITY.issue_card_keys(HOLDER, kind, kind) for kind in KeyKind}
EVERY_KIND = pytest.mark.parametrize("kind", list(KeyKind))
EVERY_HABIT = pytest.mark.parametrize("habits", [ISO_APPLET, MYEID], ids=["isoapplet", "myeid"])
ROLES: Final = (PinRole.AUTHENTICATION, PinRole.SIGNATURE)
PIN: Final = b"123456"
DIRECTORIES: Final = tuple(map(bytes.fromhex, ("5031", "4401", "4402", "4404")))


def driver(card: VirtualCard) -> Pkcs15Card:
    return Pkcs15Card(processors_for(card))


class Changed(Pkcs15Simulation):
    """A card that answers some commands otherwise than it should."""

    change: Callable[[bytes, bytes], bytes] = staticmethod(lambda _command, answer: answer)

    def transmit(self, command: RawCommand) -> bytes:
        return self.change(bytes(command), super().transmit(command))


def changed(change: Callable[[bytes, bytes], bytes], habits: Pkcs15Habits = ISO_APPLET) -> Changed:
    card = Changed(KEYS[KeyKind.P256], habits)
    card.change = change
    return card


@EVERY_KIND
@EVERY_HABIT
@pytest.mark.parametrize("delivery", list(Delivery))
def test_everything_is_read_and_both_keys_sign(kind: KeyKind, habits: Pkcs15Habits, delivery: Delivery) -> None:
    keys = KEYS[kind]
    used = driver(Pkcs15Simulation(keys, habits, delivery=delivery))
    contents = used.read()
    assert contents.certificates == {
        PinRole.AUTHENTICATION: keys.authentication.certificate,
        PinRole.SIGNATURE: keys.signature.certificate,
    }
    assert contents.tries == dict.fromkeys(ROLES, PinTries(3, 3))
    assert contents.stated.document_number == SERIAL_NUMBER.hex().upper()
    for role in ROLES:
        signature, algorithm = use_key(used, role, PIN), used.algorithm(role)
        assert isinstance(signature, bytes)
        assert contents.algorithms[role] == algorithm
        assert is_card_signature(used.read_certificate(role), algorithm, algorithm.digest.of(b"said"), signature)


@EVERY_HABIT
def test_each_use_runs_alone_on_a_card_in_any_state(habits: Pkcs15Habits) -> None:
    card = Pkcs15Simulation(KEYS[KeyKind.P256], habits)
    for role in ROLES:
        card.reset()
        assert isinstance(use_key(driver(card), role, PIN), bytes)
    assert driver(card).read_tries(PinRole.SIGNATURE) == PinTries(3, 3)


@EVERY_HABIT
def test_wrong_pins_count_down_to_blocked_and_the_last_try_needs_a_word(habits: Pkcs15Habits) -> None:
    card = Pkcs15Simulation(KEYS[KeyKind.P256], habits)
    used = driver(card)
    assert use_key(used, PinRole.AUTHENTICATION, b"999999") == PinRefusal(PinRefusalReason.WRONG, 2)
    assert use_key(used, PinRole.SIGNATURE, b"999999") == PinRefusal(PinRefusalReason.WRONG, 1)
    assert use_key(used, PinRole.AUTHENTICATION, PIN) == LAST_TRY_UNCONFIRMED
    assert card.tries_left() == 1
    assert use_key(used, PinRole.AUTHENTICATION, b"999999", confirmed=True) == BLOCKED
    assert use_key(used, PinRole.SIGNATURE, PIN, confirmed=True) == BLOCKED
    assert used.read_tries(PinRole.SIGNATURE) == PinTries(0, 3)


@pytest.mark.parametrize("pin", [b"123", b"123456789", b"12345x"])
def test_what_no_such_pin_looks_like_never_meets_the_card(pin: bytes) -> None:
    card = Pkcs15Simulation(KEYS[KeyKind.P256], MYEID)
    assert use_key(driver(card), PinRole.SIGNATURE, pin) == LENGTH
    assert card.tries_left() == 3


def refuse_twice(card: FaultyCard, index: int) -> FaultyCard:
    """A refused block is asked for once more in another size."""
    return card.answer(index, b"\x6f\x00").answer(index + 1, b"\x6f\x00")


OWN_BREAKS: Final = BREAKS | {"refuses": (refuse_twice, CardUnreadableError)}


@EVERY_KIND
@EVERY_HABIT
@pytest.mark.parametrize("name", OWN_BREAKS)
def test_a_fault_at_any_command_is_named_and_costs_one_try_at_most(
    kind: KeyKind, habits: Pkcs15Habits, name: str
) -> None:
    order, expected = OWN_BREAKS[name]

    def whole(card: FaultyCard) -> None:
        used = driver(card)
        used.read()
        for role in ROLES:
            use_key(used, role, PIN)

    counted = FaultyCard(Pkcs15Simulation(KEYS[kind], habits))
    whole(counted)
    for index in range(counted.commands):
        card = Pkcs15Simulation(KEYS[kind], habits)
        with pytest.raises(expected):
            whole(order(FaultyCard(card), index))
        assert card.tries_left() >= 2


@EVERY_HABIT
def test_a_key_with_a_certificate_makes_the_card_one_and_visits_do_not_take_it(habits: Pkcs15Habits) -> None:
    assert probe(processors_for(Pkcs15Simulation(KEYS[KeyKind.P384], habits))) is CardFamily.PKCS15
    assert CardFamily.PKCS15 not in SERVED_FAMILIES
    assert FAMILIES[-1].family is CardFamily.PKCS15, "national cards have such directories too"


@EVERY_HABIT
def test_an_application_without_a_certificate_is_none(habits: Pkcs15Habits) -> None:
    keys = KEYS[KeyKind.P384]
    assert probe(processors_for(Pkcs15Simulation(keys, habits, is_empty=True))) is CardFamily.FOREIGN


@pytest.mark.parametrize("status", ["6A82", "6A81", "6D00", "6985", "6700", "6F00"])
def test_a_bank_card_is_none(status: str) -> None:
    class Bank:
        atr: Final = bytes.fromhex("3B6500002063CB6800")

        def transmit(self, command: RawCommand) -> bytes:
            is_named = bytes(command)[1:3] == b"\xa4\x04" and bytes(command)[5:12] == b"1PAY.SY"
            return b"\x90\x00" if is_named else bytes.fromhex(status)

        def reset(self) -> None: ...

    assert probe(processors_for(Bank())) is CardFamily.FOREIGN


def test_a_card_that_says_no_form_of_answer_is_asked_for_none() -> None:
    def refuse(command: bytes, answer: bytes) -> bytes:
        is_file = command[1] == 0xA4 and command[2] != 0x04
        return b"\x6a\x86" if is_file and command[3] != 0x0C else answer

    used = driver(changed(refuse))
    assert used.read().certificates[PinRole.SIGNATURE] == KEYS[KeyKind.P256].signature.certificate
    assert isinstance(use_key(used, PinRole.SIGNATURE, PIN), bytes)


def test_a_card_that_takes_no_paths_is_led_step_by_step() -> None:
    def refuse(command: bytes, answer: bytes) -> bytes:
        return b"\x6a\x82" if command[1:3] == b"\xa4\x08" else answer

    assert isinstance(use_key(driver(changed(refuse)), PinRole.SIGNATURE, PIN), bytes)


def test_a_card_that_does_not_count_before_a_pin_is_said_not_to() -> None:
    def refuse(command: bytes, answer: bytes) -> bytes:
        return b"\x67\x00" if command[:2] == b"\x00\x20" and len(command) == 4 else answer

    used = driver(changed(refuse))
    assert not used.read_tries(PinRole.SIGNATURE).is_counted
    assert use_key(used, PinRole.SIGNATURE, b"999999") == PinRefusal(PinRefusalReason.WRONG, 2)
    assert isinstance(use_key(used, PinRole.SIGNATURE, PIN), bytes)


def test_a_local_pin_that_the_card_knows_by_bit_8_alone_is_named_so() -> None:
    class Local(Pkcs15Simulation):
        def transmit(self, command: RawCommand) -> bytes:
            raw = bytearray(command)
            if raw[1] == 0x20:
                if not raw[3] & 0x80:
                    return b"\x6a\x88"
                raw[3] &= 0x7F
            return super().transmit(raw)

    assert isinstance(use_key(driver(Local(KEYS[KeyKind.P256])), PinRole.SIGNATURE, PIN), bytes)


def test_a_signature_that_the_certificate_does_not_verify_is_none() -> None:
    keys = KEYS[KeyKind.P256]
    swapped = NationalCardKeys(
        keys.authentication, replace(keys.signature, private_key=keys.authentication.private_key)
    )
    with pytest.raises(CardUnreadableError):
        use_key(driver(Pkcs15Simulation(swapped)), PinRole.SIGNATURE, PIN)


def test_a_certificate_of_another_kind_of_key_makes_the_card_unreadable() -> None:
    curve, rsa = KEYS[KeyKind.P256], KEYS[KeyKind.RSA_2048]
    mixed = replace(curve.signature, certificate=rsa.signature.certificate)
    with pytest.raises(CardUnreadableError):
        driver(Pkcs15Simulation(NationalCardKeys(curve.authentication, mixed))).read()


def test_a_key_for_plain_signatures_signs_for_a_person_where_its_certificate_says_so() -> None:
    for_will = AUTHORITY.issue(HOLDER, KeyUsage.SIGNATURE, KeyKind.P256)
    used = driver(Pkcs15Simulation(NationalCardKeys(for_will, for_will)))
    contents = used.read()
    assert contents.certificates == {PinRole.SIGNATURE: for_will.certificate}
    pin = bytearray(PIN)
    with pytest.raises(CardUnsupportedError):
        used.authenticate(pin, bytes(32), last_try_confirmed=False)
    assert pin == bytes(len(PIN))


def test_a_digest_of_another_kind_of_key_never_meets_the_pin() -> None:
    pin = bytearray(PIN)
    with pytest.raises(CardMisuseError):
        driver(Pkcs15Simulation(KEYS[KeyKind.P384])).sign(pin, bytes(32), last_try_confirmed=False)
    assert pin == bytes(len(PIN))


def test_there_is_no_key_for_unblocking() -> None:
    used = driver(Pkcs15Simulation(KEYS[KeyKind.P256]))
    for ask in (used.read_certificate, used.read_tries, used.algorithm):
        with pytest.raises(CardUnsupportedError):
            ask(PinRole.UNBLOCKING)


def test_a_pin_by_another_reference_is_presented_by_it() -> None:
    habits = replace(ISO_APPLET, pin=PinHabits(8, 0xFF, reference=0x82))
    assert isinstance(use_key(driver(Pkcs15Simulation(KEYS[KeyKind.P256], habits)), PinRole.SIGNATURE, PIN), bytes)


def test_a_wrong_pin_that_the_card_does_not_count_aloud_is_counted_again() -> None:
    def hide(command: bytes, answer: bytes) -> bytes:
        is_present = command[:2] == b"\x00\x20" and len(command) > 5
        return b"\x63\x00" if is_present and answer[:1] == b"\x63" else answer

    assert use_key(driver(changed(hide)), PinRole.SIGNATURE, b"999999") == PinRefusal(PinRefusalReason.WRONG, 2)


@EVERY_HABIT
def test_a_card_without_a_directory_of_applications_has_the_usual_folder(habits: Pkcs15Habits) -> None:
    def refuse(command: bytes, answer: bytes) -> bytes:
        return b"\x6a\x82" if command[1] == 0xA4 and b"\x2f\x00" in command[5:] else answer

    used = driver(changed(refuse, habits))
    assert set(used.read().certificates) == set(ROLES)
    assert isinstance(use_key(used, PinRole.SIGNATURE, PIN), bytes)


def test_an_application_that_only_its_name_leads_to_is_found_by_it() -> None:
    class Named(Pkcs15Simulation):
        """An applet with one folder, which its name selects: it has no master file, and short paths in EF.OD."""

        def transmit(self, command: RawCommand) -> bytes:
            raw = bytes(command)
            if raw[1] == 0xA4 and raw[2] != 0x04 and (raw[2] == 0x08 or MASTER_FILE in raw[5:7]):
                return b"\x6a\x82"
            answer = super().transmit(command)
            if raw[1:3] == b"\xa4\x04" and answer[-2:] == b"\x90\x00":
                self._selected = MASTER_FILE + FOLDER
            return answer

        def shorten(self) -> Self:
            """Write every path in the directories as it is from the folder."""
            for file in DIRECTORIES:
                path = MASTER_FILE + FOLDER + file
                self._files[path] = shortened(self._files[path].removesuffix(bytes(32)))
            return self

    used = driver(Named(KEYS[KeyKind.P256], MYEID).shorten())
    assert set(used.read().certificates) == set(ROLES)
    for role in ROLES:
        assert isinstance(use_key(used, role, PIN), bytes)


def shortened(directory: bytes) -> bytes:
    """Return data objects with every path below the folder cut to what follows it, their lengths told anew."""
    made = b""
    for each in parse_all(directory):
        value = shortened(each.value) if each.tag & 0x20 else each.value
        made += encode(each.tag, value.removeprefix(MASTER_FILE + FOLDER) if each.tag == 0x04 else value)
    return made
