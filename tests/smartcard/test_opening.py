# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards that show nothing before PACE: probed, opened, and read by the driver that knows nothing of it."""

import logging
from collections.abc import Callable

import pytest

from townhall_smartcard.access_numbers import AccessNumbers
from townhall_smartcard.access_operations import perform_on
from townhall_smartcard.apdu import CommandApdu
from townhall_smartcard.cards import probe
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.security_infos import PaceInfo, PaceMapping
from townhall_smartcard.errors import (
    CardRemovedError,
    CardUnreadableError,
    CardUnsupportedError,
    SecureMessagingError,
    UnexpectedStatusError,
)
from townhall_smartcard.estonia import EstonianIdCard
from townhall_smartcard.messages import (
    AccessNumberNeeded,
    AccessNumberWrong,
    Authenticate,
    CardContents,
    CardFamily,
    CardRequest,
    OpenCard,
    Outcome,
    PinWrong,
    ReadCard,
    Sign,
    Signed,
)
from townhall_smartcard.opening import PaceChannel, open_card, read_card_access
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.contactless_card import ContactlessCard
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.pace_gate import CAN, OFFER
from townhall_smartcard.trace import TracedConnection

BEHIND = CardFamily.ESTEID_2018_BEHIND_PACE
WRONG = b"317426"
DIGEST = bytes(range(48))


@pytest.fixture
def contacts(kadri_keys: CardKeys) -> EstonianCard:
    return EstonianCard(KADRI, kadri_keys)


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def card(contacts: EstonianCard, waits: list[float]) -> ContactlessCard:
    return ContactlessCard(contacts, pause=waits.append)


def ask(card: ContactlessCard | FaultyCard, request: CardRequest, known: bytes | None = None) -> Outcome:
    """One request in one transaction: the card is reset afterwards, as by the PC/SC service."""
    try:
        return perform_on(BEHIND, request, processors_for(card), None if known is None else bytearray(known))
    finally:
        card.reset()


def read(card: ContactlessCard | FaultyCard, number: bytes = CAN) -> Outcome:
    return ask(card, OpenCard(1, "A", bytearray(number)))


def test_a_held_card_is_told_from_one_at_the_contacts_and_from_others(
    card: ContactlessCard, contacts: EstonianCard
) -> None:
    assert probe(processors_for(card)) is BEHIND
    assert probe(processors_for(contacts)) is CardFamily.ESTEID_2018


@pytest.mark.parametrize(
    "offers",
    [
        (),
        (PaceInfo(PaceMapping.ECDH_INTEGRATED, Cipher.AES_256, 10),),
        (PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_256, 0), PaceInfo(PaceMapping.DH_GENERIC, Cipher.AES_256, 16)),
        (PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_256, None),),
    ],
    ids=["nothing", "integrated-p224", "groups-of-another-kind", "parameters-of-its-own"],
)
def test_a_card_that_offers_nothing_we_speak_is_foreign(contacts: EstonianCard, offers: tuple[PaceInfo, ...]) -> None:
    held = ContactlessCard(contacts, offers=offers)
    assert probe(processors_for(held)) is CardFamily.FOREIGN
    with pytest.raises(CardUnsupportedError):
        open_card(processors_for(held), CAN)


def test_without_a_number_it_is_asked_for_and_the_card_is_left_alone(card: ContactlessCard) -> None:
    watched = FaultyCard(card)
    assert ask(watched, ReadCard(7, "A")) == AccessNumberNeeded(7)
    assert watched.commands == 0


@pytest.mark.parametrize("parameters", CURVES)
def test_the_driver_reads_the_same_as_at_the_contacts(contacts: EstonianCard, parameters: int) -> None:
    held = ContactlessCard(contacts, offers=(PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_256, parameters),))
    opened = open_card(processors_for(held), CAN)
    assert isinstance(opened, PaceChannel)
    assert EstonianIdCard(opened).read() == EstonianIdCard(processors_for(contacts)).read()


def test_the_variant_is_named_where_the_card_offers_several_curves(contacts: EstonianCard) -> None:
    offers = tuple(PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_256, parameters) for parameters in (12, 16, 13))
    held = ContactlessCard(contacts, offers=offers)
    assert read_card_access(processors_for(held)) == offers
    assert isinstance(open_card(processors_for(held), CAN), PaceChannel)


