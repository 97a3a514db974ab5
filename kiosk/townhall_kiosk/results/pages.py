# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The results on paper: votes of each contest, ballots of each place, and by what the election is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from townhall_forms.document import Direction, Line, ReportModel, ReportTable
from townhall_kiosk.texts import Texts
from townhall_voting.exports.elected import Elected
from townhall_voting.exports.outcome import Outcome
from townhall_voting.mode import Mode
from townhall_voting.package.contests import Contest
from townhall_voting.package.derivation import answer_text


@dataclass(frozen=True, slots=True)
class Imprint:
    """Who issues the paper and when, the package's name, and the same results for programs (results.json)."""

    issuer: str
    made: datetime
    package_sha256: str
    attached: bytes


def pages_of(outcome: Outcome, imprint: Imprint, words: Texts) -> ReportModel:
    """Return the pages in the language of ``words``, which is one of the election's."""
    definition = outcome.definition
    title = words("title.test" if definition.mode is Mode.TEST else "title")
    return ReportModel(
        title=f"{title}: {definition.title[words.language]}",
        language=words.language,
        direction=Direction.RIGHT_TO_LEFT if words.is_right_to_left else Direction.LEFT_TO_RIGHT,
        issuer=imprint.issuer,
        tables=tuple(_tables(outcome, words)),
        note=words("note", date=words.date_time(imprint.made)),
        proof=Line(words("package"), imprint.package_sha256),
        page_words=words("page", page="{page}", pages="{pages}"),
        created=imprint.made,
        content=imprint.attached,
        content_description=words("attachment"),
    )


def _tables(outcome: Outcome, words: Texts) -> Iterator[ReportTable]:
    yield ReportTable(
        words("ballots"),
        (Line(words("counted"), str(outcome.ballots)), Line(words("roll"), str(outcome.roll_size))),
    )
    for contest in outcome.definition.contests:
        yield ReportTable(contest.title[words.language], tuple(_contest(outcome, contest, words)))
    names = {place.id: place.name[words.language] for place in outcome.definition.places}
    for each in outcome.places:
        facts = {
            "received": each.received,
            "accepted": each.accepted,
            "duplicate": each.duplicate,
            "refused": each.refused,
            "void": each.void,
        }
        lines = tuple(Line(words(f"place.{fact}"), str(count)) for fact, count in facts.items())
        yield ReportTable(names[each.place], lines)
    fingerprints = tuple(Line(words("fingerprint", style=each.style), each.fingerprint) for each in outcome.styles)
    yield ReportTable(words("records"), fingerprints)


def _contest(outcome: Outcome, contest: Contest, words: Texts) -> Iterator[Line]:
    if (elected := outcome.elected(contest)) is not None:
        yield from _ranked(contest, elected, words)
        return
    total = outcome.total(contest)
    for candidate, votes in zip(contest.candidates, total.candidates, strict=True):
        yield Line(answer_text(candidate, words.language), str(votes))
    if contest.blank:
        yield Line(words("blank"), str(total.blank))
    unused = sum(outcome.unused(contest, style, votes) for style, votes in outcome.of(contest))
    yield Line(words("unused"), str(unused))


def _ranked(contest: Contest, elected: Elected, words: Texts) -> Iterator[Line]:
    """Yield who is elected, in order, then all others as they stand on the ballot; then what the count rests on."""
    names = [answer_text(candidate, words.language) for candidate in contest.candidates]
    for order, place in enumerate(elected.winners, start=1):
        yield Line(names[place], words("elected", order=order))
    for place, name in enumerate(names):
        if place not in elected.winners:
            yield Line(name, words("tied") if place in elected.tied else words("not-elected"))
    yield Line(words("ranked.method"), words(f"ranked.{contest.counting.value}"))
    yield Line(words("ranked.seats"), str(contest.seats))
    if elected.vacant:
        yield Line(words("ranked.vacant"), str(elected.vacant))
    yield Line(words("ranked.counted"), str(elected.counted))
    yield Line(words("blank"), str(elected.blank))
    if elected.invalid:
        yield Line(words("ranked.invalid"), str(elected.invalid))
    for tie in elected.decided_by_order:
        end = "tie.won" if tie.is_for_winning else "tie.lost"
        yield Line(words("tie"), words(end, decided=names[tie.decided], other=names[tie.other]))
    yield Line(words("ranked"), words("ranked.where"))
