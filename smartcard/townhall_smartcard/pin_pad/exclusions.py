# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Readers whose keys are not used: those that say they have some and have none, and those that an operator names."""

from dataclasses import dataclass
from typing import Final

from townhall_smartcard.pin_pad.features import PadProperties


@dataclass(frozen=True, slots=True)
class ExcludedModel:
    """A reader by the numbers of its maker and its model on USB (wIdVendor, wIdProduct)."""

    vendor: int
    product: int
    name: str


EXCLUDED: Final = (
    ExcludedModel(0x076B, 0x3031, "HID Global OMNIKEY 3x21"),
    ExcludedModel(0x076B, 0x6632, "HID Global OMNIKEY 6121"),
)
"""They offer PIN entry and have no keys: whoever is asked there waits for nothing."""


@dataclass(frozen=True, slots=True)
class PadPolicy:
    """What an operator decides about readers' keys."""

    is_used: bool = True
    """False: every PIN is entered on the screen."""
    excluded: tuple[str, ...] = ()
    """Beginnings of names of readers whose keys are not used."""

    def allows(self, reader: str) -> bool:
        """Tell whether the reader of this name may be asked for its keys."""
        return self.is_used and not any(reader.startswith(name) for name in self.excluded)


ALL_PADS: Final = PadPolicy()


def is_excluded(told: PadProperties) -> bool:
    """Tell whether a reader is one of a model that only says that it has keys."""
    return any((each.vendor, each.product) == (told.vendor, told.product) for each in EXCLUDED)
