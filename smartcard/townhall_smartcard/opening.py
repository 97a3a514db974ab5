# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Opens a card that shows nothing before PACE: EF.CardAccess, PACE with the access number, secure messaging."""

import os
from collections.abc import Iterable
from typing import Final

from townhall_smartcard.apdu import CommandApdu, Ins, ResponseApdu
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.card_access import chosen, parse_card_access
from townhall_smartcard.emrtd.pace import PacePassword, PaceRefused, PasswordReference, establish
from townhall_smartcard.emrtd.secure_messaging import SecureMessaging, SecureSession, largest_plain_answer
from townhall_smartcard.emrtd.security_infos import PaceInfo
from townhall_smartcard.emrtd.steps import run
from townhall_smartcard.errors import (
    CardUnreadableError,
    CardUnsupportedError,
    SecureMessagingError,
    UnexpectedStatusError,
)
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encoded_length

_SELECT_MASTER_FILE: Final = CommandApdu(0x00, Ins.SELECT, 0x00, 0x0C, bytes.fromhex("3F00"))
_SELECT_CARD_ACCESS: Final = CommandApdu(0x00, Ins.SELECT, 0x02, 0x0C, bytes.fromhex("011C"))
_READ_BLOCK: Final = 0xC0
_LONGEST_CARD_ACCESS: Final = 2048


class PaceChannel:
    """The way to a card behind PACE: whatever is exchanged goes under the keys of the password that opened it last.

    A driver over it knows nothing of that, unless one of its card's PINs is itself a password of PACE.
    """

    def __init__(self, card: ApduProcessor, offers: Iterable[PaceInfo], randomness: Randomness = os.urandom) -> None:
        """Take a card that nobody opened yet, its master file selected, and what its EF.CardAccess offers.

        Raises:
            CardUnsupportedError: it offers no variant that is served.
        """
        known = tuple(offers)
        offer = chosen(known)
        if offer is None:
            raise CardUnsupportedError
        self._card: Final = card
        self._offer: Final = offer
        self._is_one_of_several: Final = sum(each.identifier == offer.identifier for each in known) > 1
        self._randomness: Final = randomness
        self._channel: SecureMessaging | None = None

    @property
    def block(self) -> int:
        """The longest answer that fits a short response under protection."""
        return largest_plain_answer(self._offer.cipher)

    def exchange(self, command: CommandApdu) -> ResponseApdu:
        """Send ``command`` protected and check its answer.

        Raises:
            SecureMessagingError: no password opened the card, or the session is over.
        """
        if self._channel is None:
            raise SecureMessagingError(0)
        return self._channel.exchange(command)

    def open(self, password: PacePassword) -> PaceRefused | None:
        """Open the card in the open, and leave the session before for that; None: the password is right.

        Whoever made the password wipes it. After a refusal no session is left.

        Raises:
            CardUnreadableError: the card does not keep to the protocol.
        """
        if self._channel is not None:
            self._channel = None
            self._card.exchange(_SELECT_MASTER_FILE)  # the first plain command ends the session, whatever comes of it
        return self._opened_over(self._card, password)

    def open_inside(self, password: PacePassword) -> PaceRefused | None:
        """Open the card once more inside the session, which a PIN wants whose last try waits for the access number.

        As ``open`` in all else. Its own session follows the one before.
        """
        before, self._channel = self._channel, None
        if before is None:
            raise SecureMessagingError(0)
        return self._opened_over(before, password)

    def _opened_over(self, way: ApduProcessor, password: PacePassword) -> PaceRefused | None:
        steps = establish(self._offer, password, self._randomness, names_parameters=self._is_one_of_several)
        outcome = run(steps, way)
        if isinstance(outcome, PaceRefused):
            return outcome
        self._channel = SecureMessaging(self._card, SecureSession(outcome.keys))
        return None


def read_card_access(card: ApduProcessor) -> tuple[PaceInfo, ...]:
    """Return which variants of PACE the card offers; none where it has no EF.CardAccess.

    Raises:
        CardUnreadableError: the file is there and is none.
    """
    if not all(card.exchange(step).is_ok for step in (_SELECT_MASTER_FILE, _SELECT_CARD_ACCESS)):
        return ()
    content = b""
    while not content or len(content) < encoded_length(content):
        offset = divmod(len(content), 256)
        answer = card.exchange(CommandApdu(0x00, Ins.READ_BINARY, *offset, le=_READ_BLOCK))
        if answer.status not in (StatusWord.OK, StatusWord.END_OF_FILE):
            raise UnexpectedStatusError("READ EF.CardAccess", answer.status)
        content += answer.data
        if not answer.data or len(content) > _LONGEST_CARD_ACCESS:
            raise CardUnreadableError("EF.CardAccess without end")
    return parse_card_access(content[: encoded_length(content)])


def open_card(
    card: ApduProcessor, access_number: RawCommand, randomness: Randomness = os.urandom
) -> PaceChannel | PaceRefused:
    """Return the way to the opened card, or that the number is wrong. Nothing is written into the number.

    Raises:
        CardUnsupportedError: the card offers no variant that is served.
        CardUnreadableError: it does not keep to the protocol.
    """
    channel = PaceChannel(card, read_card_access(card), randomness)
    return channel.open(PacePassword(PasswordReference.CAN, access_number)) or channel
