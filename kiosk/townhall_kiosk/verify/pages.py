# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A verification as a report for people: what holds, what does not, the numbers and the result."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from townhall_kiosk.texts import Texts
from townhall_voting.hashing import HexHash
from townhall_voting.record.report import QuestionResult, VerificationReport
from townhall_voting.words import words as spoken_words

_TALLY_WORDS: Final = 16
"""All 256 bits: trustees compare the whole hash."""


@dataclass(frozen=True, slots=True)
class Line:
    """A label and what is shown beside it."""

    label: str
    shown: str


@dataclass(frozen=True, slots=True)
class Table:
    """A heading and the lines below it."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """Everything on the report, in one language. Not yet a document: a terminal needs no typesetter."""

    title: str
    language: str
    is_right_to_left: bool
    issuer: str
    tables: tuple[Table, ...]
    note: str
    proof: Line
    page_words: str
    created: datetime
    content: bytes
    """The report for programs, JSON."""
    content_description: str


def pages_of(report: VerificationReport, name: str, made: datetime, words: Texts) -> Pages:
    """Return the report's pages; ``name`` is what the record's file is called, ``made`` has a time zone."""
    return Pages(
        title=words("title"),
        language=words.language,
        is_right_to_left=words.is_right_to_left,
        issuer=report.name or name,
        tables=tuple(_tables(report, words)),
        note=words("note", file=name, date=words.date_time(made)),
        proof=Line(words("last-event"), report.last_event or "-"),
        page_words=words("page", page="{page}", pages="{pages}"),
        created=made,
        content=msgspec.json.encode(report),
        content_description=words("attachment"),
    )


def _tables(report: VerificationReport, words: Texts) -> Iterator[Table]:
    yield Table(words("outcome"), tuple(_outcome(report, words)))
    yield from (_result(result, words) for result in report.results)
    yield Table(words("numbers"), tuple(_numbers(report, words)))
    if report.election is not None:
        yield Table(words("election"), tuple(_election(report, words)))


def _outcome(report: VerificationReport, words: Texts) -> Iterator[Line]:
    yield Line(words("verdict"), words(f"verdict.{report.outcome}"))
    if report.reason is not None:
        code, height = report.reason.code, report.reason.height
        yield Line(words("reason", code=code), words(f"reason.{code}"))
        event = "-" if height is None else str(height)
        yield Line(words("place"), words("place.of", event=event, byte=str(report.reason.offset)))
    yield Line(words("phase"), words(f"phase.{report.phase}"))
    for code in report.concerns:
        yield Line(words("concern", code=code), words(f"concern.{code}"))


def _numbers(report: VerificationReport, words: Texts) -> Iterator[Line]:
    for text_id, number in (
        ("credentials", report.credentials),
        ("ballots", report.ballots),
        ("remembered", report.remembered),
        ("weight", report.weight),
        ("published", report.published),
        ("rejected", report.rejected),
        ("opened", report.opened),
        ("bytes", report.verified_bytes),
    ):
        if number is not None:
            yield Line(words(text_id), str(number))


def _election(report: VerificationReport, words: Texts) -> Iterator[Line]:
    yield Line(words("uuid"), report.uuid or "-")
    yield Line(words("fingerprint"), report.election or "-")
    yield Line(words("group"), report.group or "-")
    for group in report.trustees:
        yield Line(words("trustees"), words("trustees.of", needed=group.needed, size=group.size))
    if report.tally is not None:
        yield Line(words("tally"), report.tally)
        yield Line(words("tally-words"), spoken_words(bytes.fromhex(HexHash(report.tally)), _TALLY_WORDS))
    if report.shuffled_by:
        yield Line(words("shuffled-by"), _listed(report.shuffled_by))
    if report.decrypted_by:
        yield Line(words("decrypted-by"), _listed(report.decrypted_by))


def _result(result: QuestionResult, words: Texts) -> Table:
    if result.rankings is not None:
        found = Counter(result.rankings)
        rows = sorted(found.items(), key=lambda each: (-each[1], each[0]))
        answers = words("ranking", answers=", ".join(result.answers))
        lines = [Line(" - ".join(map(str, ranking)), str(times)) for ranking, times in rows]
        return Table(f"{result.question} ({answers})", tuple(lines))
    labels = ([words("blank")] if result.blank else []) + list(result.answers)
    counts = [str(count) for count in result.counts or ()]
    return Table(result.question, tuple(Line(*row) for row in zip(labels, counts, strict=True)))


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))
