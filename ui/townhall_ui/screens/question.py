# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One question of a form, and the words of all that it is answered with."""

import enum
from dataclasses import dataclass
from decimal import Decimal

from townhall_ui.screens.ballot import RankWords
from townhall_ui.screens.frame import Choice, Frame, PageWords


class EntryKind(enum.Enum):
    """How an answer is entered."""

    TEXT = "text"
    LONG_TEXT = "long-text"
    LINES = "lines"  # as printed for machines: capitals, digits and "<"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TIME = "time"
    DATE_TIME = "date-time"
    PLACE = "place"  # latitude and longitude in degrees
    RANGE = "range"  # a number on a scale
    RANK = "rank"  # all choices, put in order
    CHOOSE_ONE = "choose-one"
    CHOOSE_MANY = "choose-many"
    NOTE = "note"  # nothing to enter


@dataclass(frozen=True, slots=True)
class KeyboardWords:
    """Names of the keys that carry no letter, for the eye and for the screen reader."""

    space: str
    delete: str
    shift: str
    more_letters: str
    symbols: str
    letters: str
    script: str = ""  # the key that leads to the letters of another script; empty: no such key
    own_script: str = ""  # the key that leads back to the letters of the screen's language


@dataclass(frozen=True, slots=True)
class DateWords:
    """Labels of the fields of a date and of a time of day."""

    day: str
    month: str
    year: str
    hour: str
    minute: str


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """Labels of the fields of a place, and the name of the key that turns a sign: to the south, to the west."""

    latitude: str
    longitude: str
    minus: str


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers of a range: from ``low`` in steps up to ``high``; and the names of the keys for one step."""

    low: Decimal
    high: Decimal
    step: Decimal  # more than 0
    less: str
    more: str

    @property
    def has_parts(self) -> bool:
        """Whether some of the numbers are no whole ones."""
        return self.low % 1 != 0 or self.step % 1 != 0


@dataclass(frozen=True, slots=True)
class QuestionScreen:
    """One question of a form; the heading is the question."""

    frame: Frame
    kind: EntryKind
    value: str  # ISO date or time, plain number, choice id, ids or numbers of a place parted by spaces, or text
    keyboard: KeyboardWords
    date: DateWords
    hint: str = ""
    source: str = ""  # where a filled-in value comes from: "From your card"
    problem: str = ""  # what is wrong and how to mend it
    choices: tuple[Choice, ...] = ()
    is_read_only: bool = False
    paging: PageWords | None = None  # for choices that need several pages
    place: PlaceWords | None = None  # of a place
    scale: Scale | None = None  # of a range
    ranks: RankWords | None = None  # of a rank: at least as many ranks as choices
    shapes: tuple[tuple[int, int], ...] = ()  # of lines: how many, and signs a line, of each kind there is
    around: tuple[str, str] = ("", "")  # of lines: what a reader sends before and behind them
