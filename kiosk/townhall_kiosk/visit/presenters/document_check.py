# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens on which staff check a document: one sentence of what it is worth, then all that it says, part by part."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias, assert_never

from townhall_fonts import FONT_DIRECTORY
from townhall_forms.document import readable
from townhall_kiosk.document_check import steps, views
from townhall_kiosk.document_check.comparison import Field
from townhall_kiosk.document_check.desk import CheckedDocument, DocumentDesk
from townhall_kiosk.documents.words import part_lines, sentence
from townhall_kiosk.texts import Texts
from townhall_kiosk.visit.presenters.entry_words import date_words, keyboard_words
from townhall_kiosk.visit.presenters.frames import page_words
from townhall_kiosk.visit.presenters.zone_words import first_mistake
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.emrtd.lds.mrz import Mrz
from townhall_smartcard.emrtd.lds.mrz_layout import MrzSize
from townhall_smartcard.emrtd.passive_verdict import Outcome, Standing
from townhall_smartcard.emrtd.session import ChipVerdict
from townhall_smartcard.picture.messages import PictureRefusal, Pixels
from townhall_ui.screens import (
    Choice,
    EntryKind,
    Frame,
    MessageScreen,
    Picture,
    Portrait,
    QuestionScreen,
    Screen,
    StatusRow,
    StatusScreen,
    Tone,
    WorkingScreen,
)

MakeFrame: TypeAlias = Callable[..., Frame]
"""The counter's own frame: heading, then ``proceed``, ``back``, ``stop`` and ``code`` by name."""
_TONES: Final = {Standing.GOOD: Tone.GOOD, Standing.UNKNOWN: Tone.WARNING, Standing.BAD: Tone.PROBLEM}


def present(view: views.View, desk: DocumentDesk, around: Surroundings, frame: MakeFrame) -> Screen:
    """Return the screen of a view."""
    match view:
        case views.ZoneAsked():
            return _zone(view, desk, around, frame)
        case views.DocumentAsked():
            return _document(view, around, frame)
        case views.DocumentBeingRead():
            heading, step = around.text("counter.working"), around.text("doc-check.working")
            return WorkingScreen(frame(heading), (step,), 0, around.text("doc-check.leave"))
        case views.DocumentNotRead():
            return _not_read(view, around, frame)
        case views.DocumentShown():
            return _shown(desk, around, frame)
        case _:
            assert_never(view)


def _zone(view: views.ZoneAsked, desk: DocumentDesk, around: Surroundings, frame: MakeFrame) -> QuestionScreen:
    text = around.text
    code = view.mistakes[0].fault.code if view.mistakes else ""
    words = replace(keyboard_words(around), space=text("key.new-line"), script="")
    return QuestionScreen(
        frame(text("doc-check.zone.heading"), proceed=text("doc-check.read"), back=True, code=code),
        EntryKind.LINES,
        desk.typed,
        words,
        date_words(around),
        hint=text("doc-check.zone.hint"),
        problem=first_mistake(view.mistakes, text),
        shapes=tuple(size.value for size in MrzSize),
        around=(around.framing.prefix, around.framing.suffix),
    )


def _document(view: views.DocumentAsked, around: Surroundings, frame: MakeFrame) -> MessageScreen:
    text = around.text
    heading = frame(text("doc-check.lay.heading"), proceed=text("doc-check.read"), back=True)
    told = text("doc-check.lay.several") if view.are_several else text("doc-check.lay.how")
    return MessageScreen(heading, (told,), Picture.INSERT_CARD, Tone.WARNING if view.are_several else Tone.PLAIN)


def _not_read(view: views.DocumentNotRead, around: Surroundings, frame: MakeFrame) -> MessageScreen:
    text, why = around.text, view.problem
    heading = frame(text("doc-check.failed.heading"), proceed=text("doc-check.again"), back=True, code=why.code)
    return MessageScreen(heading, (text(f"doc-check.failed.{why.value}"),), tone=Tone.PROBLEM)


def _shown(desk: DocumentDesk, around: Surroundings, frame: MakeFrame) -> StatusScreen:
    text, found = around.text, desk.found
    assert found is not None  # noqa: S101  # the table opens this view only with a document on the desk
    return StatusScreen(
        frame(text("doc-check.shown.heading"), back=True),
        (*_worth_knowing(found, text), *_said(found, around), *_parts(found, text)),
        (Choice(steps.ANOTHER, text("doc-check.another")),),
        page_words(around),
        _sentence(found, text),
        _tone(found),
        _portrait(found, text),
    )


def _portrait(found: CheckedDocument, text: Texts) -> Portrait | None:
    face = found.face
    if not isinstance(face, Pixels):
        return None
    return Portrait(face.width, face.height, face.rgb, text("doc-check.portrait"))


def _sentence(found: CheckedDocument, text: Texts) -> str:
    """Return the one sentence; a printed zone that the chip contradicts comes before a good verdict on the chip."""
    if found.differing and found.report.is_believed:
        return text("doc-check.outcome.differs")
    return sentence(found.report.verdict, found.report.chip, text)


def _tone(found: CheckedDocument) -> Tone:
    if not found.report.is_believed or found.differing:
        return Tone.PROBLEM
    return Tone.GOOD if found.report.verdict.outcome is Outcome.VERIFIED else Tone.WARNING


