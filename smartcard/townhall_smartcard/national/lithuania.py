# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Driver of the Lithuanian identity card since 2021 (MaskTech): its first PIN is a password of PACE.

Its holder knows one PIN; the card keeps it twice. Behind the copy for PACE lies the authentication key, behind the
other, which VERIFY takes, the signature key. Commands are those that OpenSC's driver sends.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.emrtd.pace import PacePassword, PasswordReference
from townhall_smartcard.errors import CardUnreadableError, UnexpectedStatusError
from townhall_smartcard.messages import PinRole, PinTries
from townhall_smartcard.national.paced_card import HolderKey, OpenedCard, PacedCard, ReadsPins
from townhall_smartcard.national.pkcs15_files import FileHabits, Pkcs15Files
from townhall_smartcard.national.pkcs15_objects import KeyEntry, PinEntry
from townhall_smartcard.national.pkcs15_pins import USUAL_TRIES, pin_facts
from townhall_smartcard.national.transaction import CardTransaction, PinUse, refusal_by_counter
from townhall_smartcard.pins import BLOCKED, PinRefusal, PinRefusalReason, refusal_before
from townhall_smartcard.status import StatusWord, tries_left
from townhall_smartcard.tlv import encode, value_at

_PACE_PIN: Final = bytes((PasswordReference.PIN,))
_PIN_FOR_SIGNATURES: Final = b"\x81"
_ROLES: Final = {_PACE_PIN: PinRole.AUTHENTICATION, _PIN_FOR_SIGNATURES: PinRole.SIGNATURE}
"""By the identifier of a key's PIN."""
_COUNTER_OF_PACE_PIN: Final = CommandApdu(0x00, Ins.SELECT, 0x00, 0x04, bytes.fromhex("ACE3"), le=MAX_SHORT_LE)
_COUNTER: Final = (0x62, 0xA5, 0xA2, 0xA3, 0x82)
_SUSPENDED: Final = 1


class LithuanianHabits:
    """See ``PacedHabits``."""

    def __init__(self, opened: OpenedCard) -> None:
        self._opened: Final = opened
        self._card: Final = opened.card

    def keys(self, entries: Sequence[KeyEntry], pins: ReadsPins) -> Mapping[PinRole, HolderKey]:
        """Return the keys behind the two copies of the PIN."""
        known = pins()
        found: dict[PinRole, HolderKey] = {}
        for place, entry in enumerate(entries, start=1):
            if entry.pin in _ROLES and entry.pin in known:
                found.setdefault(_ROLES[entry.pin], HolderKey(entry, known[entry.pin], place))
        return found

    def tries(self, pin: PinEntry) -> PinTries:
        """Read a counter: the one of the PIN for PACE stands in what the card says of its file."""
        self._opened.files.select_folder(pin.path)
        if pin.identifier == _PACE_PIN:
            counter = value_at(self._card.expect("SELECT counter", _COUNTER_OF_PACE_PIN), *_COUNTER)
            if len(counter) != 2 or counter[0] > counter[1]:
                raise CardUnreadableError("impossible retry counter")
            return PinTries(counter[0], counter[1])
        status = self._card.ask(CommandApdu(0x00, Ins.VERIFY, 0x00, pin.reference)).status
        if status == StatusWord.OK:  # nothing that we did opened it: still a counter that nobody used up
            return PinTries(USUAL_TRIES, USUAL_TRIES)
        left = 0 if status == StatusWord.AUTHENTICATION_METHOD_BLOCKED else tries_left(status)
        if left is None:
            raise UnexpectedStatusError("VERIFY without a PIN", status)
        return PinTries(left, max(left, USUAL_TRIES))

    def present(self, pin: PinEntry, code: bytearray, *, last_try_confirmed: bool) -> PinRefusal | None:
        """Present a PIN by VERIFY, or as the password of a new session."""
        if pin.identifier == _PACE_PIN:
            return self._open_by(pin, code, last_try_confirmed=last_try_confirmed)
        use = PinUse(pin_facts(pin), lambda: self.tries(pin), lambda: None)
        return use.present(self._card, code, last_try_confirmed=last_try_confirmed)

    def name_key(self, key: HolderKey) -> None:
        """Select what the key's path names, and name the key in it; the card knows one algorithm."""
        self._opened.files.select_folder(key.entry.path)
        data = encode(0x84, bytes((key.entry.reference or 0,)))
        self._card.expect("MSE SET", CommandApdu(0x00, Ins.MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xB6, data))

    def _open_by(self, pin: PinEntry, code: bytearray, *, last_try_confirmed: bool) -> PinRefusal | None:
        """Begin a session under the PIN. Its last try is suspended: it counts inside the access number's session."""
        if refusal := refusal_before(code, pin.shortest, pin.longest):
            return refusal
        tries = self.tries(pin)
        if refusal := refusal_by_counter(tries, last_try_confirmed=last_try_confirmed):
            return refusal
        channel, password = self._opened.channel, PacePassword(PasswordReference.PIN, code)
        outcome = channel.open_inside(password) if tries.left == _SUSPENDED else channel.open(password)
        if outcome is None:
            return None
        # The session is lost, and with it the counter: what is worse for the person, the card's word or our own.
        left = tries.left - 1 if outcome.tries_left is None else min(outcome.tries_left, tries.left - 1)
        return PinRefusal(PinRefusalReason.WRONG, left) if left else BLOCKED


def _files(card: CardTransaction, block: int) -> Pkcs15Files:
    return Pkcs15Files(card, FileHabits((block,), tells_lengths=False, takes_relative_paths=True))


lithuanian_card: Final = partial(PacedCard, files=_files, habits=LithuanianHabits)
