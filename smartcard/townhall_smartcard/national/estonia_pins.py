# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""New PINs for Estonian cards, both generations.

The commands of 2018, and unblocking of 2025, are those of the state's own client, byte for byte. How a PIN of 2025 is
changed is from published facts alone (ADR 0042).
"""

from typing import Final

from townhall_smartcard.apdu import Ins
from townhall_smartcard.errors import CardUnsupportedError
from townhall_smartcard.estonia import PINS
from townhall_smartcard.messages import PinRole, PinTries
from townhall_smartcard.national.idemia import MAIN_APPLICATION, SIGNATURE_APPLICATION, read_counter
from townhall_smartcard.national.new_pins import CodeUse, NewPinRefusal, enter_new, send_new
from townhall_smartcard.national.thales import APPLICATION, read_counter_of
from townhall_smartcard.national.transaction import CardTransaction
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pin_rules import NewPin
from townhall_smartcard.pins import ReaderKeys, wiped
from townhall_smartcard.processors import ApduProcessor

_CHANGE: Final = (Ins.CHANGE_REFERENCE_DATA, 0x00)  # present and new value (ISO/IEC 7816-4 §11.6.7)
_UNBLOCK: Final = (Ins.RESET_RETRY_COUNTER, 0x00)  # PUK and new value (§11.6.10)
_UNBLOCK_AFTER_PUK: Final = (Ins.RESET_RETRY_COUNTER, 0x02)  # the new value alone
_MOST_TRIES_2025: Final = 3
PINS_2025: Final = {
    PinRole.AUTHENTICATION: PinFacts(reference=0x81, shortest=4, longest=12, block_bytes=12, padding=0x00),
    PinRole.SIGNATURE: PinFacts(reference=0x82, shortest=5, longest=12, block_bytes=12, padding=0x00),
    PinRole.UNBLOCKING: PinFacts(reference=0x83, shortest=8, longest=12, block_bytes=12, padding=0x00),
}


class EstonianPinsOf2018:
    """The PINs of one card in one transaction; see ``PinKeeper``. Its PUK is replaced as a PIN is."""

    def __init__(self, card: ApduProcessor) -> None:
        """Take the card."""
        self._card: Final = CardTransaction(card)

    def change(
        self, role: PinRole, present: bytearray, new: NewPin, *, last_try_confirmed: bool
    ) -> NewPinRefusal | None:
        """Replace a PIN or the PUK, in the application that knows it: reading the counter has selected that."""
        pin = PINS[role]
        use = CodeUse(pin, lambda: self._count(role))
        with wiped(present), wiped(new.digits):
            if refusal := use.refusal_unsent(present, new, pin, last_try_confirmed=last_try_confirmed):
                return refusal
            return use.send_with_new(self._card, _CHANGE, present, new, pin)

    def unblock(self, role: PinRole, puk: bytearray, new: NewPin, *, last_try_confirmed: bool) -> NewPinRefusal | None:
        """Present the PUK, then set the PIN, in the application that knows it."""
        pin = PINS[role]
        use = CodeUse(PINS[PinRole.UNBLOCKING], lambda: self._count(PinRole.UNBLOCKING))
        with wiped(puk), wiped(new.digits):
            _require_replaceable(role)
            if refusal := use.refusal_unsent(puk, new, pin, last_try_confirmed=last_try_confirmed):
                return refusal
            if refusal := self._card.verify(use.facts, puk, use.count_tries):
                return refusal
            if role is PinRole.SIGNATURE:
                self._card.select_application(SIGNATURE_APPLICATION)
            return send_new(self._card, _UNBLOCK_AFTER_PUK, new, pin)

    def pin_facts(self, role: PinRole) -> PinFacts:
        """Return how a PIN or the PUK is presented."""
        return PINS[role]

    def change_at_reader(self, role: PinRole, keys: ReaderKeys, *, last_try_confirmed: bool) -> NewPinRefusal | None:
        """As ``change``: the reader sends both in one command."""
        use = CodeUse(PINS[role], lambda: self._count(role))
        if refusal := use.counted(last_try_confirmed=last_try_confirmed):
            return refusal
        return use.enter_with_new(keys, _CHANGE, PINS[role])

    def unblock_at_reader(self, role: PinRole, keys: ReaderKeys, *, last_try_confirmed: bool) -> NewPinRefusal | None:
        """As ``unblock``: the reader asks for the PUK, and then for the new PIN."""
        _require_replaceable(role)
        use = CodeUse(PINS[PinRole.UNBLOCKING], lambda: self._count(PinRole.UNBLOCKING))
        if refusal := use.counted(last_try_confirmed=last_try_confirmed):
            return refusal
        if refusal := self._card.verify(use.facts, keys, use.count_tries):
            return refusal
        if role is PinRole.SIGNATURE:
            self._card.select_application(SIGNATURE_APPLICATION)
        return enter_new(keys, _UNBLOCK_AFTER_PUK, PINS[role])

    def _count(self, role: PinRole) -> PinTries:
        self._card.select_application(SIGNATURE_APPLICATION if role is PinRole.SIGNATURE else MAIN_APPLICATION)
        return read_counter(self._card, PINS[role].reference)


class EstonianPinsOf2025:
    """The PINs of one card in one transaction; see ``PinKeeper``. Nothing replaces its PUK."""

    def __init__(self, card: ApduProcessor) -> None:
        """Take the card."""
        self._card: Final = CardTransaction(card)

    def change(
        self, role: PinRole, present: bytearray, new: NewPin, *, last_try_confirmed: bool
    ) -> NewPinRefusal | None:
        """Replace a PIN; of a new card the present one is in the envelope that came with it."""
        return self._replace(role, role, present, new, last_try_confirmed=last_try_confirmed)

    def unblock(self, role: PinRole, puk: bytearray, new: NewPin, *, last_try_confirmed: bool) -> NewPinRefusal | None:
        """Set a PIN under the PUK."""
        return self._replace(role, PinRole.UNBLOCKING, puk, new, last_try_confirmed=last_try_confirmed)

    def pin_facts(self, role: PinRole) -> PinFacts:
        """Return how a PIN or the PUK is presented."""
        return PINS_2025[role]

    def change_at_reader(self, role: PinRole, keys: ReaderKeys, *, last_try_confirmed: bool) -> NewPinRefusal | None:
        """As ``change``."""
        return self._replace_at_reader(role, role, keys, last_try_confirmed=last_try_confirmed)

    def unblock_at_reader(self, role: PinRole, keys: ReaderKeys, *, last_try_confirmed: bool) -> NewPinRefusal | None:
        """As ``unblock``: the reader sends PUK and new PIN in one command."""
        return self._replace_at_reader(role, PinRole.UNBLOCKING, keys, last_try_confirmed=last_try_confirmed)

    def _replace_at_reader(
        self, role: PinRole, under: PinRole, keys: ReaderKeys, *, last_try_confirmed: bool
    ) -> NewPinRefusal | None:
        _require_replaceable(role)
        use = CodeUse(PINS_2025[under], lambda: self._count(under))
        if refusal := use.counted(last_try_confirmed=last_try_confirmed):
            return refusal
        return use.enter_with_new(keys, _CHANGE if under is role else _UNBLOCK, PINS_2025[role])

    def _replace(
        self, role: PinRole, under: PinRole, code: bytearray, new: NewPin, *, last_try_confirmed: bool
    ) -> NewPinRefusal | None:
        pin = PINS_2025[role]
        use = CodeUse(PINS_2025[under], lambda: self._count(under))
        with wiped(code), wiped(new.digits):
            _require_replaceable(role)
            if refusal := use.refusal_unsent(code, new, pin, last_try_confirmed=last_try_confirmed):
                return refusal
            return use.send_with_new(self._card, _CHANGE if under is role else _UNBLOCK, code, new, pin)

    def _count(self, role: PinRole) -> PinTries:
        self._card.select_application(APPLICATION)
        return read_counter_of(self._card, PINS_2025[role].reference, _MOST_TRIES_2025)


def _require_replaceable(role: PinRole) -> None:
    if role is PinRole.UNBLOCKING:
        raise CardUnsupportedError
