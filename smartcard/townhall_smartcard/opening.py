# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Opens a card that shows nothing before PACE: EF.CardAccess, PACE with the access number, secure messaging."""

import os
from typing import Final

from townhall_smartcard.apdu import CommandApdu, Ins
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.card_access import chosen, parse_card_access
from townhall_smartcard.emrtd.pace import PacePassword, PaceRefused, PasswordReference, establish
from townhall_smartcard.emrtd.secure_messaging import SecureMessaging, SecureSession
from townhall_smartcard.emrtd.security_infos import PaceInfo
from townhall_smartcard.emrtd.steps import run
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError, UnexpectedStatusError
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encoded_length

_SELECT_MASTER_FILE: Final = CommandApdu(0x00, Ins.SELECT, 0x00, 0x0C, bytes.fromhex("3F00"))
_SELECT_CARD_ACCESS: Final = CommandApdu(0x00, Ins.SELECT, 0x02, 0x0C, bytes.fromhex("011C"))
_READ_BLOCK: Final = 0xC0
_LONGEST_CARD_ACCESS: Final = 2048


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
) -> SecureMessaging | PaceRefused:
    """Return the way to the opened card, or that the number is wrong. Nothing is written into the number.

    Raises:
        CardUnsupportedError: the card offers no variant that is served.
        CardUnreadableError: it does not keep to the protocol.
    """
    offers = read_card_access(card)
    offer = chosen(offers)
    if offer is None:
        raise CardUnsupportedError
    is_one_of_several = sum(each.identifier == offer.identifier for each in offers) > 1
    password = PacePassword(PasswordReference.CAN, access_number)
    outcome = run(establish(offer, password, randomness, names_parameters=is_one_of_several), card)
    return outcome if isinstance(outcome, PaceRefused) else SecureMessaging(card, SecureSession(outcome.keys))