def test_a_person_is_read_and_signs_with_the_number_typed_once(card: ContactlessCard) -> None:
    assert isinstance(read(card), CardContents)
    assert isinstance(ask(card, Authenticate(2, "A", bytearray(b"1234"), DIGEST), CAN), Signed)
    assert isinstance(ask(card, Sign(3, "A", bytearray(b"12345"), DIGEST), CAN), Signed)
    assert ask(card, Sign(4, "A", bytearray(b"54321"), DIGEST), CAN) == PinWrong(4, 2)


def test_a_wrong_number_is_a_value_and_each_one_in_a_row_slows_the_card(
    card: ContactlessCard, waits: list[float]
) -> None:
    for _ in range(7):
        assert read(card, WRONG) == AccessNumberWrong(1)
    assert waits == [1, 2, 3, 4, 5, 5]
    assert isinstance(read(card), CardContents)
    assert waits[-1] == 5
    assert card.failures == 0
    assert isinstance(read(card), CardContents)
    assert len(waits) == 7, "after the right number the card is quick again"


@pytest.mark.parametrize("number", [b"", b"31742", b"3174250", b"31742a", b"\0\0\0\0\0\0"])
def test_what_is_no_access_number_is_wrong_without_the_card(card: ContactlessCard, number: bytes) -> None:
    watched = FaultyCard(card)
    assert read(watched, number) == AccessNumberWrong(1)
    assert watched.commands == 0


def test_a_pin_for_a_card_that_nobody_opened_finds_no_card(card: ContactlessCard, contacts: EstonianCard) -> None:
    with pytest.raises(CardRemovedError):
        ask(card, Sign(1, "A", bytearray(b"12345"), DIGEST))
    assert contacts.tries_left(PinReference.PIN2) == 3


def test_another_card_under_a_known_number_is_not_asked_for_a_pin(
    card: ContactlessCard, contacts: EstonianCard
) -> None:
    with pytest.raises(CardUnreadableError):
        ask(card, Sign(1, "A", bytearray(b"12345"), DIGEST), WRONG)
    assert contacts.tries_left(PinReference.PIN2) == 3


def test_an_opened_card_that_is_of_another_state_is_not_served(contacts: EstonianCard) -> None:
    class Latvian:
        """Opens as the Estonian card does, and has no Estonian certificate in it."""

        atr = contacts.atr

        def transmit(self, command: RawCommand) -> bytes:
            return b"\x90\x00" if bytes(command[:4]) == bytes.fromhex("00A4040C") else b"\x6a\x82"

        def reset(self) -> None:
            """Do nothing."""

    held = ContactlessCard(Latvian())  # type: ignore[arg-type]  # a card of another make behind the same PACE
    with pytest.raises(CardUnsupportedError):
        read(held)


