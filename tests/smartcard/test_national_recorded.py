# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every recorded national card under the one contract: what its client sent, and signatures that verify."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from asn1crypto.x509 import Certificate

from townhall_crypto.card_signature import is_card_signature
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardError, CardMuteError, CardRemovedError, CardUnreadableError
from townhall_smartcard.messages import CardFamily, PinRole, PinTries
from townhall_smartcard.national.contract import NationalCard
from townhall_smartcard.national.registry import NationalFamily, family_by_atr
from townhall_smartcard.pins import PinRefusal
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.recorded import RecordedCard, RecordedDialogue, load_dialogues

VECTORS: Final = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "apdu-dialogues.json"


@dataclass(frozen=True, slots=True)
class Played:
    """A dialogue, and what is asked of a driver to play it."""

    name: str
    family: CardFamily
    role: PinRole
    pin: bytes
    most_tries: int

    def dialogue(self) -> RecordedDialogue:
        assert VECTORS.exists(), "the shared vectors must lie beside the repository"
        return next(each for each in load_dialogues(VECTORS) if each.name == self.name)


PLAYED: Final = (
    Played(
        "esteid_idemia_v1_select_auth_certificate_and_authenticate",
        CardFamily.ESTEID_2018,
        PinRole.AUTHENTICATION,
        b"1234",
        3,
    ),
    Played(
        "esteid_idemia_v1_select_sign_certificate_and_signing",
        CardFamily.ESTEID_2018,
        PinRole.SIGNATURE,
        b"12345",
        3,
    ),
    Played(
        "lateid_idemia_v1_select_auth_certificate_and_authenticate",
        CardFamily.LATEID_2012,
        PinRole.AUTHENTICATION,
        b"1234",
        3,
    ),
    Played(
        "lateid_idemia_v1_select_sign_certificate_and_signing",
        CardFamily.LATEID_2012,
        PinRole.SIGNATURE,
        b"123456",
        3,
    ),
    Played(
        "fineid_v3_select_auth_certificate_and_authenticate",
        CardFamily.FINEID_3,
        PinRole.AUTHENTICATION,
        b"1234",
        5,
    ),
    Played("fineid_v3_select_sign_certificate_and_signing", CardFamily.FINEID_3, PinRole.SIGNATURE, b"123456", 5),
)
EVERY_DIALOGUE = pytest.mark.parametrize("played", PLAYED, ids=lambda each: each.name)


class Listening:
    """A connection that remembers what was sent."""

    def __init__(self, card: RecordedCard) -> None:
        self._card = card
        self.asked: list[bytes] = []

    def transmit(self, command: RawCommand) -> bytes:
        self.asked.append(bytes(command))
        return self._card.transmit(command)


def family_of(played: Played) -> NationalFamily:
    found = family_by_atr(played.dialogue().atr)
    assert found is not None
    return found


def digest_of(card: NationalCard, played: Played) -> bytes:
    signed = played.dialogue().signed_data
    assert signed is not None
    return card.algorithm(played.role).digest.of(signed)


def use_key(card: NationalCard, played: Played, pin: bytearray, digest: bytes) -> bytes | PinRefusal:
    use = card.authenticate if played.role is PinRole.AUTHENTICATION else card.sign
    return use(pin, digest, last_try_confirmed=False)


def read_and_use(card: NationalCard, played: Played, pin: bytearray, digest: bytes) -> None:
    card.read_certificate(played.role)
    use_key(card, played, pin, digest)


def play(card: NationalCard, played: Played) -> tuple[bytes, bytes | PinRefusal]:
    certificate = card.read_certificate(played.role)
    return certificate, use_key(card, played, bytearray(played.pin), digest_of(card, played))


@EVERY_DIALOGUE
def test_an_atr_tells_the_family(played: Played) -> None:
    assert family_of(played).family is played.family


