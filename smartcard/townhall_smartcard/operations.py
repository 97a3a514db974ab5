# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a request to its outcome on a card that is open: the driver for it, and every error as a value."""

from dataclasses import replace
from typing import Final

import msgspec

from townhall_smartcard.connection import CardConnection
from townhall_smartcard.emrtd.access import MrzNeeded
from townhall_smartcard.emrtd.document_read import DocumentRead, open_and_read
from townhall_smartcard.emrtd.messages import DocumentClosed, DocumentOpened, OpenDocument
from townhall_smartcard.emrtd.pace import PacePassword
from townhall_smartcard.errors import (
    CardError,
    CardMisuseError,
    CardMuteError,
    CardNotActivatedError,
    CardRemovedError,
    CardResetError,
    CardUnreadableError,
    CardUnsupportedError,
    PinPadError,
    ReaderBusyError,
    ServiceGoneError,
)
from townhall_smartcard.estonia import EstonianIdCard
from townhall_smartcard.messages import (
    Agree,
    Agreed,
    AtReader,
    Authenticate,
    CardContents,
    CardFamily,
    CardRequest,
    DocumentOutcome,
    Failed,
    Failure,
    LastTryUnconfirmed,
    NewPinUnfit,
    NoEntry,
    OpenCard,
    Outcome,
    PinBlocked,
    PinLengthRefused,
    PinNotEntered,
    PinOutcome,
    PinRefused,
    PinReplaced,
    PinRole,
    PinWrong,
    ReadCard,
    ReplacementOutcome,
    ReplacePin,
    ReplacePinAtReader,
    Request,
    Sign,
    Signed,
)
from townhall_smartcard.national.contract import NationalCard, NationalContents
from townhall_smartcard.national.new_pins import NewPinRefusal, NewPinRefused, PinKeeper
from townhall_smartcard.national.registry import NationalFamily, national_family
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pin_pad.pad import PadAbility, ReaderWithKeys
from townhall_smartcard.pin_rules import NewPin
from townhall_smartcard.pins import Pin, PinRefusal, PinRefusalReason, ReaderKeys
from townhall_smartcard.processors import ApduProcessor

_KEYS: Final = (PinRole.AUTHENTICATION, PinRole.SIGNATURE)
_FAILURES: Final[tuple[tuple[type[CardError], Failure], ...]] = (
    (CardRemovedError, Failure.CARD_REMOVED),
    (CardResetError, Failure.CARD_RESET),
    (ReaderBusyError, Failure.READER_BUSY),
    (CardMuteError, Failure.CARD_MUTE),
    (CardUnsupportedError, Failure.CARD_UNSUPPORTED),
    (CardNotActivatedError, Failure.CARD_NOT_ACTIVATED),
    (PinPadError, Failure.PIN_PAD),
    (CardUnreadableError, Failure.CARD_UNREADABLE),
    (ServiceGoneError, Failure.NO_SERVICE),
)


def perform(
    request: CardRequest,
    card: ApduProcessor,
    family: CardFamily = CardFamily.ESTEID_2018,
    keys: ReaderWithKeys | None = None,
) -> Outcome:
    """Do what ``request`` asks on an open card of a family; the request's PIN is wiped.

    Raises:
        PinPadError: a PIN was to be entered at a reader that has no ``keys``, or takes none with them.
        CardUnsupportedError: no driver serves the family, or the card has no such key.
        CardError: the operation broke off; ``failed`` makes an outcome of it.
    """
    found = national_family(family)
    if found is None:
        raise CardUnsupportedError
    driver = found.driver(card)
    match request:
        case ReadCard(number) | OpenCard(number):
            contents = contents_of(number, driver.read(), found.replaceable)
            return contents if keys is None else _at_reader(contents, found, card, keys.ability)
        case Authenticate() | Sign():
            return signed(request, driver, keys)
        case ReplacePin() | ReplacePinAtReader():
            if found.pins is None:
                raise CardUnsupportedError
            return _replaced(request, found.pins(card), keys)
        case Agree():
            if family is not CardFamily.ESTEID_2018:
                raise CardUnsupportedError
            return _agree(request, EstonianIdCard(card), _pin(request.pin, keys))


def is_for_keys(request: Request) -> bool:
    """Tell whether a request wants to know of the reader's keys, or to use them."""
    match request:
        case ReadCard() | ReplacePinAtReader():
            return True
        case Authenticate(pin=pin) | Sign(pin=pin) | Agree(pin=pin):
            return isinstance(pin, AtReader)
        case _:
            return False


def _pin(pin: bytearray | AtReader, keys: ReaderWithKeys | None) -> Pin:
    """Return the PIN, or the keys at which it is to be entered."""
    return pin if isinstance(pin, bytearray) else _keys(pin, keys)


