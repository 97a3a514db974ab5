# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a reader is told about each card's PIN, byte by byte: written by hand from the tables of the standard."""

from typing import Final

import pytest

from townhall_smartcard.access_operations import needs_access_number
from townhall_smartcard.apdu import CommandApdu, ResponseApdu
from townhall_smartcard.errors import CardMisuseError, CardUnsupportedError
from townhall_smartcard.estonia import PINS as PINS_2018
from townhall_smartcard.messages import SERVED_FAMILIES, CardFamily, PinRole
from townhall_smartcard.national.estonia_pins import PINS_2025
from townhall_smartcard.national.registry import national_family
from townhall_smartcard.pin_format import PinEncoding, PinFacts, verify_command
from townhall_smartcard.pin_pad.structures import Entry, is_writable, modify_structure, verify_structure

ENGLISH: Final = Entry(0x0409)
ESTONIAN: Final = Entry(0x0425)
PIN1, PIN2, PUK = PinRole.AUTHENTICATION, PinRole.SIGNATURE, PinRole.UNBLOCKING

FF12: Final = "FFFFFFFFFFFFFFFFFFFFFFFF"
ZERO12: Final = "000000000000000000000000"
HEAD: Final = "1E1E"  # 30 s to the first key, 30 s after it
TAIL: Final = "02 FF 0904 00 000000"  # ends by the key; the reader's message 0 in English; no prologue

VERIFY_BYTES: Final = {
    (CardFamily.ESTEID_2018, PIN1): f"{HEAD} 82 0C 00 0C04 {TAIL} 11000000 00200001 0C {FF12}",
    (CardFamily.ESTEID_2018, PIN2): f"{HEAD} 82 0C 00 0C05 {TAIL} 11000000 00200085 0C {FF12}",
    (CardFamily.ESTEID_2025, PIN1): f"{HEAD} 82 0C 00 0C04 {TAIL} 11000000 00200081 0C {ZERO12}",
    (CardFamily.ESTEID_2025, PIN2): f"{HEAD} 82 0C 00 0C05 {TAIL} 11000000 00200082 0C {ZERO12}",
    (CardFamily.LATEID_2012, PIN1): f"{HEAD} 82 00 00 0C04 {TAIL} 45000000 00200001 40 {'FF' * 64}",
    (CardFamily.LATEID_2012, PIN2): f"{HEAD} 82 00 00 0C06 {TAIL} 45000000 00200081 40 {'FF' * 64}",
    (CardFamily.LATEID_2019, PIN1): f"{HEAD} 82 0C 00 0C04 {TAIL} 11000000 00200001 0C {FF12}",
    (CardFamily.LATEID_2019, PIN2): f"{HEAD} 82 0C 00 0C06 {TAIL} 11000000 00200085 0C {FF12}",
    (CardFamily.FINEID_3, PIN1): f"{HEAD} 82 0C 00 0C04 {TAIL} 11000000 00200011 0C {ZERO12}",
    (CardFamily.FINEID_3, PIN2): f"{HEAD} 82 0C 00 0C06 {TAIL} 11000000 00200082 0C {ZERO12}",
    (CardFamily.FINEID_4, PIN1): f"{HEAD} 82 0C 00 0C04 {TAIL} 11000000 00200011 0C {ZERO12}",
    (CardFamily.FINEID_4, PIN2): f"{HEAD} 82 0C 00 0C06 {TAIL} 11000000 00200082 0C {ZERO12}",
    # Behind the byte "2, how many": two digits a byte; four bits of length, at the fourth bit
    (CardFamily.BELPIC, PIN1): f"{HEAD} 89 47 04 0C04 {TAIL} 0D000000 00200001 08 20FFFFFFFFFFFFFF",
    (CardFamily.BELPIC, PIN2): f"{HEAD} 89 47 04 0C04 {TAIL} 0D000000 00200001 08 20FFFFFFFFFFFFFF",
    (CardFamily.PIV, PIN1): f"{HEAD} 82 08 00 0806 {TAIL} 0D000000 00200080 08 FFFFFFFFFFFFFFFF",
    (CardFamily.PIV, PIN2): f"{HEAD} 82 08 00 0806 {TAIL} 0D000000 00200080 08 FFFFFFFFFFFFFFFF",
}
MODIFY_BYTES: Final = {
    # The present PIN at 0, the new one at 12 and once more; messages 0, 1, 2 in Estonian
    "change of 2018": f"{HEAD} 82 0C 00 00 0C 0C05 03 02 03 2504 000102 000000 1D000000 00240085 18 {FF12}{FF12}",
    # The card has taken the PUK already: the new PIN alone, twice; messages 1, 2
    "unblock of 2018": f"{HEAD} 82 0C 00 00 00 0C05 01 02 02 2504 010202 000000 11000000 002C0285 0C {FF12}",
    # PUK and new PIN in one command: one pair of lengths must let both through
    "unblock of 2025": f"{HEAD} 82 0C 00 00 0C 0C04 03 02 03 2504 000102 000000 1D000000 002C0081 18 {ZERO12}{ZERO12}",
}


