# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""New PINs on both Estonian generations: over simulated cards, and over those with every fault at every command."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.apdu import CommandApdu, Ins, ResponseApdu, is_pin_command
from townhall_smartcard.connection import CardConnection, RawCommand
from townhall_smartcard.errors import (
    CardError,
    CardMuteError,
    CardRemovedError,
    CardUnreadableError,
    CardUnsupportedError,
)
from townhall_smartcard.messages import CardFamily, PinRole
from townhall_smartcard.national.new_pins import NewPinRefusal, NewPinRefused, PinKeeper
from townhall_smartcard.national.registry import FAMILIES, national_family
from townhall_smartcard.pin_rules import NewPin, NewPinFault
from townhall_smartcard.pins import (
    BLOCKED,
    LAST_TRY_UNCONFIRMED,
    LENGTH,
    NOT_ACTIVATED,
    PinRefusal,
    PinRefusalReason,
)
from townhall_smartcard.processors import ApduProcessor, processors_for
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys, CertifiedKey
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.national_keys import CertifiedHolder, NationalAuthority
from townhall_smartcard.simulation.thales_chip import ESTONIA_2025, PUK, TRANSPORT_PIN, ThalesChip
from townhall_smartcard.simulation.vpcd import VirtualCard

DIGEST: Final = bytes(range(48))
NO_CERTIFICATE: Final = b"\x30\x02\x05\x00"  # these drivers read none
KEYS_2018: Final = CardKeys(*(CertifiedKey(ec.generate_private_key(ec.SECP384R1()), NO_CERTIFICATE) for _ in range(2)))
KEYS_2025: Final = NationalAuthority("EE").issue_card_keys(
    CertifiedHolder("EE", "MALLI", "ANNA", "PNOEE-48503271234"), *ESTONIA_2025.kinds
)
PINS: Final = {PinRole.AUTHENTICATION: b"1234", PinRole.SIGNATURE: b"12345"}
GOOD: Final = b"482691"
OTHER: Final = b"591837"
REFERENCES: Final = {
    PinRole.AUTHENTICATION: PinReference.PIN1,
    PinRole.SIGNATURE: PinReference.PIN2,
    PinRole.UNBLOCKING: PinReference.PUK,
}
FAMILIES_WITH_PINS: Final = (CardFamily.ESTEID_2018, CardFamily.ESTEID_2025)
EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES_WITH_PINS, ids=lambda each: each.value)
EVERY_ROLE = pytest.mark.parametrize("role", [PinRole.AUTHENTICATION, PinRole.SIGNATURE], ids=lambda each: each.value)
EVERY_DELIVERY = pytest.mark.parametrize("delivery", list(Delivery))


class Recorder:
    """A connection that keeps what was sent."""

    def __init__(self, card: CardConnection) -> None:
        self._card = card
        self.sent: list[bytes] = []

    def transmit(self, command: RawCommand) -> bytes:
        self.sent.append(bytes(command))
        return self._card.transmit(command)

    def pin_commands(self) -> list[bytes]:
        return [each for each in self.sent if is_pin_command(each)]


def chip(family: CardFamily, delivery: Delivery = Delivery.DIRECT) -> VirtualCard:
    if family is CardFamily.ESTEID_2018:
        return EstonianCard(KADRI, KEYS_2018, delivery=delivery)
    return ThalesChip(KEYS_2025, ESTONIA_2025, pins=(b"1234", b"12345"), delivery=delivery)


def tries(card: VirtualCard, role: PinRole) -> int:
    """What the card's memory holds, asked by no command."""
    if isinstance(card, EstonianCard):
        return card.tries_left(REFERENCES[role])
    assert isinstance(card, ThalesChip)
    left = {PinRole.UNBLOCKING: card.puk_tries_left()}
    left[PinRole.AUTHENTICATION], left[PinRole.SIGNATURE] = card.tries_left()
    return left[role]


def keeper(card: CardConnection, family: CardFamily) -> PinKeeper:
    found = national_family(family)
    assert found is not None
    assert found.pins is not None
    return found.pins(processors_for(card))


@dataclass(frozen=True, slots=True)
class Act:
    """One of the two ways to a new PIN: how it is done, the code that it needs, and whose counter that costs."""

    do: Callable[[PinKeeper, PinRole, bytearray, NewPin, bool], NewPinRefusal | None]
    code: Callable[[PinRole], bytes]
    counted: Callable[[PinRole], PinRole]


