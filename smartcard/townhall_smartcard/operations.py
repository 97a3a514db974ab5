# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a request to its outcome: the driver for the card, and every error as a value."""

from typing import Final

from townhall_smartcard.cards import probe
from townhall_smartcard.emrtd.pace import PaceRefused
from townhall_smartcard.errors import (
    CardError,
    CardMisuseError,
    CardMuteError,
    CardRemovedError,
    CardResetError,
    CardUnreadableError,
    CardUnsupportedError,
    ReaderBusyError,
    ServiceGoneError,
)
from townhall_smartcard.estonia import EstonianIdCard
from townhall_smartcard.messages import (
    ACCESS_NUMBER_DIGITS,
    AccessNumberNeeded,
    AccessNumberWrong,
    Agree,
    Agreed,
    Authenticate,
    CardContents,
    CardFamily,
    Failed,
    Failure,
    LastTryUnconfirmed,
    OpenCard,
    Outcome,
    PinBlocked,
    PinLengthRefused,
    PinOutcome,
    PinRefused,
    PinRole,
    PinWrong,
    ReadCard,
    Request,
    Sign,
    Signed,
)
from townhall_smartcard.opening import open_card
from townhall_smartcard.pins import PinRefusal, PinRefusalReason
from townhall_smartcard.processors import ApduProcessor

_FAILURES: Final[tuple[tuple[type[CardError], Failure], ...]] = (
    (CardRemovedError, Failure.CARD_REMOVED),
    (CardResetError, Failure.CARD_RESET),
    (ReaderBusyError, Failure.READER_BUSY),
    (CardMuteError, Failure.CARD_MUTE),
    (CardUnsupportedError, Failure.CARD_UNSUPPORTED),
    (CardUnreadableError, Failure.CARD_UNREADABLE),
    (ServiceGoneError, Failure.NO_SERVICE),
)


def perform_on(family: CardFamily, request: Request, card: ApduProcessor, known_number: bytearray | None) -> Outcome:
    """Do what ``request`` asks on a card that may have to be opened first.

    ``known_number`` has opened this very card before, and is left as it is.

    Raises:
        CardError: the operation broke off; ``failed`` makes an outcome of it.
    """
    if family is not CardFamily.ESTEID_2018_BEHIND_PACE:
        return perform(request, card)
    match request:
        case OpenCard():
            return _open_and_read(request, card)
        case ReadCard(number) if known_number is None:
            return AccessNumberNeeded(number)
        case _ if known_number is None:
            raise CardRemovedError  # the card that the person had opened is not this one
    opened = open_card(card, known_number)
    if isinstance(opened, PaceRefused):
        raise CardUnreadableError("opens no more with the number that opened it")
    return perform(request, opened)


def _open_and_read(request: OpenCard, card: ApduProcessor) -> Outcome:
    if not is_access_number(request.access_number):
        return AccessNumberWrong(request.request)
    opened = open_card(card, request.access_number)
    if isinstance(opened, PaceRefused):
        return AccessNumberWrong(request.request)
    if probe(opened) is not CardFamily.ESTEID_2018:
        raise CardUnsupportedError
    return perform(request, opened)


def perform(request: Request, card: ApduProcessor) -> Outcome:
    """Do what ``request`` asks on an open Estonian card of 2018; the request's PIN is wiped.

    Raises:
        CardError: the operation broke off; ``failed`` makes an outcome of it.
    """
    driver = EstonianIdCard(card)
    match request:
        case ReadCard(number) | OpenCard(number):
            contents = driver.read()
            return CardContents(
                request=number,
                stated=contents.stated,
                authentication_certificate=contents.certificates[PinRole.AUTHENTICATION],
                signature_certificate=contents.certificates[PinRole.SIGNATURE],
                tries=contents.tries,
            )
        case Authenticate(number, _, pin, digest, is_confirmed):
            return _pin_outcome(number, driver.authenticate(pin, digest, last_try_confirmed=is_confirmed))
        case Sign(number, _, pin, digest, is_confirmed):
            return _pin_outcome(number, driver.sign(pin, digest, last_try_confirmed=is_confirmed))
        case Agree(number, _, pin, point, is_confirmed, challenge_bytes):
            shared_x = driver.agree(pin, point, last_try_confirmed=is_confirmed)
            if not isinstance(shared_x, bytes):
                return _refused(number, shared_x)
            return Agreed(number, shared_x, driver.read_challenges(challenge_bytes))


def is_access_number(number: bytearray) -> bool:
    """Tell whether these bytes have the form of a card access number: the card need not be asked about others."""
    return len(number) == ACCESS_NUMBER_DIGITS and all(0x30 <= digit <= 0x39 for digit in number)


def failed(request: int, error: CardError) -> Failed:
    """Return the outcome that tells of ``error``.

    Raises:
        CardMisuseError: ``error`` itself, or one for which there is no outcome: the program is wrong, not the card.
    """
    for kind, failure in _FAILURES:
        if isinstance(error, kind):
            status = error.status if isinstance(error, CardUnreadableError) else 0
            return Failed(request, failure, status)
    raise CardMisuseError(error.code) from error


def code_of(failure: Failure) -> str:
    """Return the failure code (docs/failure-codes.md) that a screen shows for ``failure``."""
    return next(kind.code for kind, each in _FAILURES if each is failure)


def _pin_outcome(request: int, result: bytes | PinRefusal) -> PinOutcome:
    return Signed(request, result) if isinstance(result, bytes) else _refused(request, result)


def _refused(request: int, result: PinRefusal) -> PinRefused:
    match result.reason:
        case PinRefusalReason.WRONG:
            return PinWrong(request, result.tries_left)
        case PinRefusalReason.BLOCKED:
            return PinBlocked(request)
        case PinRefusalReason.LENGTH:
            return PinLengthRefused(request)
        case PinRefusalReason.LAST_TRY_UNCONFIRMED:
            return LastTryUnconfirmed(request)
        case PinRefusalReason.NOT_ACTIVATED:
            return Failed(request, Failure.CARD_UNSUPPORTED)
