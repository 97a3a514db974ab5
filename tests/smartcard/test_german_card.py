# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""German cards through their PIN states: cards of ours and cards whose PACE is OpenPACE's, whole and failing."""

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

import pytest
from tests.smartcard.emrtd.openpace_identity_card import OpenPaceIdentityCard
from tests.smartcard.using_cards import BREAKS, PULLED_BEFORE_THE_ANSWER, Break

from townhall_smartcard.cards import probe
from townhall_smartcard.emrtd.security_infos import SET
from townhall_smartcard.errors import CardError, CardUnreadableError, CardUnsupportedError, SecureMessagingError
from townhall_smartcard.messages import SERVED_FAMILIES, CardFamily, PinRole
from townhall_smartcard.national.german_codes import (
    AccessNumberNeeded,
    AccessNumberWrong,
    GermanCodes,
    NothingToUnblock,
    Opened,
    PinDeactivated,
    PukSpent,
    PukWrong,
)
from townhall_smartcard.national.german_pin import (
    Blocked,
    Deactivated,
    PinState,
    Ready,
    Resumed,
    Suspended,
    Transport,
)
from townhall_smartcard.national.germany import GermanCard, is_german
from townhall_smartcard.national.new_pins import NewPinRefused
from townhall_smartcard.pin_rules import NewPin, NewPinFault
from townhall_smartcard.pins import BLOCKED, LAST_TRY_UNCONFIRMED, LENGTH, PinRefusal, PinRefusalReason
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation import states
from townhall_smartcard.simulation.chip_channel import ChannelFault
from townhall_smartcard.simulation.documents import DocumentWish, document
from townhall_smartcard.simulation.emrtd_chip import EmrtdChip
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.german_card import GermanChip
from townhall_smartcard.simulation.german_contents import (
    CAN,
    PIN,
    PUK,
    TRANSPORT_PIN,
    GermanHabits,
    GermanSecrets,
)
from townhall_smartcard.simulation.state_keys import CurveStateKey
from townhall_smartcard.simulation.vpcd import VirtualCard
from townhall_smartcard.tlv import encode

OTHER: Final = b"628318"
WRONG: Final = b"141421"


class Counted(Protocol):
    """A card of either maker, and what it counted."""

    atr: bytes

    def transmit(self, command: bytes) -> bytes: ...

    def reset(self) -> None: ...

    def counted(self) -> tuple[int, bytes, int]: ...


class Ours(GermanChip):
    def counted(self) -> tuple[int, bytes, int]:
        return self.secrets.tries, self.secrets.pin, self.secrets.puk_uses


class Theirs(OpenPaceIdentityCard):
    def counted(self) -> tuple[int, bytes, int]:
        return self.tries, self.codes[3], self.puk_uses


Maker: TypeAlias = Callable[..., Ours | Theirs]


def ours(habits: GermanHabits) -> Maker:
    def make(tries: int = 3, pin: bytes = PIN, puk_uses: int = 10) -> Ours:
        return Ours(GermanSecrets(pin=pin, tries=tries, puk_uses=puk_uses), habits)

    return make


def theirs(*, is_strict: bool) -> Maker:
    def make(tries: int = 3, pin: bytes = PIN, puk_uses: int = 10) -> Theirs:
        card = Theirs(is_strict=is_strict)
        card.tries, card.puk_uses, card.codes[3] = tries, puk_uses, pin
        return card

    return make


MAKERS: Final = {
    "ours": ours(GermanHabits()),
    "ours, bare": ours(GermanHabits(counts_in_answers=False)),
    "ours, in the open": ours(GermanHabits(resumes_in_the_open=True)),
    "OpenPACE, strict": theirs(is_strict=True),
    "OpenPACE, as virtual cards": theirs(is_strict=False),
}
every_maker = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def codes(card: VirtualCard) -> GermanCodes:
    return GermanCodes(processors_for(card))


def new(pin: bytes = OTHER) -> NewPin:
    return NewPin(bytearray(pin), None, "")


def enter(card: VirtualCard, pin: bytes, can: bytes | None = None, *, confirmed: bool = False) -> object:
    entered, number = bytearray(pin), None if can is None else bytearray(can)
    outcome = codes(card).enter(entered, number, last_try_confirmed=confirmed)
    assert not any(entered), "wiped"
    assert not any(number or b""), "wiped"
    return outcome


def set_pin(card: VirtualCard, present: bytes, wanted: bytes, can: bytes | None = None) -> object:
    entered, chosen, number = bytearray(present), new(wanted), None if can is None else bytearray(can)
    outcome = codes(card).set_pin(entered, chosen, number, last_try_confirmed=True)
    assert not any(entered + chosen.digits + (number or b"")), "wiped"
    return outcome


