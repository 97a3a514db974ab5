# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a try to refresh the catalogue came to, and how it stands: values for staff's screens and the audit trail."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import TypeAlias

from townhall_sync.catalogue_parts import Part
from townhall_sync.central_service import Unreachable


@unique
class CatalogueRefusal(Enum):
    """Why a repository was not taken; the values are stable codes (docs/failure-codes.md)."""

    NOT_A_REPOSITORY = "TH-SYNC-061"
    ROLLED_BACK = "TH-SYNC-062"
    EXPIRED = "TH-SYNC-063"
    UNDER_SIGNED = "TH-SYNC-064"
    MIXED = "TH-SYNC-065"
    INCOMPLETE = "TH-SYNC-066"
    OTHER_BYTES = "TH-SYNC-067"
    TOO_LARGE = "TH-SYNC-068"
    NO_ROOM = "TH-SYNC-069"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A newer repository was verified wholly and has taken the old one's place; ``parts`` have changed."""

    version: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The source has what we have."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The source's repository was not taken, the old one goes on. ``code`` is stable; ``detail`` is for engineers."""

    code: str
    detail: str


RefreshOutcome: TypeAlias = Refreshed | Unchanged | Refused | Unreachable


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One part at one time. Times in unix seconds, ages in seconds."""

    part: Part
    version: int
    signed: int
    until: int
    age_s: int
    is_expired: bool


@dataclass(frozen=True, slots=True)
class Hidden:
    """Something of the catalogue that this kiosk does not use now: a service, a language, a part; and why."""

    what: str
    code: str


@dataclass(frozen=True, slots=True)
class CatalogueStatus:
    """How the catalogue stands, for staff. ``version`` is the timestamp's; 0: there is no catalogue yet."""

    version: int = 0
    signed: int = 0
    until: int = 0
    is_stale: bool = True  # no newer repository can be told from an old one any more: bring a fresh one
    parts: tuple[PartStatus, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    last_refusal: str = ""  # code; empty after a try that was not refused
    last_refusal_wall: int = 0
    last_answer_wall: int = 0  # when a source last had a repository that we take or have

    def part(self, part: Part) -> PartStatus | None:
        """Return one part's status, or None where the catalogue lacks it."""
        return next((each for each in self.parts if each.part is part), None)


@dataclass(slots=True)
class RefreshMemory:
    """What the last tries came to, until the next restart."""

    last_refusal: str = ""
    last_refusal_wall: int = 0
    last_answer_wall: int = 0
    hidden: tuple[Hidden, ...] = field(default_factory=tuple)

    def note(self, outcome: RefreshOutcome, wall: int) -> None:
        """Remember an outcome."""
        match outcome:
            case Refused(code=code):
                self.last_refusal, self.last_refusal_wall = code, wall
            case Refreshed() | Unchanged():
                self.last_refusal, self.last_answer_wall = "", wall
            case Unreachable():
                pass

    def hide(self, hidden: Iterable[Hidden]) -> None:
        """Remember what is hidden now."""
        self.hidden = tuple(hidden)
