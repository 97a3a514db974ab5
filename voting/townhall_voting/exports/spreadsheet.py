# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Results as CSV (RFC 4180, UTF-8): one file of votes, one of places; a cell can never run as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from townhall_voting.exports.outcome import Outcome
from townhall_voting.package.contests import Contest

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""


def write_votes(outcome: Outcome) -> bytes:
    """Return the votes of all contests in which people choose: a line for each candidate, ballot style and "blank"."""
    rows = [row for contest in outcome.definition.contests if not contest.is_ranked for row in _rows(outcome, contest)]
    head = ("contest", "contest_name", "ballot_style", "choice", "choice_name", "votes", "ballots")
    return _written(head, rows)


def write_elected(outcome: Outcome) -> bytes:
    """Return what the count says of each candidate of the ranked contests: elected (and as which), tied or not."""
    rows = [row for contest in outcome.definition.contests for row in _elected(outcome, contest)]
    head = ("contest", "contest_name", "counting", "seats", "choice", "choice_name", "outcome", "order")
    return _written(head, rows)


def write_places(outcome: Outcome) -> bytes:
    """Return what came of the statements of each place."""
    names = {place.id: place.name[outcome.definition.languages[0]] for place in outcome.definition.places}
    rows = [
        (each.place, names[each.place], each.received, each.accepted, each.duplicate, each.refused, each.void)
        for each in outcome.places
    ]
    return _written(("place", "place_name", "received", "accepted", "duplicate", "refused", "void"), rows)


def _rows(outcome: Outcome, contest: Contest) -> Iterable[Sequence[str | int]]:
    language = outcome.definition.languages[0]
    for style, votes in outcome.of(contest):
        head = (contest.id, contest.title[language], style.style)
        for candidate, count in zip(contest.candidates, votes.candidates, strict=True):
            yield (*head, candidate.id, candidate.name[language], count, style.ballots)
        if contest.blank:
            yield (*head, "", "blank", votes.blank, style.ballots)


def _elected(outcome: Outcome, contest: Contest) -> Iterable[Sequence[str | int]]:
    language, elected = outcome.definition.languages[0], outcome.elected(contest)
    if elected is None:
        return
    for place, candidate in enumerate(contest.candidates):
        order = elected.winners.index(place) + 1 if place in elected.winners else ""
        said = (candidate.id, candidate.name[language], elected.standing(place).value, order)
        yield (contest.id, contest.title[language], contest.counting.value, contest.seats, *said)


def _written(head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(head)
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
    return file.getvalue().encode("utf-8")


def _safe(cell: str | int) -> str | int:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