ACTS: Final = {
    "change": Act(
        lambda pins, role, code, new, known: pins.change(role, code, new, last_try_confirmed=known),
        lambda role: PINS[role],
        lambda role: role,
    ),
    "unblock": Act(
        lambda pins, role, code, new, known: pins.unblock(role, code, new, last_try_confirmed=known),
        lambda _: PUK,
        lambda _: PinRole.UNBLOCKING,
    ),
}
EVERY_ACT = pytest.mark.parametrize("name", ACTS)


def act(
    card: CardConnection, family: CardFamily, name: str, role: PinRole, *, code: bytes, new: bytes, known: bool = False
) -> NewPinRefusal | None:
    """Do it; whatever comes of it, both codes are wiped."""
    entered, chosen = bytearray(code), NewPin(bytearray(new), KADRI.birth, KADRI.personal_code)
    try:
        return ACTS[name].do(keeper(card, family), role, entered, chosen, known)
    finally:
        assert entered == bytes(len(code))
        assert chosen.digits == bytes(len(new))


def opens(card: VirtualCard, family: CardFamily, role: PinRole, pin: bytes) -> bool:
    """Tell whether the card signs after this PIN."""
    found = national_family(family)
    assert found is not None
    used = found.driver(processors_for(card))
    use = used.authenticate if role is PinRole.AUTHENTICATION else used.sign
    return isinstance(use(bytearray(pin), DIGEST, last_try_confirmed=True), bytes)


@EVERY_FAMILY
@EVERY_ROLE
@EVERY_ACT
@EVERY_DELIVERY
def test_the_new_pin_opens_the_key_and_the_old_one_does_not(
    family: CardFamily, role: PinRole, name: str, delivery: Delivery
) -> None:
    card = chip(family, delivery)
    assert act(card, family, name, role, code=ACTS[name].code(role), new=GOOD) is None
    assert not opens(card, family, role, PINS[role])
    assert opens(card, family, role, GOOD)
    other = next(each for each in PINS if each is not role)
    assert opens(card, family, other, PINS[other]), "the other PIN is as it was"


@EVERY_FAMILY
@EVERY_ROLE
def test_a_blocked_pin_has_all_its_tries_again_after_the_puk(family: CardFamily, role: PinRole) -> None:
    card = chip(family)
    for _ in range(3):
        act(card, family, "change", role, code=OTHER, new=GOOD, known=True)
    assert tries(card, role) == 0
    assert act(card, family, "change", role, code=PINS[role], new=GOOD, known=True) == BLOCKED
    assert act(card, family, "unblock", role, code=PUK, new=GOOD) is None
    assert tries(card, role) == 3
    assert opens(card, family, role, GOOD)


@EVERY_FAMILY
@EVERY_ROLE
@EVERY_ACT
def test_wrong_codes_count_down_and_the_last_try_needs_a_word(family: CardFamily, role: PinRole, name: str) -> None:
    card, wrong = chip(family), b"59183746"
    for left in (2, 1):
        assert act(card, family, name, role, code=wrong, new=GOOD) == PinRefusal(PinRefusalReason.WRONG, left)
    assert act(card, family, name, role, code=ACTS[name].code(role), new=GOOD) == LAST_TRY_UNCONFIRMED
    assert tries(card, ACTS[name].counted(role)) == 1
    assert act(card, family, name, role, code=wrong, new=GOOD, known=True) == BLOCKED
    assert act(card, family, name, role, code=ACTS[name].code(role), new=GOOD, known=True) == BLOCKED


@EVERY_FAMILY
@EVERY_ROLE
@EVERY_ACT
def test_the_last_try_with_the_right_code_sets_the_pin(family: CardFamily, role: PinRole, name: str) -> None:
    card = chip(family)
    for _ in range(2):
        act(card, family, name, role, code=b"59183746", new=GOOD)
    assert act(card, family, name, role, code=ACTS[name].code(role), new=GOOD, known=True) is None
    assert opens(card, family, role, GOOD)


@EVERY_FAMILY
@EVERY_ROLE
@EVERY_ACT
@pytest.mark.parametrize(
    ("new", "fault"),
    [
        (b"482", NewPinFault.LENGTH),
        (b"4826915038274", NewPinFault.LENGTH),
        (b"48269x", NewPinFault.LENGTH),
        (b"777777", NewPinFault.REPEATS),
        (b"345678", NewPinFault.RUN),
        (f"{KADRI.birth:%Y%m%d}".encode(), NewPinFault.BIRTH_DATE),
        (KADRI.personal_code.encode(), NewPinFault.PERSONAL_CODE),
    ],
)
def test_a_new_pin_that_will_not_do_is_refused_before_the_card_is_asked(
    family: CardFamily, role: PinRole, name: str, new: bytes, fault: NewPinFault
) -> None:
    recorder = Recorder(chip(family))
    outcome = act(recorder, family, name, role, code=ACTS[name].code(role), new=new)
    assert isinstance(outcome, NewPinRefused)
    assert fault in outcome.faults
    assert recorder.sent == []


