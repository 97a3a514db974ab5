# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a request to its outcome: the driver for the card, and every error as a value."""

from typing import Final

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
    Authenticate,
    CardContents,
    Failed,
    Failure,
    LastTryUnconfirmed,
    Outcome,
    PinBlocked,
    PinLengthRefused,
    PinOutcome,
    PinRole,
    PinWrong,
    ReadCard,
    Request,
    Sign,
    Signed,
)
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


def perform(request: Request, card: ApduProcessor) -> Outcome:
    """Do what ``request`` asks on an Estonian card of 2018; the request's PIN is wiped.

    Raises:
        CardError: the operation broke off; ``failed`` makes an outcome of it.
    """
    driver = EstonianIdCard(card)
    match request:
        case ReadCard(number):
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
    if isinstance(result, bytes):
        return Signed(request, result)
    match result.reason:
        case PinRefusalReason.WRONG:
            return PinWrong(request, result.tries_left)
        case PinRefusalReason.BLOCKED:
            return PinBlocked(request)
        case PinRefusalReason.LENGTH:
            return PinLengthRefused(request)
        case PinRefusalReason.LAST_TRY_UNCONFIRMED:
            return LastTryUnconfirmed(request)
