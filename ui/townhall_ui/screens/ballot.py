# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens of a ballot: mark a contest, rank a contest, check or cast, the checked ballot, the sentence to sign.

The window tells each mark at once (``Marked``, ``Ranked``), and the primary button says no more than ``Proceeded``:
nothing is lost if somebody goes back, changes the language or asks for help in between. Whoever receives a mark shows
the same screen with it: the marks of the model are the truth. Ids hold no white space.
"""

from dataclasses import dataclass, field

from townhall_ui.screens.frame import Choice, Frame, PageWords, Tone

Ranking = tuple[tuple[str, ...], ...]
"""Ids by rank, the best first; several in one rank are equal."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing to vote for, shown in the order in which the model has it."""

    id: str
    name: str
    detail: str = ""  # a second line: list, place of residence
    number: str = ""  # as on the candidates' list; before the name


@dataclass(frozen=True, slots=True)
class MarkWords:
    """What is said while a contest is marked or ranked.

    Whole sentences for each count, so that every language has its plurals.
    """

    counts: tuple[str, ...]  # with 0, 1, ... up to ``maximum`` marks: "You have chosen 1 of 2"
    too_many: str  # one more was touched: what must be taken away first
    chosen: str  # on what is marked, where it has no rank: "Chosen"
    paging: PageWords  # ``page_of`` may tell {first}, {last} and {total} beside {page} and {pages}
    blank_chosen: str = ""  # instead of the count, where the blank vote is marked
    not_with_blank: str = ""  # a candidate was touched, but the blank vote is marked
    blank_not_with: str = ""  # the blank vote was touched, but candidates are marked


@dataclass(frozen=True, slots=True)
class ContestScreen:
    """One contest: choose up to ``maximum``; the heading is the contest.

    One mark more than that is refused with ``words.too_many``: none is ever replaced. The blank vote excludes the
    candidates; choosing it beside them, or them beside it, is refused with the reason as well.
    """

    frame: Frame
    instruction: str  # "Choose up to 2"
    candidates: tuple[Candidate, ...]
    maximum: int
    words: MarkWords
    marks: tuple[str, ...] = field(default=(), repr=False)  # ids of candidates, or that of the blank vote alone
    blank: Candidate | None = None  # the blank vote, where the contest has it
    notice: str = ""  # why the contest is shown again: "Choose 1 at least, or the blank vote"


@dataclass(frozen=True, slots=True)
class RankWords:
    """What is said of ranks."""

    ranks: tuple[str, ...]  # "1st choice", "2nd choice", ...; at least ``maximum`` of them
    move_up: str
    move_down: str
    take_out: str
    shared: str = ""  # with {rank}, where several have one rank: "{rank}, with others"


@dataclass(frozen=True, slots=True)
class RankedScreen:
    """One contest in which candidates are ranked: a touch gives the next rank, buttons move and take out."""

    frame: Frame
    instruction: str
    candidates: tuple[Candidate, ...]
    maximum: int  # of the candidates that may be ranked
    words: MarkWords
    rank_words: RankWords
    ranking: Ranking = field(default=(), repr=False)  # of the blank vote: its id alone in the only rank
    has_equal_ranks: bool = False
    blank: Candidate | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class CheckOrCastScreen:
    """The commitment is printed: two ways on of equal weight, and none where the primary button was.

    ``frame.proceed`` is None. ``Chose`` has the id of the way.
    """

    frame: Frame
    paragraphs: tuple[str, ...]
    slip_label: str  # "Your slip says:"
    slip: str  # short words or a code, as printed
    ways: tuple[Choice, Choice]  # label "Check this ballot", hint what then happens


@dataclass(frozen=True, slots=True)
class CodeScreen:
    """A code to scan, as large as the panel allows, and what it is for: a ballot opened for its check."""

    frame: Frame
    qr: bytes = field(repr=False)  # PNG with its quiet zone
    qr_description: str
    paragraphs: tuple[str, ...]  # the first one is the notice
    tone: Tone = Tone.WARNING
    facts: tuple[tuple[str, str], ...] = ()  # label and value


@dataclass(frozen=True, slots=True)
class StatementScreen:
    """A sentence that will be signed, word for word; the primary button is not where it was on the screens before."""

    frame: Frame
    statement: str
    paragraphs: tuple[str, ...] = ()
    paging: PageWords | None = None  # where letters are so large that the sentence takes several pages