def opened(state: PinState) -> Callable[[object], bool]:
    return lambda outcome: isinstance(outcome, Opened) and outcome.state == state


# Which card it is


@every_maker
def test_each_is_recognised_by_its_files_and_read_at_desks_alone(make: Maker) -> None:
    assert probe(processors_for(make())) is CardFamily.NPA
    assert CardFamily.NPA not in SERVED_FAMILIES


def test_the_directory_or_the_versions_are_enough_and_one_of_them_is_needed() -> None:
    for shows_directory, shows_versions in ((True, False), (False, True), (False, False)):
        habits = GermanHabits(shows_directory=shows_directory, shows_versions=shows_versions)
        assert is_german(processors_for(GermanChip(habits=habits))) is (shows_directory or shows_versions)


def test_a_card_without_pace_is_none_whatever_else_it_says() -> None:
    assert not is_german(processors_for(GermanChip(habits=GermanHabits(offers=()))))


@pytest.mark.parametrize("wish", ["pace", "bac"])
def test_a_passport_is_never_taken_for_one(wish: str) -> None:
    signer = states.document_signer(states.authority(CurveStateKey("brainpoolp384r1", digest="sha384")))
    contents = document(DocumentWish(signer) if wish == "pace" else DocumentWish(signer, offers=()))
    assert not is_german(processors_for(EmrtdChip(contents), is_extended=True))