def _worth_knowing(found: CheckedDocument, text: Texts) -> Iterator[StatusRow]:
    """Tell what comes before everything else: a way in that somebody weakened, files that were not shown."""
    if found.report.is_access_confirmed is False:
        yield StatusRow(text("doc-check.way-in"), text("doc-check.way-in.weakened"), Tone.PROBLEM)
    if isinstance(found.face, PictureRefusal):
        told = f"{text(f'doc-check.portrait.{found.face.value}')} ({found.face.code})"
        yield StatusRow(text("doc-check.portrait"), told, Tone.PROBLEM)
    elif found.face is None:
        yield StatusRow(text("doc-check.portrait"), text("doc-check.portrait.none"), Tone.WARNING)
    if found.chip is None:
        yield StatusRow(text("doc-check.zone"), text("doc-check.zone.unreadable"), Tone.PROBLEM)


def _said(found: CheckedDocument, around: Surroundings) -> Iterator[StatusRow]:
    text, who, today = around.text, found.report.identity, around.now().date()
    chip = found.chip
    if chip is None:
        return
    yield _compared(Field.SURNAME, who.surname, found, text)
    yield _compared(Field.GIVEN_NAMES, who.given_names, found, text)
    yield from _own_letters(found, text)
    for field, value in (
        (Field.BIRTH, who.birth),
        (Field.SEX, who.sex),
        (Field.NATIONALITY, who.nationality),
        (Field.DOCUMENT_NUMBER, who.document_number),
        (Field.DOCUMENT_KIND, f"{chip.size.name} {chip.document_code}"),
        (Field.STATE, who.state),
    ):
        yield _compared(field, value, found, text)
    expiry = _compared(Field.EXPIRY, who.expiry, found, text)
    if who.expiry and who.expiry < today.isoformat()[: len(who.expiry)]:  # month and day may be unknown
        expiry = replace(expiry, value=text("doc-check.expired", date=expiry.value), tone=Tone.PROBLEM)
    yield expiry
    yield _compared(Field.OPTIONAL, " ".join(each for each in chip.optional if each), found, text)
    if who.personal_number and who.personal_number not in chip.optional:
        yield StatusRow(text("doc-check.field.personal-number"), who.personal_number)


def _compared(field: Field, value: str, found: CheckedDocument, text: Texts) -> StatusRow:
    label, said = text(f"doc-check.field.{field.value}"), value or text("doc-check.nothing")
    if field not in found.differing:
        return StatusRow(label, said, Tone.GOOD if value else Tone.PLAIN)
    printed = _printed(field, found.printed) or text("doc-check.nothing")
    return StatusRow(label, text("doc-check.differs", chip=said, printed=printed), Tone.PROBLEM)


def _printed(field: Field, zone: Mrz) -> str:
    """Return a field of the printed zone, as it is printed."""
    return {
        Field.SURNAME: zone.surname,
        Field.GIVEN_NAMES: zone.given_names,
        Field.DOCUMENT_NUMBER: zone.document_number,
        Field.DOCUMENT_KIND: f"{zone.size.name} {zone.document_code}",
        Field.STATE: zone.issuer,
        Field.NATIONALITY: zone.nationality,
        Field.BIRTH: zone.key[1],
        Field.SEX: zone.sex.value.strip("<"),
        Field.EXPIRY: zone.key[2],
        Field.OPTIONAL: " ".join(each for each in zone.optional if each),
    }[field]


def _own_letters(found: CheckedDocument, text: Texts) -> Iterator[StatusRow]:
    """Tell the name in its own letters, and whether the zone's is a spelling of it by the tables of ICAO 9303-3."""
    who = found.report.identity
    if not who.own_letters:
        return
    # A chip's words are anybody's: what turns the line round, or has no shape in our fonts, is told by its number.
    yield StatusRow(text("doc-check.own-letters"), readable(who.own_letters, FONT_DIRECTORY))
    if not who.transliterated:
        yield StatusRow(text("doc-check.spelling"), text("doc-check.spelling.unknown"), Tone.WARNING)
        return
    agrees = who.own_letters_agree == "yes"
    told = text("doc-check.spelling.matches" if agrees else "doc-check.spelling.differs", name=who.transliterated)
    yield StatusRow(text("doc-check.spelling"), told, Tone.GOOD if agrees else Tone.WARNING)


def _parts(found: CheckedDocument, text: Texts) -> Iterator[StatusRow]:
    """Tell every part of the verdict, in the order in which they build on each other; who signed; how it was opened."""
    report = found.report
    standings = [each.standing for each in report.verdict.findings.values()]
    tones = [*map(_TONES.__getitem__, standings), _CHIP_TONES[report.chip]]
    for part, tone in zip(part_lines(report.verdict, report.chip, text), tones, strict=True):
        yield StatusRow(part.name, "; ".join((part.standing, *part.reasons)), tone)
    signer = report.verdict.signer
    if signer is not None:
        yield StatusRow(text("doc-check.signer"), f"{signer.country} {signer.serial_number:X}")
        yield StatusRow(text("doc-check.authority"), signer.authority or text("doc-check.nobody"))
    yield StatusRow(text("doc-check.protocol"), report.protocol.upper())
    if report.closed:
        groups = ", ".join(f"DG{number}" for number in report.closed)
        yield StatusRow(text("doc-check.closed-groups"), groups, Tone.WARNING)


_CHIP_TONES: Final = {
    ChipVerdict.PROVED: Tone.GOOD,
    ChipVerdict.NOT_PROVED: Tone.PROBLEM,
    ChipVerdict.NOT_OFFERED: Tone.WARNING,
}
