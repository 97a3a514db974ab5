# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can happen while staff check a document."""

import enum
from dataclasses import dataclass, field
from typing import Final

from townhall_kiosk.staff.errors import DocumentClosedError
from townhall_smartcard.emrtd.mrz_entry import MrzMistake
from townhall_smartcard.errors import (
    CardMuteError,
    CardUnreadableError,
    CardUnsupportedError,
    ReaderBusyError,
    ServiceGoneError,
)


class ReadingProblem(enum.Enum):
    """Why a document was not read, by what staff can do; the value is its name in texts."""

    CLOSED = "closed"  # it does not open with the zone that was typed
    NO_CHIP = "no-chip"
    UNREADABLE = "unreadable"
    MUTE = "mute"
    BUSY = "busy"
    NO_SERVICE = "no-service"

    @property
    def code(self) -> str:
        """The failure code in small print (docs/failure-codes.md)."""
        return _CODES[self]


_CODES: Final = {
    ReadingProblem.CLOSED: DocumentClosedError.code,
    ReadingProblem.NO_CHIP: CardUnsupportedError.code,
    ReadingProblem.UNREADABLE: CardUnreadableError.code,
    ReadingProblem.MUTE: CardMuteError.code,
    ReadingProblem.BUSY: ReaderBusyError.code,
    ReadingProblem.NO_SERVICE: ServiceGoneError.code,
}


@dataclass(frozen=True, slots=True)
class ZoneGiven:
    """Somebody typed a zone, or a reader did."""

    typed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ZoneMistyped:
    """It is no zone; nothing was asked of any chip."""

    mistakes: tuple[MrzMistake, ...]


@dataclass(frozen=True, slots=True)
class DocumentMissing:
    """In no reader is anything that it could be, or in several."""

    are_several: bool = False


@dataclass(frozen=True, slots=True)
class CardsMoved:
    """Something was put into a reader or taken out of one."""


@dataclass(frozen=True, slots=True)
class DocumentChecked:
    """It is read and judged; all of it is on the desk."""


@dataclass(frozen=True, slots=True)
class DocumentFailed:
    """It was not read."""

    problem: ReadingProblem


Event = ZoneGiven | ZoneMistyped | DocumentMissing | CardsMoved | DocumentChecked | DocumentFailed