@EVERY_FAMILY
@EVERY_ACT
def test_a_code_of_impossible_form_is_refused_before_the_card_is_asked(family: CardFamily, name: str) -> None:
    recorder = Recorder(chip(family))
    for code in (b"123", b"1234567890123", b"12x45678", b""):
        assert act(recorder, family, name, PinRole.SIGNATURE, code=code, new=GOOD) == LENGTH
    assert recorder.sent == []


@EVERY_FAMILY
@EVERY_ROLE
@EVERY_ACT
def test_nothing_that_was_made_to_be_sent_keeps_a_code(family: CardFamily, role: PinRole, name: str) -> None:
    made: list[bytes | bytearray] = []

    class Keeping:
        def __init__(self, below: ApduProcessor) -> None:
            self._below = below

        def exchange(self, command: CommandApdu) -> ResponseApdu:
            if command.ins in (Ins.VERIFY, Ins.CHANGE_REFERENCE_DATA, Ins.RESET_RETRY_COUNTER):
                made.append(command.data)
            return self._below.exchange(command)

    found = national_family(family)
    assert found is not None
    assert found.pins is not None
    pins = found.pins(Keeping(processors_for(chip(family))))
    new = NewPin(bytearray(GOOD), KADRI.birth, KADRI.personal_code)
    assert ACTS[name].do(pins, role, bytearray(ACTS[name].code(role)), new, False) is None
    assert made
    assert not any(any(each) for each in made), "wiped"


@EVERY_FAMILY
@EVERY_ROLE
def test_the_present_pin_is_no_new_one(family: CardFamily, role: PinRole) -> None:
    card = chip(family)
    assert act(card, family, "change", role, code=GOOD, new=GOOD) == NewPinRefused((NewPinFault.SAME,))
    assert tries(card, role) == 3


Break = Callable[[FaultyCard, int], FaultyCard]
BREAKS: Final[dict[str, tuple[Break, type[CardError]]]] = {
    "pulled": (FaultyCard.tear, CardRemovedError),
    "pulled after": (FaultyCard.tear_answer, CardRemovedError),
    "mute": (FaultyCard.mute_after, CardMuteError),
    "refuses": (lambda card, index: card.answer(index, b"\x6f\x00"), CardUnreadableError),
    "warns": (lambda card, index: card.answer(index, b"\x62\x81"), CardUnreadableError),
    "wrong length expected": (lambda card, index: card.answer(index, b"\x6c\x00"), CardUnreadableError),
    "bare": (lambda card, index: card.cut(index, 1), CardUnreadableError),
}


@EVERY_FAMILY
@EVERY_ROLE
@EVERY_ACT
@pytest.mark.parametrize("fault", BREAKS)
def test_a_fault_at_any_command_is_named_and_no_code_is_sent_twice(
    family: CardFamily, role: PinRole, name: str, fault: str
) -> None:
    order, expected = BREAKS[fault]
    counted = FaultyCard(chip(family))
    assert act(counted, family, name, role, code=ACTS[name].code(role), new=GOOD) is None
    for index in range(counted.commands):
        card = chip(family)
        recorder = Recorder(order(FaultyCard(card), index))
        with pytest.raises(expected):
            act(recorder, family, name, role, code=ACTS[name].code(role), new=GOOD)
        sent = recorder.pin_commands()
        assert len(sent) == len(set(sent))
        assert tries(card, ACTS[name].counted(role)) == 3
        holds = [pin for pin in (PINS[role], GOOD) if opens(card, family, role, pin)]
        assert len(holds) == 1, "the old PIN or the new one, nothing in between"


@given(
    st.sampled_from(FAMILIES_WITH_PINS),
    st.sampled_from(list(PINS)),
    st.sampled_from(sorted(ACTS)),
    st.integers(0, 5),
    st.binary(max_size=60),
)
def test_whatever_a_card_says_no_code_is_sent_twice_and_nothing_else_escapes(
    family: CardFamily, role: PinRole, name: str, index: int, answer: bytes
) -> None:
    recorder = Recorder(FaultyCard(chip(family)).answer(index, answer))
    with contextlib.suppress(CardError):
        act(recorder, family, name, role, code=ACTS[name].code(role), new=GOOD)
    sent = recorder.pin_commands()
    assert len(sent) == len(set(sent))


