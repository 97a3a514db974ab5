# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards of Lithuania, Poland and Slovenia: closed before their number, one small driver each, and every way to fail."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from townhall_crypto.card_signature import is_card_signature
from townhall_smartcard.access_operations import perform_on
from townhall_smartcard.apdu import CommandApdu
from townhall_smartcard.cards import family_of_atr
from townhall_smartcard.connection import CardConnection, RawCommand
from townhall_smartcard.errors import (
    CardRemovedError,
    CardUnreadableError,
    CardUnsupportedError,
    PinPadError,
    SecureMessagingError,
)
from townhall_smartcard.messages import (
    SERVED_FAMILIES,
    AccessNumberNeeded,
    AccessNumberWrong,
    Agree,
    AtReader,
    Authenticate,
    CardContents,
    CardFamily,
    CardRequest,
    LastTryUnconfirmed,
    OpenCard,
    Outcome,
    PinBlocked,
    PinLengthRefused,
    PinRole,
    PinTries,
    PinWrong,
    ReadCard,
    ReplacePin,
    Sign,
    Signed,
)
from townhall_smartcard.national.contract import NationalCard
from townhall_smartcard.national.paced import PACED_FAMILIES, paced_by_atr, paced_family
from townhall_smartcard.national.paced_card import ALGORITHM
from townhall_smartcard.opening import PaceChannel, open_card
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.lithuanian_card import PIN as LITHUANIAN_PIN
from townhall_smartcard.simulation.lithuanian_card import LithuanianCard
from townhall_smartcard.simulation.national_keys import CertifiedHolder, KeyKind, NationalAuthority
from townhall_smartcard.simulation.pace_gate import CAN
from townhall_smartcard.simulation.polish_card import PolishCard
from townhall_smartcard.simulation.slovenian_card import PINS as SLOVENIAN_PINS
from townhall_smartcard.simulation.slovenian_card import SlovenianCard
from townhall_smartcard.trace import TracedConnection

HOLDER = CertifiedHolder("EU", "SPECIMEN", "ALEX", "PNOEU-1")
KEYS = NationalAuthority("EU").issue_card_keys(HOLDER, KeyKind.P384, KeyKind.P384)
DIGEST = bytes(range(48))
WRONG = b"317426"
PINS = {
    CardFamily.LTEID: (LITHUANIAN_PIN, LITHUANIAN_PIN),
    CardFamily.EDO: (b"1234", b"123456"),
    CardFamily.EOI: SLOVENIAN_PINS,
}
CARDS: dict[str, Callable[[], "SimulatedCard"]] = {
    "Lithuania": lambda: LithuanianCard(KEYS),
    "Poland": lambda: PolishCard(KEYS),
    "Slovenia": lambda: SlovenianCard(KEYS),
    "Slovenia, held": lambda: SlovenianCard(KEYS, is_held=True),
}
SimulatedCard = LithuanianCard | PolishCard | SlovenianCard


@pytest.fixture(params=CARDS)
def card(request: pytest.FixtureRequest) -> SimulatedCard:
    made: SimulatedCard = CARDS[request.param]()
    return made


@dataclass
class Heard:
    """A card, and the plain commands that reached it."""

    card: CardConnection
    commands: list[bytes] = field(default_factory=list)

    def transmit(self, command: RawCommand) -> bytes:
        self.commands.append(bytes(command))
        return self.card.transmit(command)


def family_of(card: SimulatedCard) -> CardFamily:
    found = paced_by_atr(card.atr)
    assert found is not None
    return found.family


def ask(
    card: SimulatedCard, request: CardRequest, number: bytes | None = CAN, over: CardConnection | None = None
) -> Outcome:
    """One request in one transaction: the card is reset afterwards, as by the PC/SC service."""
    try:
        known = None if number is None else bytearray(number)
        return perform_on(family_of(card), request, processors_for(over or card), known)
    finally:
        card.reset()


def read(card: SimulatedCard, number: bytes = CAN, over: CardConnection | None = None) -> Outcome:
    return ask(card, OpenCard(1, "A", bytearray(number)), None, over)


def driver_of(card: SimulatedCard) -> NationalCard:
    found, channel = paced_by_atr(card.atr), open_card(processors_for(card), CAN)
    assert found is not None
    assert isinstance(channel, PaceChannel)
    return found.driver(channel)


