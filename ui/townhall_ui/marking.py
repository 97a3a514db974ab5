# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a touch makes of the marks or ranks of a contest, or why it makes nothing of them; no Qt."""

import enum
from dataclasses import dataclass

from townhall_ui.errors import ScreenMalformedError
from townhall_ui.screens import ContestScreen, RankedScreen, Ranking


class Refusal(enum.Enum):
    """Why a touch changes nothing; what must be taken away first is said each time."""

    TOO_MANY = enum.auto()
    NOT_WITH_BLANK = enum.auto()
    BLANK_NOT_WITH = enum.auto()


@dataclass(frozen=True, slots=True)
class MarkRules:
    """How many of which things can be marked.

    Attributes:
        order: ids of the candidates as they stand.
        maximum: of marks.
        blank: id of the blank vote, or None.
    """

    order: tuple[str, ...]
    maximum: int
    blank: str | None

    @classmethod
    def of(cls, screen: ContestScreen | RankedScreen) -> "MarkRules":
        """Read the rules of a screen.

        Raises:
            ScreenMalformedError: the model contradicts itself.
        """
        order = tuple(candidate.id for candidate in screen.candidates)
        blank = screen.blank.id if screen.blank is not None else None
        ids = [*order, *([blank] if blank is not None else [])]
        if len(set(ids)) != len(ids) or any(not one or one.split() != [one] for one in ids):
            raise ScreenMalformedError("ids of candidates are empty, repeated or hold white space")
        if not 1 <= screen.maximum <= len(order):
            raise ScreenMalformedError("the most marks are none, or more than there are candidates")
        words = screen.words
        if len(words.counts) != screen.maximum + 1 or not words.too_many:
            raise ScreenMalformedError("a count of marks without words")
        if blank is not None and not (words.blank_chosen and words.not_with_blank and words.blank_not_with):
            raise ScreenMalformedError("a blank vote without words")
        return cls(order, screen.maximum, blank)

    def refusal(self, marks: tuple[str, ...], touched: str) -> Refusal | None:
        """Why ``touched`` cannot be marked beside ``marks``; None: it can."""
        if touched == self.blank:
            return Refusal.BLANK_NOT_WITH if marks else None
        if self.blank in marks:
            return Refusal.NOT_WITH_BLANK
        return Refusal.TOO_MANY if len(marks) >= self.maximum else None

    def turned(self, marks: tuple[str, ...], touched: str) -> tuple[str, ...] | Refusal:
        """The marks after a touch, in the order of the candidates: taken away where there was one, else made."""
        if touched in marks:
            return tuple(mark for mark in marks if mark != touched)
        refusal = self.refusal(marks, touched)
        return refusal if refusal is not None else self.sorted((*marks, touched))

    def sorted(self, marks: tuple[str, ...]) -> tuple[str, ...]:
        """Marks in the order of the candidates: the order of the touches is nobody's business."""
        return tuple(one for one in (*self.order, self.blank) if one is not None and one in marks)

    def check(self, marks: tuple[str, ...]) -> None:
        """Raise ``ScreenMalformedError`` unless these marks could have been made by touches."""
        known = {*self.order, self.blank}
        is_mixed = self.blank in marks and len(marks) > 1
        if len(set(marks)) != len(marks) or not set(marks) <= known or len(marks) > self.maximum or is_mixed:
            raise ScreenMalformedError("marks that nobody can have made")


@dataclass(frozen=True, slots=True)
class RankRules:
    """How candidates can be ranked.

    Attributes:
        marks: which of them, and how many.
        has_equal_ranks: whether several may share a rank.
    """

    marks: MarkRules
    has_equal_ranks: bool

    @classmethod
    def of(cls, screen: RankedScreen) -> "RankRules":
        """Read the rules of a screen.

        Raises:
            ScreenMalformedError: the model contradicts itself.
        """
        rules = cls(MarkRules.of(screen), screen.has_equal_ranks)
        if len(screen.rank_words.ranks) < screen.maximum:
            raise ScreenMalformedError("a rank without words")
        if screen.has_equal_ranks and "{rank}" not in screen.rank_words.shared:
            raise ScreenMalformedError("equal ranks without words")
        rules.check(screen.ranking)
        return rules

    def check(self, ranking: Ranking) -> None:
        """Raise ``ScreenMalformedError`` unless this ranking could have been made by touches."""
        self.marks.check(marked(ranking))
        if not all(ranking) or (not self.has_equal_ranks and any(len(rank) > 1 for rank in ranking)):
            raise ScreenMalformedError("ranks that nobody can have given")

    def turned(self, ranking: Ranking, touched: str) -> Ranking | Refusal:
        """The ranking after a touch: taken out where it had a rank, else the next rank."""
        if rank_of(ranking, touched) is not None:
            return taken_out(ranking, touched)
        refusal = self.marks.refusal(marked(ranking), touched)
        return refusal if refusal is not None else (*ranking, (touched,))

    def moved_up(self, ranking: Ranking, moved: str) -> Ranking:
        """One step better: out of a shared rank, else into the next better one or before it."""
        index = _index(ranking, moved)
        if len(ranking[index]) > 1:
            return (*ranking[:index], (moved,), _without(ranking[index], moved), *ranking[index + 1 :])
        if index == 0:
            return ranking
        above, rest = ranking[index - 1], ranking[index + 1 :]
        if self.has_equal_ranks:
            return (*ranking[: index - 1], self.marks.sorted((*above, moved)), *rest)
        return (*ranking[: index - 1], (moved,), above, *rest)

    def moved_down(self, ranking: Ranking, moved: str) -> Ranking:
        """One step worse: the mirror of ``moved_up``."""
        return self.moved_up(ranking[::-1], moved)[::-1]


def marked(ranking: Ranking) -> tuple[str, ...]:
    """All that have a rank."""
    return tuple(one for rank in ranking for one in rank)


def rank_of(ranking: Ranking, wanted: str) -> int | None:
    """The rank from 0; None where it has none."""
    return next((index for index, rank in enumerate(ranking) if wanted in rank), None)


def taken_out(ranking: Ranking, out: str) -> Ranking:
    """The ranking without one; those after it move up."""
    return tuple(left for left in (_without(rank, out) for rank in ranking) if left)


def _index(ranking: Ranking, wanted: str) -> int:
    index = rank_of(ranking, wanted)
    if index is None:
        raise ScreenMalformedError("something without a rank cannot be moved")
    return index


def _without(rank: tuple[str, ...], out: str) -> tuple[str, ...]:
    return tuple(one for one in rank if one != out)
