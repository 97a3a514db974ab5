# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Driver of the Slovenian identity card (eOI, NXP ChipDocLite): two applications with keys, one of them the holder's.

The other has one key that no PIN guards; it proves that the card is there, not whose hand holds it. At the contacts the
card shows its files to everybody, but takes a PIN under secure messaging alone. Commands are those that OpenSC's driver
sends; the access number, which the card also keeps under a key of its maker's, comes from the person here (ADR 0049).
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from townhall_smartcard.apdu import CommandApdu, Ins
from townhall_smartcard.messages import PinRole, PinTries
from townhall_smartcard.national.paced_card import HolderKey, OpenedCard, PacedCard, ReadsPins
from townhall_smartcard.national.pkcs15_files import FileHabits, Pkcs15Files
from townhall_smartcard.national.pkcs15_objects import KeyEntry, PinEntry
from townhall_smartcard.national.pkcs15_pins import UNTOLD, pin_facts
from townhall_smartcard.national.transaction import CardTransaction, PinUse
from townhall_smartcard.pins import PinRefusal
from townhall_smartcard.tlv import encode

_ROLES: Final = (PinRole.AUTHENTICATION, PinRole.SIGNATURE)
"""In the order of the keys of the application that has two."""
_OTHER_NAMES: Final = {b"Card PIN": b"Norm PIN"}
"""What keys call a PIN that has another identifier where it stands itself."""
_FOR_48_BYTES: Final = 0x22
_FIRST_KEY: Final = 0xA1


class SlovenianHabits:
    """See ``PacedHabits``."""

    def __init__(self, opened: OpenedCard) -> None:
        self._card: Final = opened.card

    def keys(self, entries: Sequence[KeyEntry], pins: ReadsPins) -> Mapping[PinRole, HolderKey]:
        """Return the two keys of the holder's application; each must have its PIN."""
        if len(entries) != len(_ROLES):
            return {}
        known, named = pins(), [_OTHER_NAMES.get(each.pin, each.pin) for each in entries]
        if any(each not in known for each in named):
            return {}
        paired = zip(_ROLES, entries, named, strict=True)
        return {role: HolderKey(entry, known[name], place) for place, (role, entry, name) in enumerate(paired, start=1)}

    def tries(self, pin: PinEntry) -> PinTries:  # noqa: ARG002 - every PIN alike
        """Return that the card does not tell: nobody knows whether a VERIFY without a PIN costs a try here."""
        return UNTOLD

    def present(self, pin: PinEntry, code: bytearray, *, last_try_confirmed: bool) -> PinRefusal | None:
        """Present a PIN; what its path names cannot be selected, and need not be."""
        use = PinUse(pin_facts(pin), lambda: self.tries(pin), lambda: None)
        return use.present(self._card, code, last_try_confirmed=last_try_confirmed)

    def name_key(self, key: HolderKey) -> None:
        """Name what is signed, a digest of SHA-384, and the key by its place in the application."""
        data = encode(0x91, bytes((_FOR_48_BYTES, _FIRST_KEY - 1 + key.place)))
        self._card.expect("MSE SET", CommandApdu(0x00, Ins.MANAGE_SECURITY_ENVIRONMENT, 0x81, 0xB6, data))


def _files(card: CardTransaction, block: int) -> Pkcs15Files:
    return Pkcs15Files(card, FileHabits((block,), takes_relative_paths=True))


slovenian_card: Final = partial(PacedCard, files=_files, habits=SlovenianHabits)
