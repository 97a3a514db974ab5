# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One reader's keys: what they can take, and a PIN entered at them for one card."""

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from townhall_smartcard.apdu import CommandApdu
from townhall_smartcard.errors import CardUnreadableError, PinPadError
from townhall_smartcard.pin_format import PinFacts, verify_command
from townhall_smartcard.pin_pad.exclusions import PadPolicy, is_excluded
from townhall_smartcard.pin_pad.features import (
    Feature,
    PadProperties,
    parse_features,
    parse_pin_properties,
    parse_tlv_properties,
)
from townhall_smartcard.pin_pad.structures import (
    ENTRY_TIMEOUT_S,
    EndsBy,
    Entry,
    is_writable,
    modify_structure,
    verify_structure,
)
from townhall_smartcard.pins import LENGTH, PinRefusal, PinRefusalReason

GET_FEATURE_REQUEST: Final = 0x42000000 + 3400
"""CM_IOCTL_GET_FEATURE_REQUEST as pcsc-lite numbers control codes."""

_log = logging.getLogger(__name__)
_STATUS_BYTES: Final = 2
_REFUSALS: Final = {
    0x6400: PinRefusal(PinRefusalReason.TIMED_OUT),
    0x6401: PinRefusal(PinRefusalReason.CANCELLED),
    0x6402: PinRefusal(PinRefusalReason.DIFFERED),
    0x6403: LENGTH,
}
_NO_ENTRY: Final = frozenset({0x6404, 0x6B80})  # the reader lets no such command through, or does not understand it
_LANGUAGES: Final = {"en": 0x0409, "et": 0x0425, "fr": 0x040C, "ar": 0x0401}
_ENGLISH: Final = _LANGUAGES["en"]
_MOST_ENTRIES: Final = 3  # the present PIN, the new one, and that once more


class ControlsReader(Protocol):
    """A reader that can be told something, beside the card in it."""

    def control(self, code: int, data: bytes, entry_s: float = 0.0) -> bytes:
        """Send ``data`` under a control code; ``entry_s`` is how long a person may be at it.

        Raises:
            PinPadError: the reader does not take this.
            CardGoneError: the card was removed or reset meanwhile.
            ServiceGoneError: the PC/SC service ended.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Way:
    """By which control codes a structure goes out and its outcome comes back: one, or two."""

    start: int
    finish: int | None = None


@dataclass(frozen=True, slots=True)
class PadAbility:
    """What a reader's keys can do, as far as it says."""

    features: Mapping[Feature, int]
    told: PadProperties = field(default_factory=PadProperties)

    def verifies(self, facts: PinFacts) -> bool:
        """Tell whether every PIN that a card may have by these facts can be entered and presented."""
        return self._way_to_verify() is not None and self._takes(facts)

    def replaces(self, *facts: PinFacts) -> bool:
        """Tell the same of a new PIN, and of the code before it."""
        return self._way_to_replace() is not None and all(self._takes(each) for each in facts)

    def way_to(self, *, replace: bool) -> _Way:
        """Return the control codes for one or the other.

        Raises:
            PinPadError: there are none.
        """
        way = self._way_to_replace() if replace else self._way_to_verify()
        if way is None:
            raise PinPadError("no such feature")
        return way

    def _takes(self, facts: PinFacts) -> bool:
        """An entry must end by a key, or else by its length, which then must be the same for every PIN."""
        ends_by, is_fixed = self.told.ends_by, facts.shortest == facts.longest
        return (
            is_writable(facts)
            and (ends_by is None or EndsBy.KEY in ends_by or (is_fixed and EndsBy.LONGEST in ends_by))
            and (self.told.shortest or 0) <= facts.shortest
            and facts.longest <= (self.told.longest or facts.longest)
        )

    def _way_to_verify(self) -> _Way | None:
        return self._way(Feature.VERIFY_PIN_DIRECT, Feature.VERIFY_PIN_START, Feature.VERIFY_PIN_FINISH)

    def _way_to_replace(self) -> _Way | None:
        return self._way(Feature.MODIFY_PIN_DIRECT, Feature.MODIFY_PIN_START, Feature.MODIFY_PIN_FINISH)

    def _way(self, direct: Feature, start: Feature, finish: Feature) -> _Way | None:
        if direct in self.features:
            return _Way(self.features[direct])
        if start in self.features and finish in self.features:
            return _Way(self.features[start], self.features[finish])
        return None