HOSTILE: Final = {
    "empty": b"",
    "no set": b"\x30\x03\x02\x01\x02",
    "torn": encode(SET, b"\x30\x20\x06\x08"),
    "endless": b"\x31\x84\x7f\xff\xff\xff" + bytes(200),
    "bytes": bytes(range(256)),
    "an info without an identifier": encode(SET, encode(0x30, b"\x02\x01\x02")),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_card_access_makes_no_german_card_and_no_code_is_used(content: bytes) -> None:
    card = GermanChip()
    card._files[0x011C] = content
    assert not is_german(processors_for(card))
    with pytest.raises((CardUnreadableError, CardUnsupportedError)):
        enter(card, PIN)
    assert card.secrets.tries == 3


# What it tells without a code


@every_maker
@pytest.mark.parametrize("tries", [3, 2, 1, 0])
def test_asking_uses_no_try(make: Maker, tries: int) -> None:
    card = make(tries)
    told = {3: Ready(3), 2: Ready(2), 1: Suspended(), 0: Blocked()}[tries]
    if isinstance(card, Theirs) and not card.is_strict and tries == 2:
        told = Ready(3)  # such cards tell of the last try alone
    for _ in range(5):
        assert codes(card).state() == told
    assert card.counted() == (tries, PIN, 10)


def test_a_deactivated_pin_is_told_and_no_code_is_used() -> None:
    card = Ours(GermanSecrets(is_active=False))
    assert codes(card).state() == Deactivated()
    assert enter(card, PIN, CAN, confirmed=True) == PinDeactivated()
    assert set_pin(card, PIN, OTHER, CAN) == PinDeactivated()
    assert codes(card).unblock(bytearray(PUK)) == PinDeactivated()
    assert card.counted() == (3, PIN, 10)
    tries = GermanCard(processors_for(card)).read_tries(PinRole.AUTHENTICATION)
    assert (tries.left, tries.is_activated) == (0, False)


def test_the_driver_states_nothing_of_the_holder_and_has_no_key() -> None:
    driver = GermanCard(processors_for(GermanChip()))
    contents = driver.read()
    assert (contents.certificates, contents.algorithms, contents.evidence) == ({}, {}, ())
    assert contents.tries[PinRole.AUTHENTICATION].left == 3
    pin = bytearray(PIN)
    with pytest.raises(CardUnsupportedError):
        driver.sign(pin, bytes(32), last_try_confirmed=True)
    assert not any(pin)


# Access number and PIN


@every_maker
def test_the_access_number_proves_presence_and_a_wrong_one_costs_nothing(make: Maker) -> None:
    card = make()
    number = bytearray(CAN)
    assert opened(Ready(3))(codes(card).prove_presence(number))
    assert not any(number), "wiped"
    for wrong in (b"500541", b"50054", b"5005400", b"50054x", b""):
        assert codes(card).prove_presence(bytearray(wrong)) == AccessNumberWrong()
    assert card.counted() == (3, PIN, 10)


@every_maker
def test_a_suspended_pin_is_resumed_by_the_access_number(make: Maker) -> None:
    card = make(1)
    assert opened(Resumed())(codes(card).prove_presence(bytearray(CAN)))
    card.reset()
    assert codes(card).state() == Suspended()


@every_maker
def test_wrong_pins_count_down_to_the_suspended_try_and_the_access_number_gives_it(make: Maker) -> None:
    card = make()
    first, second = enter(card, WRONG), enter(card, WRONG)
    assert isinstance(first, PinRefusal)
    assert first == PinRefusal(PinRefusalReason.WRONG, 2)
    assert second == PinRefusal(PinRefusalReason.WRONG, 1)
    assert enter(card, PIN) == LAST_TRY_UNCONFIRMED
    assert enter(card, PIN, confirmed=True) == AccessNumberNeeded()
    assert enter(card, PIN, b"500541", confirmed=True) == AccessNumberWrong()
    assert enter(card, PIN, b"5", confirmed=True) == AccessNumberWrong()
    assert card.counted()[0] == 1
    assert opened(Ready(3))(enter(card, PIN, CAN, confirmed=True))
    assert card.counted() == (3, PIN, 10)


@every_maker
def test_the_last_wrong_pin_blocks_and_no_more_is_used(make: Maker) -> None:
    card = make(1)
    assert enter(card, WRONG, CAN, confirmed=True) == BLOCKED
    assert codes(card).state() == Blocked()
    assert enter(card, PIN, CAN, confirmed=True) == BLOCKED
    assert set_pin(card, PIN, OTHER, CAN) == BLOCKED
    assert card.counted()[0] == 0


@pytest.mark.parametrize("pin", [b"", b"1234", b"1234567", b"12345x"])
def test_what_no_pin_can_be_is_not_used(pin: bytes) -> None:
    card = Ours()
    assert enter(card, pin) == LENGTH
    assert card.counted()[0] == 3


# The first PIN, another PIN, the PUK


@every_maker
def test_a_transport_pin_is_told_and_replaced_by_a_pin_of_ones_own(make: Maker) -> None:
    card = make(pin=TRANSPORT_PIN)
    assert opened(Transport())(enter(card, TRANSPORT_PIN))
    assert set_pin(card, TRANSPORT_PIN, OTHER) is None
    assert card.counted()[1] == OTHER
    assert opened(Ready(3))(enter(card, OTHER))


@every_maker
def test_a_pin_is_changed_and_a_suspended_one_too_with_the_access_number(make: Maker) -> None:
    card = make()
    assert set_pin(card, PIN, OTHER) is None
    card = make(1)
    assert set_pin(card, PIN, OTHER) == AccessNumberNeeded()
    assert set_pin(card, PIN, OTHER, CAN) is None
    assert card.counted()[:2] == (3, OTHER)


@every_maker
def test_a_wrong_present_pin_changes_nothing(make: Maker) -> None:
    card = make()
    assert set_pin(card, WRONG, OTHER) == PinRefusal(PinRefusalReason.WRONG, 2)
    assert card.counted()[:2] == (2, PIN)


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        (b"777777", NewPinFault.REPEATS),
        (b"123456", NewPinFault.RUN),
        (b"31415", NewPinFault.LENGTH),
        (b"3141592", NewPinFault.LENGTH),
        (PIN, NewPinFault.SAME),
    ],
)
def test_a_new_pin_that_will_not_do_is_refused_before_a_code_is_used(wanted: bytes, fault: NewPinFault) -> None:
    card = Ours()
    outcome = set_pin(card, PIN, wanted)
    assert isinstance(outcome, NewPinRefused)
    assert fault in outcome.faults
    assert card.counted() == (3, PIN, 10)


@every_maker
def test_a_blocked_pin_gets_its_tries_back_and_stays_what_it_was(make: Maker) -> None:
    card = make(0)
    puk = bytearray(PUK)
    assert codes(card).unblock(puk) is None
    assert not any(puk), "wiped"
    assert card.counted() == (3, PIN, 9)
    assert opened(Ready(3))(enter(card, PIN))


def test_a_card_that_refuses_to_give_tries_back_and_stays_blocked_is_an_error() -> None:
    chip = Ours(GermanSecrets(tries=0))
    counted = FaultyCard(chip)
    assert codes(counted).unblock(bytearray(PUK)) is None
    chip = Ours(GermanSecrets(tries=0))
    with pytest.raises(SecureMessagingError):
        codes(FaultyCard(chip).answer(counted.commands - 1, b"\x69\x88")).unblock(bytearray(PUK))
    assert chip.counted()[0] == 0


