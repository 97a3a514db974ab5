# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The words of a ballot's screens in the person's language, with the screens that are words alone."""

from townhall_kiosk.state_facts import Paper
from townhall_kiosk.texts import Texts
from townhall_kiosk.visit.ballot_desk import BLANK as BLANK  # noqa: PLC0414  # shown here
from townhall_kiosk.visit.presenters.closing import PRINT
from townhall_kiosk.visit.presenters.frames import frame, page_words
from townhall_kiosk.visit.qr import qr_png
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_ui.screens import (
    Candidate,
    CheckOrCastScreen,
    Choice,
    CodeScreen,
    MarkWords,
    MessageScreen,
    PageWords,
    Picture,
    RankWords,
    ReceiptScreen,
    StatementScreen,
)
from townhall_voting.package.definition import DeviceRole

CHECK, CAST = "check", "cast"


def contest_words(text: Texts, maximum: int) -> MarkWords:
    """Return what is said while up to ``maximum`` candidates are marked."""
    counts = tuple(text("ballot.chosen", chosen=chosen, maximum=maximum) for chosen in range(maximum + 1))
    return _mark_words(text, counts, text("ballot.too-many"))


def ranked_words(text: Texts, maximum: int) -> MarkWords:
    """Return what is said while up to ``maximum`` candidates are ranked."""
    counts = tuple(text("ballot.ranked", chosen=chosen, maximum=maximum) for chosen in range(maximum + 1))
    return _mark_words(text, counts, text("ballot.too-many-ranks"))


def _mark_words(text: Texts, counts: tuple[str, ...], too_many: str) -> MarkWords:
    shown = text("ballot.shown", first="{first}", last="{last}", total="{total}")
    return MarkWords(
        counts,
        too_many,
        chosen=text("ballot.mark"),
        paging=PageWords(text("ballot.up"), text("ballot.down"), shown),
        blank_chosen=text("ballot.blank.chosen"),
        not_with_blank=text("ballot.blank.excludes"),
        blank_not_with=text("ballot.blank.alone"),
    )


def rank_words(text: Texts, maximum: int) -> RankWords:
    """Return the names of the first ``maximum`` ranks, and of what changes them."""
    named = (text("ballot.rank.first"), text("ballot.rank.second"), text("ballot.rank.third"))
    later = tuple(text("ballot.rank.later", rank=rank) for rank in range(len(named) + 1, maximum + 1))
    return RankWords(
        (*named, *later)[:maximum],
        text("ballot.rank.up"),
        text("ballot.rank.down"),
        text("ballot.rank.out"),
        text("ballot.rank.shared", rank="{rank}"),
    )


def choose_up_to(text: Texts, maximum: int) -> str:
    """Return the instruction of a contest."""
    return text.counted("ballot.choose-up-to", maximum)


def rank_up_to(text: Texts, maximum: int) -> str:
    """Return the instruction of a ranked contest."""
    return text.counted("ballot.rank-up-to", maximum)


def blank_vote(text: Texts) -> Candidate:
    """Return the blank vote, for contests that have one."""
    return Candidate(BLANK, text("ballot.blank"), text("ballot.blank.what"))


def left_open(text: Texts, chosen: int, maximum: int) -> str:
    """Return what the review notes of a contest without a blank vote in it; empty where nothing is left open."""
    if not chosen:
        return text("ballot.nothing-chosen")
    return text.counted("ballot.left-open", maximum - chosen) if chosen < maximum else ""


def check_or_cast(around: Surroundings, slip: str) -> CheckOrCastScreen:
    """The commitment is printed; ``slip`` is what it says in short words."""
    text = around.text
    is_booth = around.role is DeviceRole.BOOTH  # where a second slip comes that fingers could take for this one
    cast = "check-or-cast.cast.booth" if is_booth else "check-or-cast.cast.what"
    heard = text("check-or-cast.heard") if is_booth else ""
    return CheckOrCastScreen(
        frame(around, text("check-or-cast.heading"), stop=True, heard=heard),
        (text("check-or-cast.sealed"),),
        text("check-or-cast.slip"),
        slip,
        (
            Choice(CHECK, text("check-or-cast.check.button"), text("check-or-cast.check.what")),
            Choice(CAST, text("check-or-cast.cast.button"), text(cast)),
        ),
    )


def checked(around: Surroundings, opening: str) -> CodeScreen:
    """The ballot is void; ``opening`` is what its code holds."""
    text = around.text
    return CodeScreen(
        frame(around, text("checked.heading"), proceed=text("checked.button"), stop=True),
        qr_png(opening),
        text("checked.qr"),
        (text("checked.void"), text("checked.how")),
    )


def slip_to_desk(around: Surroundings, slip: str) -> MessageScreen:
    """The booth has forgotten everything; the slip goes to the desk, and ``slip`` is what it says in short words."""
    text = around.text
    heading = frame(around, text("slip.heading"), proceed=text("receipt.finish"), heard=text("slip.heard"))
    paragraphs = (text("slip.sign"), slip_says(around, slip), text("slip.secret"))
    return MessageScreen(heading, paragraphs, Picture.TAKE_SLIP)


def slip_says(around: Surroundings, slip: str) -> str:
    """Return what stands on a slip, for who cannot read it, or has several."""
    return f"{around.text('check-or-cast.slip')} {slip}"


def cast_statement(around: Surroundings, statement: str) -> StatementScreen:
    """The sentence before PIN 2; it names the sealed ballot, in full and by the slip's words."""
    text = around.text
    return StatementScreen(
        frame(around, text("cast.heading"), proceed=text("cast.button"), stop=True),
        statement,
        (text("cast.what"),),
        paging=page_words(around),
    )


def vote_receipt(  # noqa: PLR0913  # keyword-only; what the screen shows
    around: Surroundings,
    *,
    election: str,
    words: str,
    named: tuple[str, str],
    code: str,
    paper: Paper = Paper.NOT_ASKED,
) -> ReceiptScreen:
    """The vote is stored; ``named`` is what the ballot is called, label and value.

    The value comes in groups, since lines break between them.
    """
    text = around.text
    told = [text("vote-receipt.words")]
    if paper is not Paper.NOT_ASKED:
        told.append(text(f"receipt.{paper.value}"))
    return ReceiptScreen(
        frame(around, text("vote-receipt.heading"), proceed=text("receipt.finish")),
        words,
        qr_png(code),
        text("vote-receipt.qr"),
        tuple(told),
        ((text("vote-receipt.election"), election), named),
        Choice(PRINT, text("receipt.print-again")) if around.can_print else None,
    )
