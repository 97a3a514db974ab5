# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""German identity cards, residence permits and eID cards: what they show to everybody, and how they are recognised.

That is how they are opened (EF.CardAccess), and in which state the PIN is. No file about the holder is among it: those
the card shows to whoever has a terminal certificate of the state (BSI TR-03127 §4.1), which ``eid_server`` is about.
"""

from contextlib import suppress
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm
from townhall_smartcard.apdu import MAX_SHORT_LE
from townhall_smartcard.emrtd.access import select_master_file
from townhall_smartcard.emrtd.card_access import chosen, pace_infos
from townhall_smartcard.emrtd.files import CARD_ACCESS, DIRECTORY
from townhall_smartcard.emrtd.pace import PasswordReference, choice_of
from townhall_smartcard.emrtd.reading import FileReader
from townhall_smartcard.emrtd.security_infos import (
    ChipAuthenticationInfo,
    PaceInfo,
    SecurityInfo,
    TerminalAuthenticationInfo,
    parse_security_infos,
)
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError
from townhall_smartcard.messages import CardStatement, PinRole, PinTries
from townhall_smartcard.national.contract import NationalContents
from townhall_smartcard.national.german_pin import MOST_TRIES, Deactivated, PinState, state_of, tries_in
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pins import Pin, PinRefusal, wiped
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.tlv import encoded_length, parse_all, value_at

EID_APPLICATION: Final = bytes.fromhex("E80704007F00070302")
"""The name of the eID application (TR-03110-4 §2.2)."""
_TEMPLATE: Final = 0x61
_NAME: Final = 0x4F
_DIRECTORY_BYTES: Final = 0x5A  # as long as the directory of these cards is
_SECOND_VERSION: Final = 2


class OpenedGermanCard:
    """What a card says of its protocols, read anew by each operation; its master file is selected."""

    def __init__(self, card: ApduProcessor) -> None:
        """Read EF.CardAccess.

        Raises:
            CardUnreadableError: it is there and is none.
            CardUnsupportedError: the card offers no PACE that is served.
        """
        self.card: Final = card
        self.infos: Final = _read_infos(card)
        offers = pace_infos(self.infos)
        offer = chosen(offers)
        if offer is None:
            raise CardUnsupportedError
        self.offer: Final[PaceInfo] = offer
        self.names_parameters: Final = sum(each.identifier == offer.identifier for each in offers) > 1

    def pin_state(self) -> PinState:
        """Ask in which state the PIN is; this uses no try and ends any session.

        Raises:
            UnexpectedStatusError: the card does not tell.
        """
        choice = choice_of(self.offer, PasswordReference.PIN, names_parameters=self.names_parameters)
        return state_of(self.card.exchange(choice).status)


class GermanCard:
    """One card in one transaction; see ``NationalCard``. It has no key that a kiosk could use."""

    def __init__(self, card: ApduProcessor) -> None:
        """Take the card."""
        self._card: Final = card

    def read(self) -> NationalContents:
        """Return the state of the PIN: all that the card tells without a terminal certificate."""
        return NationalContents(CardStatement(), {}, {}, {PinRole.AUTHENTICATION: self._tries()})

    def read_certificate(self, role: PinRole) -> bytes:  # noqa: ARG002 - the contract's
        """Raise CardUnsupportedError: there is none."""
        raise CardUnsupportedError

    def read_tries(self, role: PinRole) -> PinTries:
        """Read how many tries the PIN has left, the one behind the access number included."""
        if role is not PinRole.AUTHENTICATION:
            raise CardUnsupportedError
        return self._tries()

    def pin_facts(self, role: PinRole) -> PinFacts:  # noqa: ARG002 - the contract's
        """Raise CardUnsupportedError: its PIN opens a channel, and is presented in no command."""
        raise CardUnsupportedError

    def algorithm(self, role: PinRole) -> CardAlgorithm:  # noqa: ARG002 - the contract's
        """Raise CardUnsupportedError: there is no key."""
        raise CardUnsupportedError

    def authenticate(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:  # noqa: ARG002
        """Raise CardUnsupportedError, the PIN wiped."""
        with wiped(pin):
            raise CardUnsupportedError

    def sign(self, pin: Pin, digest: bytes, *, last_try_confirmed: bool) -> bytes | PinRefusal:
        """Raise CardUnsupportedError, the PIN wiped."""
        return self.authenticate(pin, digest, last_try_confirmed=last_try_confirmed)

    def _tries(self) -> PinTries:
        state = OpenedGermanCard(self._card).pin_state()
        return PinTries(tries_in(state), MOST_TRIES, is_activated=not isinstance(state, Deactivated))


def is_german(card: ApduProcessor) -> bool:
    """Tell whether a card is one; changes nothing on it but what is selected.

    It has a PACE that is served, and either the eID application in its directory, or both second versions of Terminal
    and Chip Authentication in EF.CardAccess. Passports have neither: their Terminal Authentication is of version 1, and
    stands in EF.DG14 (TR-03110-1). The ATR says nothing: it is made up of what many chips of the maker have.
    """
    with suppress(CardUnreadableError):
        infos = _read_infos(card)
        if chosen(pace_infos(infos)) is None:
            return False
        return _has_second_versions(infos) or EID_APPLICATION in _applications(card)
    return False


def _read_infos(card: ApduProcessor) -> tuple[SecurityInfo, ...]:
    select_master_file(card)
    content = FileReader(card, MAX_SHORT_LE).read(CARD_ACCESS)
    return () if content is None else parse_security_infos(content)


def _has_second_versions(infos: tuple[SecurityInfo, ...]) -> bool:
    terminal = any(isinstance(each, TerminalAuthenticationInfo) and each.version == _SECOND_VERSION for each in infos)
    chip = any(isinstance(each, ChipAuthenticationInfo) and each.version >= _SECOND_VERSION for each in infos)
    return terminal and chip


def _applications(card: ApduProcessor) -> tuple[bytes, ...]:
    """Return the names in EF.DIR, nothing where it is not shown."""
    content = FileReader(card, MAX_SHORT_LE).head(DIRECTORY, _DIRECTORY_BYTES) or b""
    found: list[bytes] = []
    while content[:1] == bytes((_TEMPLATE,)) and len(content) >= (length := encoded_length(content)):
        found += [each.value for each in parse_all(value_at(content[:length], _TEMPLATE)) if each.tag == _NAME]
        content = content[length:]
    return tuple(found)