def find_keys(reader: ControlsReader, name: str, policy: PadPolicy) -> PadAbility | None:
    """Return what the keys of the reader of this name can do; None where none are to be used.

    A reader that cannot be asked, or answers what no reader should, has none; that it left is told by the next call.
    """
    if not policy.allows(name):
        return None
    try:
        features = parse_features(reader.control(GET_FEATURE_REQUEST, b""))
        told = _properties(reader, features)
    except PinPadError:
        return None
    except CardUnreadableError as exc:
        _log.warning("a reader's keys are not used: %s", exc)
        return None
    ability = PadAbility(features, told)
    has_keys = any(each in features for each in (Feature.VERIFY_PIN_DIRECT, Feature.VERIFY_PIN_START))
    return None if not has_keys or is_excluded(told) else ability


def _properties(reader: ControlsReader, features: Mapping[Feature, int]) -> PadProperties:
    """Ask what the reader says of itself; the newer question tells more."""
    with contextlib.suppress(PinPadError):
        if Feature.GET_TLV_PROPERTIES in features:
            return parse_tlv_properties(reader.control(features[Feature.GET_TLV_PROPERTIES], b""))
        if Feature.IFD_PIN_PROPERTIES in features:
            return parse_pin_properties(reader.control(features[Feature.IFD_PIN_PROPERTIES], b""))
    return PadProperties()


@dataclass(frozen=True, slots=True)
class ReaderWithKeys:
    """A reader with a card in it, and what its keys can do."""

    reader: ControlsReader
    ability: PadAbility

    def asked_in(self, language: str, timeout_s: int = ENTRY_TIMEOUT_S) -> "PinPad":
        """Return its keys for one operation; the reader's messages are in ``language`` ("et") where it has them."""
        return PinPad(self.reader, self.ability, language, timeout_s)


def keys_of(reader: ControlsReader, name: str, policy: PadPolicy) -> ReaderWithKeys | None:
    """Return the reader if it has keys that are to be used; as ``find_keys``."""
    ability = find_keys(reader, name, policy)
    return None if ability is None else ReaderWithKeys(reader, ability)


class PinPad:
    """A reader's keys for one operation with the card in it; see ``ReaderKeys``."""

    def __init__(
        self, reader: ControlsReader, ability: PadAbility, language: str, timeout_s: int = ENTRY_TIMEOUT_S
    ) -> None:
        """Take the reader, what it can, and the language that its messages should have ("et")."""
        self._reader: Final = reader
        self._ability: Final = ability
        self._entry: Final = Entry(
            language=_LANGUAGES.get(language, _ENGLISH),
            has_display=ability.told.has_display is not False,
            timeout_s=timeout_s,
        )

    def verify(self, facts: PinFacts) -> int | PinRefusal:
        """Have a PIN entered and presented to the card."""
        self._require(self._ability.verifies(facts))
        command = bytes(verify_command(facts, facts.template).encode())
        return self._enter(self._ability.way_to(replace=False), verify_structure(command, facts, self._entry), 1)

    def replace(self, header: tuple[int, int], present: PinFacts | None, new: PinFacts) -> int | PinRefusal:
        """Have a new PIN entered twice, after the code ``present`` if that is one."""
        both = (new,) if present is None else (present, new)
        self._require(self._ability.replaces(*both))
        template = b"".join(each.template for each in both)
        command = bytes(CommandApdu(0x00, *header, new.reference, template).encode())
        structure = modify_structure(command, present, new, self._entry)
        return self._enter(self._ability.way_to(replace=True), structure, _MOST_ENTRIES)

    def _require(self, is_able: bool) -> None:  # noqa: FBT001  # what was just asked
        if not is_able:
            raise PinPadError("the reader takes no such PIN")

    def _enter(self, way: _Way, structure: bytes, entries: int) -> int | PinRefusal:
        entry_s = float(self._entry.timeout_s * entries)
        answer = self._reader.control(way.start, structure, entry_s)
        if way.finish is not None:
            answer = self._reader.control(way.finish, b"", entry_s)
        if len(answer) != _STATUS_BYTES:
            raise PinPadError(f"a reader's keys answered {len(answer)} bytes")
        status = int.from_bytes(answer, "big")
        if status in _NO_ENTRY:
            raise PinPadError(f"a reader's keys refused: {status:04X}")
        return _REFUSALS.get(status, status)
