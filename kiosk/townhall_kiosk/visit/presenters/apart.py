# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens of a booth, where nobody's card is looked at, and of a desk, where nobody's choices are."""

from typing import Final

from townhall_kiosk.visit.ballot_desk import BallotDesk
from townhall_kiosk.visit.presenters.closing import PRINT
from townhall_kiosk.visit.presenters.entry_words import date_words, keyboard_words
from townhall_kiosk.visit.presenters.frames import frame
from townhall_kiosk.visit.qr import qr_png
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.visit.voting_paper import election_title, number_heard, number_shown
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.errors import REFUSALS, AdmissionMistypedError
from townhall_kiosk.voting.polls import LASTS_HOURS
from townhall_ui.screens import (
    AccessNumberScreen,
    Choice,
    EntryKind,
    MessageScreen,
    Picture,
    PinWords,
    QuestionScreen,
    ReceiptScreen,
    Tone,
)
from townhall_voting.eligibility.admission import ADMISSION_DIGITS

ADMISSION: Final = "admission"
SLIP: Final = "slip"
OFFICERS: Final = "officers"


def desk_offers(around: Surroundings) -> tuple[Choice, ...]:
    """A number to begin with, and the way back from the booth."""
    text = around.text
    return (
        Choice(ADMISSION, text("voting.offer.admission"), hint=text("voting.offer.admission.what")),
        Choice(SLIP, text("voting.offer.slip"), hint=text("voting.offer.slip.what")),
    )


def officers_offer(around: Surroundings) -> Choice:
    """How officers come in where no card is asked for."""
    return Choice(OFFICERS, around.text("voting.offer.officers"), hint=around.text("voting.offer.officers.what"))


def waiting_for_officer(around: Surroundings) -> MessageScreen:
    """A card of staff, and nobody else's."""
    text = around.text
    heading = frame(around, text("voting.officer.heading"), back=True, stop=True)
    return MessageScreen(heading, (text("voting.officer.what"),), Picture.INSERT_CARD)


def entering_admission(around: Surroundings) -> AccessNumberScreen:
    """The number pad, for the number that the desk gave out."""
    text = around.text
    heading = frame(
        around,
        text("voting.admission.heading"),
        proceed=text("button.continue"),
        back=True,
        stop=True,
        heard=text("voting.admission.heard"),
    )
    words = PinWords(text("pin.clear"), text("pin.delete"), text("pin.entered", count="{count}"))
    where = text("voting.admission.where")
    return AccessNumberScreen(
        heading, words, where, ADMISSION_DIGITS, text("voting.admission.notice"), is_on_paper=True
    )


def admission_mistyped(around: Surroundings) -> MessageScreen:
    """A digit is wrong, whichever; the next one begins with none."""
    text = around.text
    proceed, code = text("voting.admission.mistyped.button"), AdmissionMistypedError.code
    heading = frame(around, text("voting.admission.mistyped.heading"), proceed=proceed, stop=True, code=code)
    paragraphs = (text("voting.admission.mistyped.what"), text("voting.admission.mistyped.desk"))
    return MessageScreen(heading, paragraphs, Picture.NONE, Tone.WARNING)


def cast_slip_failed(state: vote.CastSlipFailed, around: Surroundings) -> MessageScreen:
    """Without the second slip the ballot does not count."""
    text = around.text
    proceed = text("receipt.print-again")
    heading = frame(around, text("voting.cast-slip-failed.heading"), proceed=proceed, stop=True)
    paragraphs = (text(f"voting.slip-failed.{state.paper.value}"), text("voting.cast-slip-failed.what"))
    return MessageScreen(heading, paragraphs, Picture.HELP, Tone.PROBLEM)


def entering_slip(state: vote.EnteringSlip, around: Surroundings) -> QuestionScreen:
    """The slip's code, by a scanner that types or by hand."""
    text = around.text
    problem = text(f"voting.refused.{REFUSALS.get(state.code, 'other')}") if state.code else ""
    heading = frame(
        around,
        text("voting.enter-slip.heading"),
        proceed=text("button.continue"),
        back=True,
        stop=True,
        heard=text("voting.enter-slip.heard"),
    )
    return QuestionScreen(
        heading,
        EntryKind.TEXT,
        "",
        keyboard_words(around),
        date_words(around),
        hint=text("voting.enter-slip.hint"),
        problem=problem,
    )


def admission(state: vote.ShowingAdmission, desk: BallotDesk, around: Surroundings) -> ReceiptScreen:
    """The person's number, for the eye, for the ear, and for the booth's scanner."""
    text = around.text
    given = desk.given
    assert given is not None  # noqa: S101  # the table opens this state only with a number on the desk
    told = [text("voting.given.what", hours=LASTS_HOURS)]
    facts = [(text("voting.paper.election"), election_title(around))]
    if around.election is not None and (district := around.election.district_name(given.district, around.language)):
        facts.append((text("voting.given.district"), district))
    told.append(text(f"receipt.{state.paper.value}") if state.paper.value != "not-asked" else text("voting.given.note"))
    return ReceiptScreen(
        frame(around, text("voting.given.heading"), proceed=text("receipt.finish"), heard=text("voting.given.heard")),
        number_shown(given.admission),
        qr_png(given.admission),
        text("voting.given.qr"),
        tuple(told),
        tuple(facts),
        Choice(PRINT, text("receipt.print-again")) if around.can_print else None,
        number_heard=number_heard(given.admission),
    )