def requests(card: SimulatedCard) -> Iterator[tuple[Authenticate | Sign, bytes]]:
    """Both uses of a PIN, with the certificate of the key behind it."""
    pin1, pin2 = PINS[family_of(card)]
    yield Authenticate(2, "A", bytearray(pin1), DIGEST), KEYS.authentication.certificate
    yield Sign(3, "A", bytearray(pin2), DIGEST), KEYS.signature.certificate


@pytest.mark.parametrize(
    ("atr", "family"),
    [
        ("3B9D188131FC358031C0694D54434F5373020605D0", CardFamily.LTEID),
        ("3B9D188131FC358031C0694D54434F5373020604D1", CardFamily.LTEID),
        ("3B8480014743504312", CardFamily.EDO),
        ("3BD518FF8191FE1FC38073C821100A", CardFamily.EOI),
        ("3B8580018073C821100E", CardFamily.EOI),
        ("3B8480014743504313", None),
    ],
)
def test_such_a_card_is_known_by_its_atr_alone_and_taken_in_visits(atr: str, family: CardFamily | None) -> None:
    assert family_of_atr(bytes.fromhex(atr)) is family
    assert family is None or family in SERVED_FAMILIES


def test_every_family_of_the_table_is_found_by_its_name_and_no_other_is() -> None:
    assert [paced_family(each.family) for each in PACED_FAMILIES] == list(PACED_FAMILIES)
    assert paced_family(CardFamily.ESTEID_2018) is None


def test_without_a_number_it_is_asked_for_and_the_card_is_left_alone(card: SimulatedCard) -> None:
    heard = Heard(card)
    assert ask(card, ReadCard(7, "A"), None, heard) == AccessNumberNeeded(7)
    with pytest.raises(CardRemovedError):
        ask(card, Sign(1, "A", bytearray(b"123456"), DIGEST), None, heard)
    assert not heard.commands


def test_the_right_number_shows_certificates_and_both_keys_sign(card: SimulatedCard) -> None:
    contents = read(card)
    assert isinstance(contents, CardContents)
    assert contents.authentication_certificate == KEYS.authentication.certificate
    assert contents.signature_certificate == KEYS.signature.certificate
    assert set(contents.algorithms.values()) == {ALGORITHM}
    assert not contents.replaceable
    for request, certificate in requests(card):
        made = ask(card, request)
        assert isinstance(made, Signed)
        assert is_card_signature(certificate, ALGORITHM, DIGEST, made.signature)
        assert isinstance(request.pin, bytearray)
        assert not any(request.pin)


def test_a_wrong_number_is_a_value_and_costs_no_try(card: SimulatedCard) -> None:
    before = card.tries_left()
    assert read(card, WRONG) == AccessNumberWrong(1)
    assert read(card, b"31742a") == AccessNumberWrong(1)
    with pytest.raises(CardUnreadableError):
        ask(card, Sign(1, "A", bytearray(b"123456"), DIGEST), WRONG)
    assert card.tries_left() == before


@pytest.mark.parametrize(
    "command", ["0020008106323731383238", "0020000506323731383238", "0022C1B603840101", "002A9E9A30"]
)
def test_nothing_that_takes_a_pin_or_uses_a_key_is_answered_before_pace(card: SimulatedCard, command: str) -> None:
    before = card.tries_left()
    assert card.transmit(bytes.fromhex(command)) in (b"\x69\x82", b"\x67\x00")
    assert card.tries_left() == before


def test_wrong_pins_are_counted_by_the_card_and_told(card: SimulatedCard) -> None:
    first, second = PINS[family_of(card)]
    for request in (
        Authenticate(1, "A", bytearray(b"9" * len(first)), DIGEST),
        Sign(1, "A", bytearray(b"9" * len(second)), DIGEST),
    ):
        assert ask(card, request) == PinWrong(1, 2)
    assert card.tries_left() == (2, 2)
    for request, _ in requests(card):
        assert isinstance(ask(card, request), Signed)
    assert card.tries_left() == (3, 3)


def test_a_blocked_signature_pin_is_told_as_blocked(card: SimulatedCard) -> None:
    wrong = b"999999"
    outcomes = [ask(card, Sign(1, "A", bytearray(wrong), DIGEST, last_try_confirmed=True)) for _ in range(4)]
    assert outcomes == [PinWrong(1, 2), PinWrong(1, 1), PinBlocked(1), PinBlocked(1)]