def verify_bytes(facts: PinFacts, entry: Entry = ENGLISH) -> bytes:
    return verify_structure(bytes(verify_command(facts, facts.template).encode()), facts, entry)


class NeverAsked:
    """What a driver must not do to say how a PIN is presented."""

    def exchange(self, command: CommandApdu) -> ResponseApdu:
        pytest.fail(f"the card was asked: {command.name}")


@pytest.mark.parametrize(("family", "role"), VERIFY_BYTES, ids=lambda part: part.value)
def test_every_card_s_pin_is_asked_for_in_these_bytes(family: CardFamily, role: PinRole) -> None:
    found = national_family(family)
    assert found is not None
    facts = found.driver(NeverAsked()).pin_facts(role)
    assert verify_bytes(facts) == bytes.fromhex(VERIFY_BYTES[family, role])


def test_every_family_that_visits_sign_with_is_among_them() -> None:
    opened = set(filter(needs_access_number, CardFamily))  # a PIN travels enciphered, which no reader's keys can do
    assert {family for family, _ in VERIFY_BYTES} >= SERVED_FAMILIES - opened


@pytest.mark.parametrize("family", [CardFamily.SRBID, CardFamily.NPA])
def test_a_card_whose_pin_no_command_presents_has_none_for_a_reader(family: CardFamily) -> None:
    found = national_family(family)
    assert found is not None
    with pytest.raises(CardUnsupportedError):
        found.driver(NeverAsked()).pin_facts(PinRole.AUTHENTICATION)


@pytest.mark.parametrize(
    ("facts", "digits"),
    [
        (PinFacts(0x81, 4, 8, 0, 0xFF), f"{HEAD} 82 00 00 0804 {TAIL} 04000000 00200081"),  # the reader writes Lc
        (
            PinFacts(0x01, 4, 8, 4, 0xFF, PinEncoding.BCD),
            f"{HEAD} 81 04 00 0804 {TAIL} 09000000 00200001 04 FFFFFFFF",
        ),
        (
            PinFacts(0x01, 6, 6, 15, 0x00),
            f"{HEAD} 82 0F 00 0606 {TAIL} 14000000 00200001 0F {'00' * 15}",
        ),
        (
            PinFacts(0x01, 6, 6, 16, 0x00),  # more than four bits can say: the block stays as it is in the command
            f"{HEAD} 82 00 00 0606 {TAIL} 15000000 00200001 10 {'00' * 16}",
        ),
    ],
)
def test_a_pin_by_a_card_s_own_directory_is_asked_for_in_these(facts: PinFacts, digits: str) -> None:
    assert verify_bytes(facts) == bytes.fromhex(digits)


def test_a_pin_whose_digits_have_an_f_before_each_cannot_be_written_by_a_reader() -> None:
    facts = PinFacts(0x01, 4, 8, 8, 0x00, PinEncoding.HALF_NIBBLE_BCD)
    assert not is_writable(facts)
    with pytest.raises(CardMisuseError):
        verify_bytes(facts)


def test_time_language_and_a_missing_display_stand_at_their_places() -> None:
    structure = verify_bytes(PINS_2018[PIN1], Entry(0x0401, has_display=False, timeout_s=255))
    assert structure[:2] == b"\xff\xff"
    assert structure[8] == 0
    assert structure[9:11] == bytes.fromhex("0104")


@pytest.mark.parametrize("way", MODIFY_BYTES)
def test_a_new_pin_is_asked_for_in_these_bytes(way: str) -> None:
    ff, zeros = bytes.fromhex(FF12), bytes.fromhex(ZERO12)
    made = {
        "change of 2018": lambda: modify_structure(
            bytes.fromhex("0024008518") + 2 * ff, PINS_2018[PIN2], PINS_2018[PIN2], ESTONIAN
        ),
        "unblock of 2018": lambda: modify_structure(bytes.fromhex("002C02850C") + ff, None, PINS_2018[PIN2], ESTONIAN),
        "unblock of 2025": lambda: modify_structure(
            bytes.fromhex("002C008118") + 2 * zeros, PINS_2025[PUK], PINS_2025[PIN1], ESTONIAN
        ),
    }
    assert made[way]() == bytes.fromhex(MODIFY_BYTES[way])


def test_without_a_display_no_message_is_asked_for_a_new_pin() -> None:
    structure = modify_structure(b"", None, PINS_2018[PIN1], Entry(0x0409, has_display=False))
    assert structure[11] == 0
    assert len(structure) == 24