@every_maker
@pytest.mark.parametrize("tries", [3, 1])
def test_a_pin_that_is_not_blocked_costs_no_use_of_the_puk(make: Maker, tries: int) -> None:
    card = make(tries)
    assert isinstance(codes(card).unblock(bytearray(PUK)), NothingToUnblock)
    assert card.counted() == (tries, PIN, 10)


@every_maker
def test_a_wrong_puk_and_one_that_was_used_up_are_told_apart(make: Maker) -> None:
    assert codes(make(0)).unblock(bytearray(b"0123456789")) == PukWrong()
    card = make(0, puk_uses=0)
    assert codes(card).unblock(bytearray(PUK)) == PukSpent()
    assert card.counted()[0] == 0
    assert codes(card).unblock(bytearray(b"98765")) == LENGTH


# Cards that fail

Journey: TypeAlias = Callable[[VirtualCard], object]
JOURNEYS: Final[dict[str, tuple[int, bytes, Journey]]] = {
    "presence": (3, PIN, lambda card: codes(card).prove_presence(bytearray(CAN))),
    "pin": (3, PIN, lambda card: enter(card, PIN)),
    "resume": (1, PIN, lambda card: enter(card, PIN, CAN, confirmed=True)),
    "change": (3, PIN, lambda card: set_pin(card, PIN, OTHER)),
    "first": (3, TRANSPORT_PIN, lambda card: set_pin(card, TRANSPORT_PIN, OTHER)),
    "unblock": (0, PIN, lambda card: codes(card).unblock(bytearray(PUK))),
}


def commands_of(make: Maker, name: str) -> int:
    tries, pin, journey = JOURNEYS[name]
    card = FaultyCard(make(tries, pin))
    outcome = journey(card)
    assert outcome is None or isinstance(outcome, Opened)
    return card.commands


@pytest.mark.parametrize("name", JOURNEYS)
@pytest.mark.parametrize("make", [MAKERS["ours"], MAKERS["OpenPACE, strict"]], ids=["ours", "OpenPACE"])
@pytest.mark.parametrize("how", [*BREAKS, *PULLED_BEFORE_THE_ANSWER])
def test_a_card_that_fails_at_any_command_is_a_typed_error_and_has_the_old_pin_or_the_new(
    make: Maker, name: str, how: str
) -> None:
    break_at: Break = {**BREAKS, **PULLED_BEFORE_THE_ANSWER}[how][0]
    tries, pin, journey = JOURNEYS[name]
    for index in range(commands_of(make, name)):
        card = make(tries, pin)
        try:
            outcome = journey(break_at(FaultyCard(card), index))
        except CardError:
            pass
        else:  # what a card may leave out
            assert outcome is None or isinstance(outcome, Opened | PukSpent), (index, outcome)
        left, now, puk_uses = card.counted()
        assert now in {pin, OTHER}
        assert left >= tries - 1, "one code was used at most"
        assert puk_uses >= 9
        card.reset()
        if name in ("change", "first") and how == "pulled" and index < commands_of(make, name) - 1:
            assert now == pin, "nothing half done"


@pytest.mark.parametrize("fault", [each for each in ChannelFault if each is not ChannelFault.WRONG_PADDING])
def test_no_answer_without_a_right_checksum_says_that_a_pin_was_set(fault: ChannelFault) -> None:
    card = GermanChip(faults={0: fault})
    with pytest.raises(SecureMessagingError):
        set_pin(card, PIN, OTHER)
    blocked = GermanChip(GermanSecrets(tries=0), faults={0: fault})
    with pytest.raises(SecureMessagingError):
        codes(blocked).unblock(bytearray(PUK))


@pytest.mark.parametrize("status", ["6300", "6982", "6A88", "6F00", "9000"])
@pytest.mark.parametrize("name", JOURNEYS)
def test_a_wrong_status_word_at_any_command_opens_nothing(name: str, status: str) -> None:
    make = MAKERS["ours"]
    tries, pin, journey = JOURNEYS[name]
    for index in range(commands_of(make, name)):
        card = make(tries, pin)
        faulty = FaultyCard(card).answer(index, bytes.fromhex(status))
        try:
            outcome = journey(faulty)
        except CardError:
            continue
        finally:
            assert card.counted()[0] >= tries - 1
        if isinstance(outcome, Opened) or outcome is None:  # SELECT and MSE may say so: the card then went on
            assert faulty.commands > index + 1, "the last word was a lie, and was believed"


def test_no_code_shows_in_what_is_told() -> None:
    card = Ours()
    told = repr((enter(card, PIN), card.secrets, GermanSecrets(), codes(card)))
    for secret in (PIN, CAN, PUK):
        assert secret.decode() not in told
