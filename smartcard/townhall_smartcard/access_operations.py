# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a request to its outcome on a card that may want its access number first."""

from townhall_smartcard.access_numbers import is_access_number
from townhall_smartcard.cards import probe
from townhall_smartcard.emrtd.pace import PaceRefused
from townhall_smartcard.errors import CardRemovedError, CardUnreadableError, CardUnsupportedError
from townhall_smartcard.messages import (
    AccessNumberNeeded,
    AccessNumberWrong,
    Agree,
    Authenticate,
    CardFamily,
    CardRequest,
    OpenCard,
    Outcome,
    ReadCard,
    ReplacePin,
    ReplacePinAtReader,
    Sign,
)
from townhall_smartcard.national.paced import paced_family
from townhall_smartcard.opening import PaceChannel, open_card
from townhall_smartcard.operations import contents_of, perform, signed
from townhall_smartcard.pin_pad.pad import ReaderWithKeys
from townhall_smartcard.processors import ApduProcessor


def needs_access_number(family: CardFamily) -> bool:
    """Tell whether a card shows nothing before its access number is given."""
    return family is CardFamily.ESTEID_2018_BEHIND_PACE or paced_family(family) is not None


def perform_on(
    family: CardFamily,
    request: CardRequest,
    card: ApduProcessor,
    known_number: bytearray | None,
    keys: ReaderWithKeys | None = None,
) -> Outcome:
    """Do what ``request`` asks on a card that may have to be opened first.

    ``known_number`` has opened this very card before, and is left as it is. A card that is opened takes its PIN
    enciphered, which a reader's ``keys`` cannot do.

    Raises:
        CardError: the operation broke off; ``failed`` makes an outcome of it.
    """
    if not needs_access_number(family):
        return perform(request, card, family, keys)
    match request:
        case OpenCard():
            return _open_and_read(request, card, family)
        case ReadCard(number) if known_number is None:
            return AccessNumberNeeded(number)
        case _ if known_number is None:
            raise CardRemovedError  # the card that the person had opened is not this one
    opened = open_card(card, known_number)
    if isinstance(opened, PaceRefused):
        raise CardUnreadableError("opens no more with the number that opened it")
    return _perform_opened(request, opened, family)


def _open_and_read(request: OpenCard, card: ApduProcessor, family: CardFamily) -> Outcome:
    if not is_access_number(request.access_number):
        return AccessNumberWrong(request.request)
    opened = open_card(card, request.access_number)
    if isinstance(opened, PaceRefused):
        return AccessNumberWrong(request.request)
    if family is CardFamily.ESTEID_2018_BEHIND_PACE and probe(opened) is not CardFamily.ESTEID_2018:
        raise CardUnsupportedError
    return _perform_opened(request, opened, family)


def _perform_opened(request: CardRequest, opened: PaceChannel, family: CardFamily) -> Outcome:
    """Do what ``request`` asks on a card that its number opened."""
    found = paced_family(family)
    if found is None:  # what is behind the number is the card that others have at their contacts
        return perform(request, opened)
    driver = found.driver(opened)
    match request:
        case ReadCard(number) | OpenCard(number):
            return contents_of(number, driver.read(), ())
        case Authenticate() | Sign():
            return signed(request, driver, None)
        case ReplacePin() | ReplacePinAtReader() | Agree():
            raise CardUnsupportedError
