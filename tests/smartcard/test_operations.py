# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Requests and errors become outcomes."""

from typing import Final

import pytest

from townhall_smartcard import errors
from townhall_smartcard.errors import (
    CardError,
    CardMisuseError,
    CardMuteError,
    CardNotActivatedError,
    CardRemovedError,
    CardResetError,
    CardUnreadableError,
    CardUnsupportedError,
    ReaderBusyError,
    ServiceGoneError,
    UnexpectedStatusError,
)
from townhall_smartcard.messages import (
    Authenticate,
    CardContents,
    CardFamily,
    CardRequest,
    Failed,
    Failure,
    LastTryUnconfirmed,
    NewPinUnfit,
    Outcome,
    PinBlocked,
    PinLengthRefused,
    PinReplaced,
    PinRole,
    PinWrong,
    ReadCard,
    ReplacePin,
    Sign,
    Signed,
)
from townhall_smartcard.operations import code_of, failed, perform
from townhall_smartcard.pin_rules import NewPinFault
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.faulty_card import FaultyCard

DIGEST: Final = bytes(48)


@pytest.fixture
def card(kadri_keys: CardKeys) -> EstonianCard:
    return EstonianCard(KADRI, kadri_keys)


def ask(card: EstonianCard, request: CardRequest) -> Outcome:
    return perform(request, processors_for(card))


def test_a_read_card_is_told_whole(card: EstonianCard, kadri_keys: CardKeys) -> None:
    outcome = ask(card, ReadCard(7, "A"))
    assert isinstance(outcome, CardContents)
    assert (outcome.request, outcome.stated.personal_code) == (7, KADRI.personal_code)
    assert outcome.authentication_certificate == kadri_keys.authentication.certificate
    assert outcome.signature_certificate == kadri_keys.signature.certificate


@pytest.mark.parametrize(("kind", "pin"), [(Authenticate, b"1234"), (Sign, b"12345")])
def test_each_end_of_a_pin_is_an_outcome_of_the_same_number(
    card: EstonianCard, kind: type[Authenticate] | type[Sign], pin: bytes
) -> None:
    def attempt(entered: bytes, *, confirmed: bool = False) -> Outcome:
        request = kind(9, "A", bytearray(entered), DIGEST, confirmed)
        outcome = ask(card, request)
        assert request.pin == bytearray(len(entered)), "wiped"
        return outcome

    signed = attempt(pin)
    assert isinstance(signed, Signed)
    assert (signed.request, len(signed.signature)) == (9, 96)
    assert attempt(b"1") == PinLengthRefused(9)
    assert attempt(b"99999") == PinWrong(9, 2)
    assert attempt(b"99999") == PinWrong(9, 1)
    assert attempt(pin) == LastTryUnconfirmed(9)
    assert attempt(b"99999", confirmed=True) == PinBlocked(9)


def test_each_end_of_a_replacement_is_an_outcome_of_the_same_number(card: EstonianCard) -> None:
    def attempt(code: bytes, new: bytes, *, puk: bool = False, confirmed: bool = False) -> Outcome:
        entered, chosen = bytearray(code), bytearray(new)
        request = ReplacePin(
            9, "A", PinRole.SIGNATURE, entered, chosen, puk, confirmed, KADRI.birth, KADRI.personal_code
        )
        outcome = ask(card, request)
        assert entered == bytes(len(code)), "wiped"
        assert chosen == bytes(len(new)), "wiped"
        return outcome

    assert attempt(b"12345", b"482691") == PinReplaced(9)
    assert attempt(b"482691", b"482691") == NewPinUnfit(9, (NewPinFault.SAME,))
    assert attempt(b"482691", KADRI.personal_code.encode()) == NewPinUnfit(9, (NewPinFault.PERSONAL_CODE,))
    assert attempt(b"1", b"591837") == PinLengthRefused(9)
    assert attempt(b"99999", b"591837") == PinWrong(9, 2)
    assert attempt(b"99999", b"591837") == PinWrong(9, 1)
    assert attempt(b"482691", b"591837") == LastTryUnconfirmed(9)
    assert attempt(b"99999", b"591837", confirmed=True) == PinBlocked(9)
    assert attempt(b"12345678", b"591837", puk=True) == PinReplaced(9)
    assert isinstance(ask(card, Sign(9, "A", bytearray(b"591837"), DIGEST)), Signed)


def test_a_card_whose_commands_for_new_pins_nobody_knows_is_not_asked(card: EstonianCard) -> None:
    request = ReplacePin(9, "A", PinRole.SIGNATURE, bytearray(b"12345"), bytearray(b"482691"))
    untouched = FaultyCard(card)
    with pytest.raises(CardUnsupportedError):
        perform(request, processors_for(untouched), CardFamily.FINEID_4)
    assert untouched.commands == 0


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (CardRemovedError(), Failure.CARD_REMOVED),
        (CardResetError(), Failure.CARD_RESET),
        (ReaderBusyError(), Failure.READER_BUSY),
        (CardMuteError(), Failure.CARD_MUTE),
        (CardUnsupportedError(), Failure.CARD_UNSUPPORTED),
        (CardNotActivatedError(), Failure.CARD_NOT_ACTIVATED),
        (CardUnreadableError(), Failure.CARD_UNREADABLE),
        (ServiceGoneError(), Failure.NO_SERVICE),
    ],
)
def test_each_error_of_a_card_is_a_failure_with_a_code(error: CardError, failure: Failure) -> None:
    assert failed(3, error) == Failed(3, failure)
    assert code_of(failure) == type(error).code


def test_every_failure_has_an_error_behind_it() -> None:
    assert len({code_of(failure) for failure in Failure}) == len(Failure)


def test_an_unexpected_status_word_is_kept() -> None:
    assert failed(3, UnexpectedStatusError("SELECT", 0x6A82)) == Failed(3, Failure.CARD_UNREADABLE, 0x6A82)


def test_a_fault_of_the_program_is_no_outcome() -> None:
    with pytest.raises(CardMisuseError):
        failed(3, CardMisuseError("digest of 3 bytes"))


def test_a_reset_at_any_command_of_an_operation_is_a_reset_card(kadri_keys: CardKeys) -> None:
    class ResetCard(FaultyCard):
        def transmit(self, command: bytes | bytearray) -> bytes:
            try:
                return super().transmit(command)
            except CardRemovedError:
                raise CardResetError from None

    for request_of, commands in (
        (lambda: ReadCard(1, ""), 30),
        (lambda: Authenticate(1, "", bytearray(b"1234"), DIGEST), 6),
        (lambda: Sign(1, "", bytearray(b"12345"), DIGEST), 5),
    ):
        for index in range(commands):
            torn = ResetCard(EstonianCard(KADRI, kadri_keys)).tear(index)
            with pytest.raises(CardResetError) as caught:
                perform(request_of(), processors_for(torn))
            assert failed(1, caught.value).failure is Failure.CARD_RESET
            assert torn.commands == index + 1, "nothing is tried again"


def test_every_error_has_a_code_of_its_own() -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, CardError)]
    assert len({kind.code for kind in kinds}) == len(kinds)
