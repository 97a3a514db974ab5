# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The access numbers of the cards that are in: a person types one once, and each operation opens its card anew."""

from collections.abc import Collection

from townhall_smartcard.apdu import wipe
from townhall_smartcard.messages import ACCESS_NUMBER_DIGITS
from townhall_smartcard.pins import refusal_before


def is_access_number(number: bytearray) -> bool:
    """Tell whether these bytes have the form of a card access number: no card need be asked about others."""
    return refusal_before(number, ACCESS_NUMBER_DIGITS, ACCESS_NUMBER_DIGITS) is None


class AccessNumbers:
    """By reader; kept from the moment a number has opened a card until that card leaves. Shown to nobody."""

    def __init__(self) -> None:
        self._by_reader: dict[str, bytearray] = {}

    def __repr__(self) -> str:
        return "AccessNumbers(...)"

    def remember(self, reader: str, number: bytearray) -> None:
        """Keep a copy of the number that opened the card in ``reader``."""
        self.forget(reader)
        self._by_reader[reader] = bytearray(number)

    def of(self, reader: str) -> bytearray | None:
        """Return the number of the card in ``reader``, not to be wiped, or None."""
        return self._by_reader.get(reader)

    def forget(self, reader: str) -> None:
        """The card in ``reader`` left."""
        if (number := self._by_reader.pop(reader, None)) is not None:
            wipe(number)

    def keep_only(self, readers: Collection[str]) -> None:
        """Only in these readers the same card is still in."""
        for reader in [each for each in self._by_reader if each not in readers]:
            self.forget(reader)
