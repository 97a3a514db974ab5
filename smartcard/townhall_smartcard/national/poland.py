# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Driver of the Polish identity card (e-dowód, PWPW): three keys, of which two are its holder's.

The card selects no paths, has no contacts, and does not tell counters. Commands are those that OpenSC's driver sends.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.messages import PinRole, PinTries
from townhall_smartcard.national.paced_card import HolderKey, OpenedCard, PacedCard, ReadsPins
from townhall_smartcard.national.pkcs15_files import FileHabits, Pkcs15Files
from townhall_smartcard.national.pkcs15_objects import MASTER_FILE, KeyEntry, PinEntry
from townhall_smartcard.national.pkcs15_pins import UNTOLD, pin_facts
from townhall_smartcard.national.transaction import CardTransaction, PinUse
from townhall_smartcard.pins import PinRefusal
from townhall_smartcard.tlv import encode

APPLICATION: Final = bytes.fromhex("A000000167455349474E")
"""Where keys are; its name ends in "ESIGN"."""
_ROLES: Final = {b"Authentication": PinRole.AUTHENTICATION, b"Authorization": PinRole.SIGNATURE}
"""By the label of a key's PIN. The third key proves that a card is there, without a PIN; a fourth is bought."""
_ALGORITHM: Final = 0xCC
_OF_A_FOLDER: Final = 0x80
_FOLDER: Final = 0xDF  # how identifiers of folders begin


class PolishHabits:
    """See ``PacedHabits``."""

    def __init__(self, opened: OpenedCard) -> None:
        self._opened: Final = opened
        self._card: Final = opened.card

    def keys(self, entries: Sequence[KeyEntry], pins: ReadsPins) -> Mapping[PinRole, HolderKey]:
        """Return the keys of the two PINs that the state gives its citizens."""
        known = pins()
        found: dict[PinRole, HolderKey] = {}
        for place, entry in enumerate(entries, start=1):
            pin = known.get(entry.pin)
            if pin is not None and pin.label in _ROLES:
                found.setdefault(_ROLES[pin.label], HolderKey(entry, pin, place))
        return found

    def tries(self, pin: PinEntry) -> PinTries:  # noqa: ARG002 - every PIN alike
        """Return that the card does not tell: nobody knows whether a VERIFY without a PIN costs a try here."""
        return UNTOLD

    def present(self, pin: PinEntry, code: bytearray, *, last_try_confirmed: bool) -> PinRefusal | None:
        """Select the application, whose PINs these are, and present one."""
        use = PinUse(pin_facts(pin), lambda: self.tries(pin), lambda: self._opened.files.select_folder(b""))
        return use.present(self._card, code, last_try_confirmed=last_try_confirmed)

    def name_key(self, key: HolderKey) -> None:
        """Select the key's own folder, and name the key in it."""
        self._opened.files.select_folder(key.entry.path)
        reference = _OF_A_FOLDER | (key.entry.reference or 0)
        data = encode(0x80, bytes((_ALGORITHM,))) + encode(0x84, bytes((reference,)))
        self._card.expect("MSE SET", CommandApdu(0x00, Ins.MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xB6, data))


def _step(identifier: bytes) -> CommandApdu:
    """Return what selects the master file, a folder, or a file in the one that is selected."""
    if identifier == MASTER_FILE:
        return CommandApdu(0x00, Ins.SELECT, 0x00, 0x00, le=MAX_SHORT_LE)
    how = 0x01 if identifier[0] == _FOLDER else 0x02
    return CommandApdu(0x00, Ins.SELECT, how, 0x04, identifier, le=MAX_SHORT_LE)


def _files(card: CardTransaction, block: int) -> Pkcs15Files:
    return Pkcs15Files(card, FileHabits((block,), step=_step, names=(APPLICATION,)))


polish_card: Final = partial(PacedCard, files=_files, habits=PolishHabits)
