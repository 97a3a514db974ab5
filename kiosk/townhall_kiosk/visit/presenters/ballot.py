# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens of the contests of a ballot and of their review. Nothing is marked but what the person marked."""

from townhall_kiosk.visit.ballot_desk import BLANK, BallotDesk, Marks
from townhall_kiosk.visit.ballot_work import needs_more
from townhall_kiosk.visit.presenters import ballot_words
from townhall_kiosk.visit.presenters.frames import frame
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting import states as vote
from townhall_ui.screens import (
    Answer,
    Candidate,
    ContestScreen,
    RankedScreen,
    ReviewScreen,
)
from townhall_voting.package.contests import Candidate as ListedCandidate
from townhall_voting.package.contests import Contest


def contest(state: vote.Marking, desk: BallotDesk, around: Surroundings) -> ContestScreen | RankedScreen:
    """One contest, its candidates in this visit's order."""
    text = around.text
    contests, language = _contests(desk), _language(around)
    asked, marks = contests[state.contest], desk.marks[state.contest]
    step = text("voting.contest.step", current=state.contest + 1, total=len(contests))
    heading = frame(around, asked.title[language], proceed=text("button.continue"), back=True, stop=True, step=step)
    candidates = tuple(_candidate(asked.candidates[place], language) for place in marks.order)
    instruct = ballot_words.rank_up_to if asked.is_ranked else ballot_words.choose_up_to
    instruction = asked.instruction.get(language) or instruct(text, asked.maximum)
    notice = _needs(asked, around) if state.has_notice else ""
    if asked.is_ranked:
        return RankedScreen(
            heading,
            instruction,
            candidates,
            asked.maximum,
            ballot_words.ranked_words(text, asked.maximum),
            ballot_words.rank_words(text, asked.maximum),
            marks.ranking,
            notice=notice,
        )
    return ContestScreen(
        heading,
        instruction,
        candidates,
        asked.maximum,
        ballot_words.contest_words(text, asked.maximum),
        marks.chosen,
        ballot_words.blank_vote(text) if asked.blank else None,
        notice,
    )


def _contests(desk: BallotDesk) -> tuple[Contest, ...]:
    assert desk.style is not None  # noqa: S101  # the table opens these states only with a ballot on the desk
    return desk.style.contests


def _language(around: Surroundings) -> str:
    assert around.election is not None  # noqa: S101  # the table opens these states only in an election
    return around.election.language(around.language)


def _candidate(listed: ListedCandidate, language: str) -> Candidate:
    return Candidate(listed.id, listed.name[language], listed.second_line.get(language, ""), listed.number)


def _needs(asked: Contest, around: Surroundings) -> str:
    how = "voting.contest.needs-or-blank" if asked.blank else "voting.contest.needs"
    return around.text.counted(how, asked.minimum)


def review(desk: BallotDesk, around: Surroundings) -> ReviewScreen:
    """All contests, what is chosen and what is left open, each with a way to change it."""
    text, language = around.text, _language(around)
    answers = tuple(
        Answer(
            asked.id,
            asked.title[language],
            "\n".join(_chosen(asked, marks, around)) or text("review.not-answered"),
            text("review.change"),
            _left_open(asked, marks, around),
        )
        for asked, marks in zip(_contests(desk), desk.marks, strict=True)
    )
    return ReviewScreen(
        frame(around, text("voting.review.heading"), proceed=text("voting.review.button"), stop=True),
        answers,
        text("voting.review.what"),
        text("page.previous"),
        text("page.next"),
        text("page.of", page="{page}", pages="{pages}"),
    )


def _chosen(asked: Contest, marks: Marks, around: Surroundings) -> list[str]:
    if marks.chosen == (BLANK,):
        return [around.text("ballot.blank")]
    language = _language(around)
    names = {each.id: " ".join(filter(None, (each.number, each.name[language]))) for each in asked.candidates}
    if not asked.is_ranked:
        return [names[each.id] for each in asked.candidates if each.id in marks.chosen]
    ranks = ballot_words.rank_words(around.text, asked.maximum).ranks
    return [f"{rank}: {names[each]}" for rank, ids in zip(ranks, marks.ranking, strict=False) for each in ids]


def _left_open(asked: Contest, marks: Marks, around: Surroundings) -> str:
    """Name what is left open; nothing is, where blank is chosen."""
    if needs_more(asked, marks):
        return _needs(asked, around)
    return "" if marks.chosen == (BLANK,) else ballot_words.left_open(around.text, len(marks.chosen), asked.maximum)