@EVERY_FAMILY
@EVERY_ROLE
@EVERY_ACT
@pytest.mark.parametrize("status", ["6700", "6A80", "6985"])
def test_a_new_pin_that_the_card_does_not_like_is_said_so(
    family: CardFamily, role: PinRole, name: str, status: str
) -> None:
    counted = FaultyCard(chip(family))
    act(counted, family, name, role, code=ACTS[name].code(role), new=GOOD)
    refusing = FaultyCard(chip(family)).answer(counted.commands - 1, bytes.fromhex(status))
    refused = NewPinRefused((NewPinFault.NOT_TAKEN,))
    assert act(refusing, family, name, role, code=ACTS[name].code(role), new=GOOD) == refused


def test_the_commands_for_the_card_of_2018_are_those_of_the_known_client() -> None:
    recorder = Recorder(chip(CardFamily.ESTEID_2018))
    act(recorder, CardFamily.ESTEID_2018, "change", PinRole.AUTHENTICATION, code=b"1234", new=GOOD)
    act(recorder, CardFamily.ESTEID_2018, "change", PinRole.SIGNATURE, code=b"12345", new=GOOD)
    act(recorder, CardFamily.ESTEID_2018, "unblock", PinRole.AUTHENTICATION, code=PUK, new=OTHER)
    act(recorder, CardFamily.ESTEID_2018, "unblock", PinRole.SIGNATURE, code=PUK, new=OTHER)
    new, other = GOOD.hex().ljust(24, "f"), OTHER.hex().ljust(24, "f")
    puk = PUK.hex().ljust(24, "f")
    assert [each.hex() for each in recorder.pin_commands()] == [
        "0024000118" + b"1234".hex().ljust(24, "f") + new,
        "0024008518" + b"12345".hex().ljust(24, "f") + new,
        "002000020c" + puk,
        "002c02010c" + other,
        "002000020c" + puk,
        "002c02850c" + other,
    ]


def test_the_commands_for_the_card_of_2025_are_those_that_were_published() -> None:
    recorder = Recorder(chip(CardFamily.ESTEID_2025))
    act(recorder, CardFamily.ESTEID_2025, "change", PinRole.AUTHENTICATION, code=b"1234", new=GOOD)
    act(recorder, CardFamily.ESTEID_2025, "unblock", PinRole.SIGNATURE, code=PUK, new=OTHER)
    assert [each.hex() for each in recorder.pin_commands()] == [
        "0024008118" + b"1234".hex().ljust(24, "0") + GOOD.hex().ljust(24, "0"),
        "002c008218" + PUK.hex().ljust(24, "0") + OTHER.hex().ljust(24, "0"),
    ]


@EVERY_ROLE
def test_the_first_change_of_a_new_card_activates_that_pin_alone(role: PinRole) -> None:
    card, family = ThalesChip(KEYS_2025, ESTONIA_2025, pins=None), CardFamily.ESTEID_2025
    found = national_family(family)
    assert found is not None
    used = found.driver(processors_for(card))
    assert act(card, family, "change", role, code=TRANSPORT_PIN, new=GOOD) is None
    assert used.read_tries(role).is_activated
    assert opens(card, family, role, GOOD)
    other = next(each for each in PINS if each is not role)
    use = used.authenticate if other is PinRole.AUTHENTICATION else used.sign
    assert use(bytearray(TRANSPORT_PIN), DIGEST, last_try_confirmed=False) == NOT_ACTIVATED


def test_the_puk_of_2018_is_changed_as_a_pin_is() -> None:
    card, new_puk = chip(CardFamily.ESTEID_2018), b"4826917305"
    changed = act(card, CardFamily.ESTEID_2018, "change", PinRole.UNBLOCKING, code=PUK, new=new_puk)
    assert changed is None
    assert act(card, CardFamily.ESTEID_2018, "unblock", PinRole.SIGNATURE, code=new_puk, new=GOOD) is None


def test_nothing_unblocks_a_puk_and_the_one_of_2025_stays() -> None:
    cases = [(family, "unblock") for family in FAMILIES_WITH_PINS] + [(CardFamily.ESTEID_2025, "change")]
    for family, name in cases:
        recorder = Recorder(chip(family))
        with pytest.raises(CardUnsupportedError):
            act(recorder, family, name, PinRole.UNBLOCKING, code=PUK, new=b"4826917305")
        assert recorder.sent == []


def test_families_whose_commands_nobody_knows_have_no_keeper() -> None:
    assert {each.family for each in FAMILIES if each.pins is not None} == set(FAMILIES_WITH_PINS)
