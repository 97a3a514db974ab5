# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PIN as PKCS#15 directories describe it, made ready to be presented."""

from typing import Final

from townhall_smartcard.errors import CardUnsupportedError
from townhall_smartcard.messages import PinTries
from townhall_smartcard.national.pkcs15_objects import PinEntry, PinType
from townhall_smartcard.pin_format import PinEncoding, PinFacts

USUAL_TRIES: Final = 3
"""What a PIN has whose card does not tell how many there were."""
UNTOLD: Final = PinTries(USUAL_TRIES, USUAL_TRIES, is_counted=False)
"""Of a card that is not asked, or does not tell."""

_ENCODINGS: Final = {
    PinType.BCD: PinEncoding.BCD,
    PinType.ASCII: PinEncoding.ASCII,
    PinType.UTF8: PinEncoding.ASCII,
    PinType.HALF_NIBBLE_BCD: PinEncoding.HALF_NIBBLE_BCD,
}


def pin_facts(pin: PinEntry, reference: int | None = None) -> PinFacts:
    """Return how a PIN is presented; ``reference`` where it is not sent as the directory has it.

    Raises:
        CardUnsupportedError: it is of a kind that no keypad can enter.
    """
    if pin.kind not in _ENCODINGS:
        raise CardUnsupportedError
    sent = pin.reference if reference is None else reference
    return PinFacts(sent, pin.shortest, pin.longest, pin.stored, pin.padding, _ENCODINGS[PinType(pin.kind)])