@pytest.mark.parametrize("pin", [b"123", b"12345a", b"1234567890123"])
def test_what_no_pin_looks_like_is_not_sent(card: SimulatedCard, pin: bytes) -> None:
    for request in (Authenticate(1, "A", bytearray(pin), DIGEST), Sign(1, "A", bytearray(pin), DIGEST)):
        assert ask(card, request) == PinLengthRefused(1)
        assert not any(request.pin)  # type: ignore[arg-type]  # a PIN that was typed
    assert card.tries_left() == (3, 3)


def test_a_pin_of_such_a_card_is_not_entered_at_the_reader_and_none_is_replaced(card: SimulatedCard) -> None:
    with pytest.raises(PinPadError):
        ask(card, Sign(1, "A", AtReader("en", 30), DIGEST))
    old, new = bytearray(b"123456"), bytearray(b"314159")
    for request in (ReplacePin(1, "A", PinRole.SIGNATURE, old, new), Agree(1, "A", old, bytes(97))):
        with pytest.raises(CardUnsupportedError):
            ask(card, request)
    assert card.tries_left() == (3, 3)


def commands_of(card: SimulatedCard, use: Callable[[CardConnection], object]) -> int:
    counted = FaultyCard(card)
    use(counted)
    return counted.commands


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.long), 9])
def test_a_card_taken_away_at_any_command_is_a_removed_card_and_costs_one_try_at_most(
    card: SimulatedCard, step: int
) -> None:
    def signing() -> Sign:
        return Sign(1, "A", bytearray(PINS[family_of(card)][1]), DIGEST)

    for at in range(0, commands_of(card, lambda over: ask(card, signing(), over=over)), step):
        for torn in (FaultyCard(card).tear(at), FaultyCard(card).tear_answer(at)):
            request = signing()
            with pytest.raises(CardRemovedError):
                ask(card, request, over=torn)
            assert min(card.tries_left()) >= 2
            assert isinstance(request.pin, bytearray)
            assert isinstance(ask(card, signing()), Signed), "the next request opens the card anew"


@pytest.mark.parametrize("answer", ["6988", "9000", "6982"])
@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.long), 9])
def test_an_answer_without_a_checksum_is_believed_at_no_command(card: SimulatedCard, answer: str, step: int) -> None:
    for at in range(8, commands_of(card, lambda over: read(card, over=over)), step):
        with pytest.raises(SecureMessagingError):
            read(card, over=FaultyCard(card).answer(at, bytes.fromhex(answer)))
    assert isinstance(read(card), CardContents)


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.long), 7])
def test_a_torn_answer_is_unreadable_at_any_command(card: SimulatedCard, step: int) -> None:
    for at in range(2, commands_of(card, lambda over: read(card, over=over)), step):
        with pytest.raises(CardUnreadableError):
            read(card, over=FaultyCard(card).cut(at, 1))


