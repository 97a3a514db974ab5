# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a reader says that it can do with a PIN (PC/SC part 10 v2.02.09 §2.2, §2.6), read strictly.

A reader that says it in a way that no reader should has no keys for us.
"""

import enum
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.pin_pad.structures import EndsBy

_FEATURE: Final = struct.Struct(">BBI")  # tag, length, control code: the only big-endian numbers of the standard
_CODE_BYTES: Final = 4
_PIN_PROPERTIES: Final = struct.Struct("<HBB")


class Feature(enum.IntEnum):
    """Features that are used here, by their tags."""

    VERIFY_PIN_START = 0x01
    VERIFY_PIN_FINISH = 0x02
    MODIFY_PIN_START = 0x03
    MODIFY_PIN_FINISH = 0x04
    VERIFY_PIN_DIRECT = 0x06
    MODIFY_PIN_DIRECT = 0x07
    IFD_PIN_PROPERTIES = 0x0A
    GET_TLV_PROPERTIES = 0x12


class Property(enum.IntEnum):
    """Properties that are used here, by their tags."""

    LCD_LAYOUT = 0x01
    ENDS_BY = 0x02
    SHORTEST_PIN = 0x06
    LONGEST_PIN = 0x07
    VENDOR = 0x0B
    PRODUCT = 0x0C


_FEATURES: Final = {each.value: each for each in Feature}
_PROPERTIES: Final = {each.value: each for each in Property}
_WIDTHS: Final = {
    Property.LCD_LAYOUT: 2,
    Property.ENDS_BY: 1,
    Property.SHORTEST_PIN: 1,
    Property.LONGEST_PIN: 1,
    Property.VENDOR: 2,
    Property.PRODUCT: 2,
}


@dataclass(frozen=True, slots=True)
class PadProperties:
    """A reader about itself; None: it does not say."""

    has_display: bool | None = None
    ends_by: EndsBy | None = None
    shortest: int | None = None
    longest: int | None = None
    vendor: int | None = None
    product: int | None = None


def parse_features(untrusted: bytes) -> Mapping[Feature, int]:
    """Return the control code of each feature that is known here; others are passed over.

    Raises:
        CardUnreadableError: torn, or a feature that is there twice.
    """
    if len(untrusted) % _FEATURE.size:
        raise CardUnreadableError(f"{len(untrusted)} bytes of features")
    found: dict[Feature, int] = {}
    for tag, length, code in _FEATURE.iter_unpack(untrusted):
        if length != _CODE_BYTES:
            raise CardUnreadableError(f"feature {tag:02X} with a control code of {length} bytes")
        feature = _FEATURES.get(tag)
        if feature in found:
            raise CardUnreadableError(f"feature {tag:02X} twice")
        if feature is not None:
            found[feature] = code
    return found


def parse_tlv_properties(untrusted: bytes) -> PadProperties:
    """Read the answer to GET_TLV_PROPERTIES.

    Raises:
        CardUnreadableError: torn, a property that is there twice, or one of another width than the standard's.
    """
    found: dict[Property, int] = {}
    rest = untrusted
    while rest:
        tag, value = rest[0], rest[2 : 2 + rest[1]] if len(rest) > 1 else b""
        if len(rest) < 2 or len(value) != rest[1]:
            raise CardUnreadableError("torn properties of a reader")
        rest = rest[2 + len(value) :]
        name = _PROPERTIES.get(tag)
        if name is None:
            continue
        if name in found or len(value) != _WIDTHS[name]:
            raise CardUnreadableError(f"property {tag:02X} of a reader, {len(value)} bytes")
        found[name] = int.from_bytes(value, "little")
    layout, ends_by = found.get(Property.LCD_LAYOUT), found.get(Property.ENDS_BY)
    return PadProperties(
        has_display=None if layout is None else layout != 0,
        ends_by=None if ends_by is None else _ends_by(ends_by),
        shortest=found.get(Property.SHORTEST_PIN),
        longest=found.get(Property.LONGEST_PIN),
        vendor=found.get(Property.VENDOR),
        product=found.get(Property.PRODUCT),
    )


def parse_pin_properties(untrusted: bytes) -> PadProperties:
    """Read PIN_PROPERTIES_STRUCTURE: four bytes.

    Raises:
        CardUnreadableError: not so many.
    """
    if len(untrusted) != _PIN_PROPERTIES.size:
        raise CardUnreadableError(f"{len(untrusted)} bytes of properties")
    layout, ends_by, _timeout_s = _PIN_PROPERTIES.unpack(untrusted)
    return PadProperties(has_display=layout != 0, ends_by=_ends_by(ends_by))


def _ends_by(told: int) -> EndsBy | None:
    """Return what ends an entry; a reader that names nothing leaves it to whoever asks."""
    known = EndsBy(told & (EndsBy.LONGEST | EndsBy.KEY | EndsBy.TIME))
    return known or None
