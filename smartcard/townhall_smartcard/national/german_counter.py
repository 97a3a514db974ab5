# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""RESET RETRY COUNTER of a German card's PIN, in the session that a right code opened (BSI TR-03110-3 §B.6)."""

from typing import Final

from townhall_smartcard.apdu import CommandApdu, Ins
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.pace import PasswordReference
from townhall_smartcard.emrtd.secure_messaging import SecureMessaging
from townhall_smartcard.errors import UnexpectedStatusError
from townhall_smartcard.national.new_pins import NewPinRefused
from townhall_smartcard.pin_rules import NewPin, NewPinFault
from townhall_smartcard.pins import wiped
from townhall_smartcard.status import StatusWord

_SET_NEW: Final = 0x02  # P1: the data are the new PIN
_GIVE_TRIES_BACK: Final = 0x03  # no data: the PIN stays what it was
_NOT_TAKEN: Final = frozenset({StatusWord.WRONG_LENGTH, StatusWord.WRONG_DATA})
_REFUSAL_SW1: Final = 0x69


def set_new(channel: SecureMessaging, new: NewPin) -> NewPinRefused | None:
    """Set the PIN in a session that the present one opened; None is success.

    Raises:
        UnexpectedStatusError: the card says neither yes nor that it does not like this PIN.
        SecureMessagingError: what it says cannot be believed; whether it has the new PIN is unknown.
    """
    data = bytearray(new.digits)
    with wiped(data):
        status = _reset(channel, _SET_NEW, data)
    if status == StatusWord.OK:
        return None
    if status in _NOT_TAKEN:
        return NewPinRefused((NewPinFault.NOT_TAKEN,))
    raise UnexpectedStatusError("RESET RETRY COUNTER", status)


def gives_tries_back(channel: SecureMessaging) -> bool:
    """Have the PIN get all its tries back in a session that the PUK opened; False: the PUK was used up.

    Raises:
        UnexpectedStatusError, SecureMessagingError: as ``set_new``.
    """
    status = _reset(channel, _GIVE_TRIES_BACK, b"")
    if status != StatusWord.OK and status >> 8 != _REFUSAL_SW1:
        raise UnexpectedStatusError("RESET RETRY COUNTER", status)
    return status == StatusWord.OK


def _reset(channel: SecureMessaging, how: int, data: RawCommand) -> int:
    return channel.exchange(CommandApdu(0x00, Ins.RESET_RETRY_COUNTER, how, PasswordReference.PIN, data)).status
