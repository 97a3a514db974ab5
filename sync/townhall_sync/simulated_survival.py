# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What of the unsynced a power cut leaves on a ``simulated_disk``: which calls, which sectors, which names."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Final

SECTOR: Final = 512
PAGE: Final = 4096


class Survival(Enum):
    """What of the unsynced a power cut leaves."""

    NOTHING = "nothing"
    EVERYTHING = "everything"
    BYTES = "all bytes, no names"
    NAMES = "all names, no bytes"
    PREFIX = "the oldest"
    NEWEST = "the newest"
    CALLS = "some calls"
    SECTORS = "some sectors of 512 bytes"
    PAGES = "some sectors of 4096 bytes"
    TORN = "all but one end of the last write"
    LITTER = "some sectors, and old bytes of others in the rest"


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes on their way to a file; ``size`` alone where it was cut or made longer."""

    order: int
    offset: int
    data: bytes
    size: int | None = None
    only_grows: bool = False


@dataclass(frozen=True, slots=True)
class Naming:
    """A name on its way to a directory; None: the name goes."""

    order: int
    name: str
    file: int | None


@dataclass(frozen=True, slots=True)
class Keep:
    """Decides for each pending piece whether it arrived."""

    survival: Survival
    dice: random.Random
    border: int
    last: int

    def name(self, naming: Naming) -> bool:
        """Tell whether a name arrived."""
        match self.survival:
            case Survival.EVERYTHING | Survival.NAMES | Survival.TORN:
                return True
            case Survival.NOTHING | Survival.BYTES:
                return False
            case _:
                return self._call(naming.order)

    def pieces(self, pending: Iterable[Piece]) -> list[Piece]:
        """Return what arrived of a file."""
        match self.survival:
            case Survival.EVERYTHING | Survival.BYTES:
                return list(pending)
            case Survival.NOTHING | Survival.NAMES:
                return []
            case Survival.TORN:
                return [part for piece in pending for part in self._torn(piece)]
            case Survival.SECTORS | Survival.LITTER:
                return self._some(pending, SECTOR)
            case Survival.PAGES:
                return self._some(pending, PAGE)
            case _:
                return [piece for piece in pending if self._call(piece.order)]

    def gap(self, size: int) -> bytes:
        """Return what stands in a part of a file that was never written."""
        return self.dice.randbytes(size) if self.survival is Survival.LITTER else bytes(size)

    def _call(self, order: int) -> bool:
        match self.survival:
            case Survival.PREFIX:
                return order <= self.border
            case Survival.NEWEST:
                return order >= self.border
            case _:
                return self.dice.random() < 0.5

    def _some(self, pending: Iterable[Piece], size: int) -> list[Piece]:
        parts = (part for piece in pending for part in _sectors(piece, size))
        kept = [part for part in parts if self.dice.random() < 0.5]
        if self.survival is not Survival.LITTER:
            return kept
        # The length arrived although bytes did not.
        longest = max((piece.size or piece.offset + len(piece.data) for piece in pending), default=0)
        return [Piece(0, 0, b"", longest, only_grows=True), *kept]

    def _torn(self, piece: Piece) -> list[Piece]:
        parts = _sectors(piece, SECTOR)
        if piece.order != self.last:
            return parts
        place = self.dice.randrange(len(parts) + 1)
        return self.dice.choice((parts[:place], parts[place:]))


def _sectors(piece: Piece, size: int) -> list[Piece]:
    """Cut a write where sectors of the disk meet."""
    if not piece.data:
        return [piece]
    end = piece.offset + len(piece.data)
    borders = [piece.offset, *range((piece.offset // size + 1) * size, end, size), end]
    return [
        Piece(piece.order, first, piece.data[first - piece.offset : last - piece.offset])
        for first, last in pairwise(borders)
    ]