COMMANDS = [
    CommandApdu(0x00, 0xA4, 0x09, 0x04, bytes.fromhex("ADF13401"), le=256),
    CommandApdu(0x00, 0xA4, 0x01, 0x0C, bytes.fromhex("5000")),
    CommandApdu(0x00, 0x20, 0x00, 0x01, b"1234".ljust(12, b"\xff")),
    CommandApdu(0x00, 0x24, 0x00, 0x01, bytes(24)),
    CommandApdu(0x00, 0x2C, 0x02, 0x01, bytes(12)),
    CommandApdu(0x00, 0xCB, 0x3F, 0xFF, bytes.fromhex("4D087006BF8101") + bytes.fromhex("02A080"), le=256),
    CommandApdu(0x00, 0x88, 0x00, 0x00, DIGEST, le=256),
    CommandApdu(0x00, 0xB0, 0x00, 0x00, le=16),
    CommandApdu(0x80, 0xCA, 0x00, 0x00, le=16),
    CommandApdu(0x10, 0x20, 0x00, 0x01, b"1234"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_nothing_but_pace_is_answered_before_it(
    card: ContactlessCard, contacts: EstonianCard, command: CommandApdu
) -> None:
    assert card.transmit(command.encode()) == b"\x69\x82"
    assert contacts.tries_left(PinReference.PIN1) == 3


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_outside_the_session_closes_the_card(card: ContactlessCard, command: CommandApdu) -> None:
    opened = open_card(processors_for(card), CAN)
    assert isinstance(opened, PaceChannel)
    assert card.transmit(command.encode()) == b"\x69\x82"
    with pytest.raises(SecureMessagingError):
        opened.exchange(CommandApdu(0x00, 0xB0, 0x00, 0x00, le=4))


def test_a_protected_command_without_a_session_is_refused(card: ContactlessCard) -> None:
    assert card.transmit(bytes.fromhex("0CB000000D9701048E08ED6705417E96BA5500")) == b"\x69\x88"


@pytest.mark.parametrize(
    ("template", "status"),
    [
        ("8001008301 02".replace(" ", ""), 0x6A80),
        ("800A04007F000702020402048301 03".replace(" ", ""), 0x6A88),
        ("800A04007F00070202040204830102840110", 0x9000),
        ("800A04007F0007020204020483010284010C", 0x6A80),
        ("800A04007F00070202040202830102", 0x6A80),
        ("80", 0x6A80),
    ],
)
def test_only_what_the_card_offers_can_be_chosen(card: ContactlessCard, template: str, status: int) -> None:
    answer = card.transmit(CommandApdu(0x00, 0x22, 0xC1, 0xA4, bytes.fromhex(template)).encode())
    assert int.from_bytes(answer, "big") == status


@pytest.mark.parametrize("body", ["", "7C00", "7C02810 0".replace(" ", ""), "7C0385010 0".replace(" ", ""), "00"])
def test_pace_out_of_order_is_refused(card: ContactlessCard, body: str) -> None:
    data = bytes.fromhex(body)
    for cla in (0x00, 0x10):
        answer = card.transmit(CommandApdu(cla, 0x86, 0x00, 0x00, data, le=256).encode())
        assert answer == b"\x69\x85"


@pytest.mark.parametrize("at", range(0, 45, 3))
def test_a_card_that_is_taken_away_at_any_command_is_a_removed_card(card: ContactlessCard, at: int) -> None:
    with pytest.raises(CardRemovedError):
        read(FaultyCard(card).tear(at))


@pytest.mark.parametrize("at", range(8, 45, 4))
def test_a_lost_session_at_any_command_is_unreadable_and_the_next_request_opens_anew(
    card: ContactlessCard, at: int
) -> None:
    with pytest.raises(SecureMessagingError):
        read(FaultyCard(card).answer(at, b"\x69\x88"))
    assert isinstance(read(card), CardContents)


@pytest.mark.parametrize("at", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("answer", ["6F00", "6982", "9000", "7C009000"])
def test_a_card_that_does_not_keep_to_pace_is_unreadable(card: ContactlessCard, at: int, answer: str) -> None:
    with pytest.raises(CardUnreadableError):
        read(FaultyCard(card).answer(at + 1, bytes.fromhex(answer)))


@pytest.mark.parametrize("content", ["", "31", "3182FFFF", "0000", "31820900"])
def test_a_torn_card_access_is_refused(card: ContactlessCard, content: str) -> None:
    class Torn(FaultyCard):
        def transmit(self, command: RawCommand) -> bytes:
            answer = super().transmit(command)
            return bytes.fromhex(content) + b"\x90\x00" if command[1] == 0xB0 else answer

    with pytest.raises((CardUnreadableError, UnexpectedStatusError)):
        read_card_access(processors_for(Torn(card)))


def test_neither_number_nor_pin_nor_person_is_in_the_trace(
    card: ContactlessCard, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        traced = processors_for(TracedConnection(card))
        perform_on(BEHIND, OpenCard(1, "A", bytearray(CAN)), traced, None)
        card.reset()
        perform_on(BEHIND, Sign(2, "A", bytearray(b"12345"), DIGEST), traced, bytearray(CAN))
    assert "<secure>" in caplog.text
    for secret in (CAN, b"12345", KADRI.personal_code.encode(), KADRI.surname.encode()):
        assert secret.decode() not in caplog.text
        assert secret.hex().upper() not in caplog.text


@pytest.mark.parametrize("make", [lambda: OpenCard(1, "A", bytearray(CAN)), AccessNumbers])
def test_no_number_shows(make: Callable[[], object]) -> None:
    made = make()
    if isinstance(made, AccessNumbers):
        made.remember("A", bytearray(CAN))
    assert CAN.decode() not in repr(made)


def test_numbers_are_kept_by_reader_and_wiped_when_their_card_leaves() -> None:
    numbers, given = AccessNumbers(), bytearray(CAN)
    numbers.remember("A", given)
    given[:] = bytes(6)
    numbers.remember("B", bytearray(WRONG))
    kept = numbers.of("A")
    assert kept is not None
    assert bytes(kept) == CAN
    numbers.keep_only(["B"])
    assert bytes(kept) == bytes(6)
    assert numbers.of("A") is None
    assert numbers.of("B") == bytearray(WRONG)


def test_the_reader_makes_up_the_atr_of_the_standard(card: ContactlessCard) -> None:
    assert card.atr.hex().upper() == "3B8B80010012233F536549440F9000A0"
    assert OFFER.group is CURVES[16]