def _keys(asked: AtReader, keys: ReaderWithKeys | None) -> ReaderKeys:
    if keys is None:
        raise PinPadError("the reader has no keys that are used")
    return keys.asked_in(asked.language, asked.timeout_s)


def _at_reader(contents: CardContents, found: NationalFamily, card: ApduProcessor, keys: PadAbility) -> CardContents:
    """Add for which of the card's PINs the reader's keys will do."""
    codes: tuple[PinFacts, ...] = ()
    if found.pins is not None:
        keeper = found.pins(card)
        codes = tuple(keeper.pin_facts(role) for role in (*found.replaceable, PinRole.UNBLOCKING))
    can_replace = bool(codes) and keys.replaces(*codes) and all(map(keys.verifies, codes))
    return msgspec.structs.replace(
        contents,
        at_reader=tuple(role for role in _KEYS if keys.verifies(found.driver(card).pin_facts(role))),
        replaceable_at_reader=found.replaceable if can_replace else (),
    )


def signed(request: Authenticate | Sign, driver: NationalCard, keys: ReaderWithKeys | None) -> PinOutcome:
    """Have the card use one of its keys; raises as ``perform`` does."""
    use = driver.authenticate if isinstance(request, Authenticate) else driver.sign
    made = use(_pin(request.pin, keys), request.digest, last_try_confirmed=request.last_try_confirmed)
    return Signed(request.request, made) if isinstance(made, bytes) else _refused(request.request, made)


def contents_of(request: int, read: NationalContents, replaceable: tuple[PinRole, ...]) -> CardContents:
    """Return what a card says; one without both keys serves nobody here."""
    if not read.certificates.keys() & read.tries.keys() & read.algorithms.keys() >= frozenset(_KEYS):
        raise CardUnsupportedError
    return CardContents(
        request=request,
        stated=replace(read.stated, untrusted_photo=b""),  # nobody shows it in a visit
        authentication_certificate=read.certificates[PinRole.AUTHENTICATION],
        signature_certificate=read.certificates[PinRole.SIGNATURE],
        tries=dict(read.tries),
        algorithms=dict(read.algorithms),
        replaceable=replaceable,
    )


def _agree(request: Agree, driver: EstonianIdCard, pin: Pin) -> Outcome:
    shared_x = driver.agree(pin, request.point, last_try_confirmed=request.last_try_confirmed)
    if not isinstance(shared_x, bytes):
        return _refused(request.request, shared_x)
    return Agreed(request.request, shared_x, driver.read_challenges(request.challenge_bytes))


def _replaced(
    request: ReplacePin | ReplacePinAtReader, keeper: PinKeeper, keys: ReaderWithKeys | None
) -> ReplacementOutcome:
    match _replacement(request, keeper, keys):
        case None:
            return PinReplaced(request.request)
        case NewPinRefused(faults):
            return NewPinUnfit(request.request, faults)
        case PinRefusal() as refusal:
            return _refused(request.request, refusal)


def _replacement(
    request: ReplacePin | ReplacePinAtReader, keeper: PinKeeper, keys: ReaderWithKeys | None
) -> NewPinRefusal | None:
    is_confirmed = request.last_try_confirmed
    if isinstance(request, ReplacePin):
        new = NewPin(request.new, request.birth_date, request.personal_code)
        replace_by = keeper.unblock if request.is_code_puk else keeper.change
        return replace_by(request.role, request.code, new, last_try_confirmed=is_confirmed)
    pad = _keys(request.keys, keys)
    replace_at = keeper.unblock_at_reader if request.is_code_puk else keeper.change_at_reader
    return replace_at(request.role, pad, last_try_confirmed=is_confirmed)


def open_document(request: OpenDocument, wire: CardConnection, *, is_t0: bool) -> DocumentOutcome:
    """Open and read the document behind ``wire``; raises ``CardError`` as ``perform`` does."""
    found = open_and_read(wire, PacePassword(request.reference, request.secret), is_t0=is_t0)
    if isinstance(found, DocumentRead):
        return DocumentOpened(request.request, found)
    return DocumentClosed(request.request, wants_zone=isinstance(found, MrzNeeded))


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


def _refused(request: int, result: PinRefusal) -> PinRefused:  # one line a reason
    match result.reason:
        case PinRefusalReason.WRONG:
            return PinWrong(request, result.tries_left)
        case PinRefusalReason.BLOCKED:
            return PinBlocked(request)
        case PinRefusalReason.LENGTH:
            return PinLengthRefused(request)
        case PinRefusalReason.LAST_TRY_UNCONFIRMED:
            return LastTryUnconfirmed(request)
        case PinRefusalReason.TIMED_OUT | PinRefusalReason.CANCELLED | PinRefusalReason.DIFFERED as reason:
            return PinNotEntered(request, NoEntry(reason.value))
        case PinRefusalReason.NOT_ACTIVATED:
            return Failed(request, Failure.CARD_NOT_ACTIVATED)