@EVERY_DIALOGUE
def test_a_recorded_card_signs_and_its_certificate_says_so(played: Played) -> None:
    recording = played.dialogue()
    card = family_of(played).driver(processors_for(RecordedCard(recording)))
    certificate, signature = play(card, played)
    assert Certificate.load(certificate).subject.native["common_name"] == recording.certificate_subject
    assert isinstance(signature, bytes)
    assert signature == recording.steps[-1][1][:-2]
    algorithm, digest = card.algorithm(played.role), digest_of(card, played)
    assert is_card_signature(certificate, algorithm, digest, signature)
    assert not is_card_signature(certificate, algorithm, bytes(len(digest)), signature)


@EVERY_DIALOGUE
def test_every_recorded_command_is_sent_and_none_that_was_not(played: Played) -> None:
    recording = played.dialogue()
    listening = Listening(RecordedCard(recording))
    play(family_of(played).driver(processors_for(listening)), played)
    assert set(listening.asked) == {command for command, _ in recording.steps}


@EVERY_DIALOGUE
def test_a_recorded_counter_is_read(played: Played) -> None:
    card = family_of(played).driver(processors_for(RecordedCard(played.dialogue())))
    assert card.read_tries(played.role).maximum == played.most_tries


Break = Callable[[FaultyCard, int], FaultyCard]
BREAKS: Final[dict[str, tuple[Break, type[CardError]]]] = {
    "pulled": (FaultyCard.tear, CardRemovedError),
    "pulled-after": (FaultyCard.tear_answer, CardRemovedError),
    "mute": (FaultyCard.mute_after, CardMuteError),
    "refuses": (lambda card, index: card.answer(index, b"\x6f\x00"), CardUnreadableError),
    "torn": (lambda card, index: card.cut(index, 1), CardUnreadableError),
}


@EVERY_DIALOGUE
@pytest.mark.parametrize("name", BREAKS)
def test_a_fault_at_any_command_is_named_and_the_pin_is_wiped(played: Played, name: str) -> None:
    recording, (order, expected) = played.dialogue(), BREAKS[name]
    count = Listening(RecordedCard(recording))
    driver = family_of(played).driver
    play(driver(processors_for(count)), played)
    digest = digest_of(driver(processors_for(RecordedCard(recording))), played)
    for index in range(len(count.asked)):
        card = driver(processors_for(order(FaultyCard(RecordedCard(recording)), index)))
        pin = bytearray(played.pin)
        with pytest.raises(expected):
            read_and_use(card, played, pin, digest)
        assert pin in (played.pin, bytes(len(played.pin))), "not touched yet, or wiped"


@EVERY_DIALOGUE
def test_a_digest_of_another_length_or_an_impossible_pin_never_reaches_the_card(played: Played) -> None:
    listening = Listening(RecordedCard(played.dialogue()))
    card = family_of(played).driver(processors_for(listening))
    for pin in (b"", b"123", b"1234567890123", b"12a456"):
        entered = bytearray(pin)
        digest = digest_of(card, played)
        assert isinstance(use_key(card, played, entered, digest), PinRefusal)
        assert entered == bytes(len(pin))
    assert not any(command[1] == 0x20 for command in listening.asked)


@EVERY_DIALOGUE
@pytest.mark.parametrize(("left", "sent"), [(0, 0), (1, 0), (2, 1)])
def test_a_blocked_pin_and_an_unconfirmed_last_try_are_not_sent(played: Played, left: int, sent: int) -> None:
    class FewTries(Listening):
        def transmit(self, command: RawCommand) -> bytes:
            answer = super().transmit(command)
            return with_left(answer, left) if command[1] == 0xCB else answer

    few = FewTries(RecordedCard(played.dialogue()))
    card = family_of(played).driver(processors_for(few))
    assert card.read_tries(played.role) == PinTries(left, played.most_tries)
    use_key(card, played, bytearray(played.pin), digest_of(card, played))
    assert sum(command[1] == 0x20 for command in few.asked) == sent


def with_left(answer: bytes, left: int) -> bytes:
    """Change the tries left in an answer of either maker's cards."""
    for before in (bytes.fromhex("9B01"), bytes.fromhex("DF2104")):
        at = answer.find(before)
        if at >= 0:
            at += len(before)
            return answer[:at] + bytes((left,)) + answer[at + 1 :]
    raise AssertionError("no counter")