def test_neither_number_nor_pin_is_in_the_trace(card: SimulatedCard, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for request, _ in requests(card):
            ask(card, request, over=TracedConnection(card))
    assert "<secure>" in caplog.text
    for secret in (CAN, *PINS[family_of(card)]):
        assert secret.hex().upper() not in caplog.text
        assert len(secret) < 6 or secret.decode() not in caplog.text


@pytest.mark.parametrize("make", [LithuanianCard, PolishCard, SlovenianCard])
def test_keys_on_another_curve_are_not_served(make: Callable[..., SimulatedCard]) -> None:
    other = NationalAuthority("EU").issue_card_keys(HOLDER, KeyKind.P256, KeyKind.P256)
    with pytest.raises(CardUnsupportedError):
        read(make(other))


def test_the_unblocking_code_has_no_key(card: SimulatedCard) -> None:
    driver = driver_of(card)
    for use in (driver.algorithm, driver.read_certificate, driver.read_tries, driver.pin_facts):
        with pytest.raises(CardUnsupportedError):
            use(PinRole.UNBLOCKING)


def test_each_method_of_a_driver_runs_alone_and_after_any_other(card: SimulatedCard) -> None:
    driver = driver_of(card)
    alone = {role: driver.read_certificate(role) for role in (PinRole.SIGNATURE, PinRole.AUTHENTICATION)}
    assert alone == driver.read().certificates
    assert driver.read_tries(PinRole.SIGNATURE).left == 3
    assert driver.read_certificate(PinRole.SIGNATURE) == KEYS.signature.certificate
    assert driver.pin_facts(PinRole.SIGNATURE).shortest == 6


# Lithuania: a PIN that is a password of PACE


def authenticate(card: LithuanianCard, pin: bytes, *, confirmed: bool = False) -> Outcome:
    return ask(card, Authenticate(1, "A", bytearray(pin), DIGEST, last_try_confirmed=confirmed))


def test_the_last_try_of_lithuanias_pin_waits_for_the_persons_word_and_counts_inside_the_session() -> None:
    card, wrong = LithuanianCard(KEYS), b"999999"
    assert [authenticate(card, wrong) for _ in range(2)] == [PinWrong(1, 2), PinWrong(1, 1)]
    contents = read(card)
    assert isinstance(contents, CardContents)
    assert contents.tries[PinRole.AUTHENTICATION] == PinTries(1, 3)
    assert authenticate(card, LITHUANIAN_PIN) == LastTryUnconfirmed(1)
    assert card.tries_left() == (1, 3)
    assert isinstance(authenticate(card, LITHUANIAN_PIN, confirmed=True), Signed)
    assert card.tries_left() == (3, 3)


def test_lithuanias_pin_is_blocked_after_its_last_try_and_never_sent_again() -> None:
    card, wrong = LithuanianCard(KEYS), b"999999"
    tries = [authenticate(card, wrong, confirmed=True) for _ in range(4)]
    assert tries == [PinWrong(1, 2), PinWrong(1, 1), PinBlocked(1), PinBlocked(1)]
    assert isinstance(ask(card, Sign(1, "A", bytearray(LITHUANIAN_PIN), DIGEST)), Signed), "the other copy is its own"


@pytest.mark.parametrize("control", ["", "6200", "6208A506A204A30282 00".replace(" ", ""), "620AA508A206A30482020403"])
def test_a_counter_that_cannot_be_is_unreadable(control: str, monkeypatch: pytest.MonkeyPatch) -> None:
    card = LithuanianCard(KEYS)
    driver = driver_of(card)
    exchange = PaceChannel.exchange

    def bent(channel: PaceChannel, command: CommandApdu) -> object:
        answer = exchange(channel, command)
        is_counter = command.ins == 0xA4 and command.data == b"\xac\xe3"
        return type(answer)(bytes.fromhex(control), answer.status) if is_counter else answer

    monkeypatch.setattr(PaceChannel, "exchange", bent)
    with pytest.raises(CardUnreadableError):
        driver.read_tries(PinRole.AUTHENTICATION)


# Poland and Slovenia: counters that nobody asks for


@pytest.mark.parametrize("make", [PolishCard, SlovenianCard])
def test_no_verify_without_a_pin_is_ever_sent(make: Callable[..., SimulatedCard]) -> None:
    card = make(KEYS)
    contents = read(card)
    assert isinstance(contents, CardContents)
    assert set(contents.tries.values()) == {PinTries(3, 3, is_counted=False)}
    assert card.tries_left() == (3, 3), "these cards take it for a wrong one"


def test_a_polish_card_takes_the_key_of_its_holder_and_not_the_one_that_no_pin_guards() -> None:
    card = PolishCard(KEYS)
    assert isinstance(ask(card, Authenticate(1, "A", bytearray(b"4321"), DIGEST)), PinWrong)
    assert card.tries_left() == (2, 3)


def test_a_slovenian_card_at_its_contacts_shows_files_to_everybody_and_takes_no_pin() -> None:
    card = SlovenianCard(KEYS)
    shown = card.transmit(CommandApdu(0x00, 0xA4, 0x08, 0x00, bytes.fromhex("2F00"), le=256).encode())
    assert shown[-2:] == b"\x90\x00"
    held = SlovenianCard(KEYS, is_held=True)
    hidden = held.transmit(CommandApdu(0x00, 0xA4, 0x08, 0x00, bytes.fromhex("2F00"), le=256).encode())
    assert hidden == b"\x69\x82"


def test_a_channel_that_was_not_opened_or_is_over_says_so() -> None:
    card = LithuanianCard(KEYS)
    channel = open_card(processors_for(FaultyCard(card).answer(8, b"\x69\x88")), CAN)
    assert isinstance(channel, PaceChannel)
    command = CommandApdu(0x00, 0xA4, 0x00, 0x0C, bytes.fromhex("3F00"))
    for _ in range(2):
        with pytest.raises(SecureMessagingError):
            channel.exchange(command)
