# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens from storing to goodbye, and those that end a visit early."""

from datetime import datetime

from townhall_kiosk import states as at
from townhall_kiosk.staff.errors import ClosedByStaffError, KioskRetiredError
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.presenters.frames import frame
from townhall_kiosk.visit.qr import qr_png
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting import states as vote
from townhall_ui.screens import (
    Choice,
    MessageScreen,
    Picture,
    ReceiptScreen,
    StillThereScreen,
    Tone,
    WorkingScreen,
)

PRINT = "print"
_STORED = (at.Outcome.STORED, at.Outcome.VOTED, at.Outcome.SLIP, at.Outcome.ADMITTED)
"""What somebody came for is done, as far as this kiosk does it."""


def committing(around: Surroundings) -> WorkingScreen:
    """The signed form is being stored."""
    text = around.text
    steps = (text("signing.step"), text("signing.store"))
    return WorkingScreen(frame(around, text("storing.heading"), ways=False), steps, 1)


def receipt(state: at.ShowingReceipt, desk: Desk, around: Surroundings) -> ReceiptScreen:
    """Done: stored here, number, QR, and what happens next."""
    text = around.text
    assert desk.receipt is not None  # noqa: S101  # the table opens this state only after the keeper committed
    facts = desk.receipt.facts
    next_step = text("receipt.sent-now") if around.line_is_up else text("receipt.sent-later")
    print_label = text("receipt.print") if state.paper is at.Paper.NOT_ASKED else text("receipt.print-again")
    told = [text("receipt.stored"), next_step]
    if desk.is_provisional:
        told.append(text("trust.provisional"))
    if state.paper is not at.Paper.NOT_ASKED:
        told.append(text(f"receipt.{state.paper.value}"))
    return ReceiptScreen(
        frame(around, text("receipt.heading"), proceed=text("receipt.finish")),
        facts.number,
        qr_png(desk.receipt.to_text()),
        text("receipt.qr"),
        tuple(told),
        (
            (text("receipt.service"), facts.service),
            (text("receipt.place"), facts.place),
            (text("receipt.date"), text.date_time(datetime.fromisoformat(facts.date))),
        ),
        Choice(PRINT, print_label) if around.can_print else None,
    )


def previous_ended(state: at.PreviousEnded, around: Surroundings) -> MessageScreen:
    """The visit before this one broke off: stored, or nothing was sent."""
    text = around.text
    proceed = text("previous.dismiss")
    if state.has_voted:
        heading = frame(around, text("previous.voted.heading"), proceed=proceed)
        return MessageScreen(heading, (text("previous.voted.what"), text("take-card.now")), Picture.DONE, Tone.GOOD)
    if state.number is None:
        heading = frame(around, text("previous.nothing.heading"), proceed=proceed)
        return MessageScreen(heading, (text("previous.nothing.what"),), Picture.STOPPED, Tone.WARNING)
    heading = frame(around, text("previous.stored.heading"), proceed=proceed)
    paragraphs = [text("previous.stored.what", number=state.number), text("take-card.now")]
    if state.paper is not at.Paper.NOT_ASKED:
        paragraphs.append(text(f"receipt.{state.paper.value}"))
    again = Choice(PRINT, text("receipt.print-again")) if around.can_print and state.has_receipt else None
    return MessageScreen(heading, tuple(paragraphs), Picture.DONE, Tone.GOOD, again)


def _outcome_told(outcome: at.Outcome, around: Surroundings) -> str:
    """Return what became of the form, or that staff are done."""
    match outcome:
        case at.Outcome.STORED:
            return around.text("take-card.stored")
        case at.Outcome.NOTHING_SENT:
            return around.text("stopped.nothing-sent")
        case at.Outcome.VOTED:
            return around.text("take-card.voted")
        case at.Outcome.SLIP:
            return around.text("take-card.slip")
        case at.Outcome.ADMITTED:
            return around.text("take-card.admitted")
        case at.Outcome.STAFF:
            return around.text("take-card.staff")


def take_card(state: at.TakingCard, around: Surroundings) -> MessageScreen:
    """The only exit while a card is in."""
    text = around.text
    stored = state.outcome in _STORED
    told = _outcome_told(state.outcome, around)
    heading = frame(around, text("take-card.heading"))
    return MessageScreen(heading, (told,), Picture.TAKE_CARD, Tone.GOOD if stored else Tone.PLAIN)


def thanked(state: at.Thanked, around: Surroundings) -> MessageScreen:
    """Goodbye."""
    text = around.text
    stored = state.outcome in _STORED
    told = _outcome_told(state.outcome, around)
    picture = Picture.DONE if stored else Picture.STOPPED
    heading = frame(around, text("thanks.heading"), ways=False)
    return MessageScreen(heading, (told,), picture, Tone.GOOD if stored else Tone.PLAIN)


def stopped(around: Surroundings) -> MessageScreen:
    """The card is gone before anything was sent."""
    text = around.text
    heading = frame(around, text("stopped.heading"), proceed=text("stopped.button"))
    return MessageScreen(
        heading, (text("stopped.card-gone"), text("stopped.nothing-sent")), Picture.STOPPED, Tone.PLAIN
    )


def still_there(state: at.StillThere, around: Surroundings) -> StillThereScreen:
    """The countdown; the number is shown in its second half."""
    text = around.text
    paragraphs = (text("still-there.touch"), text(_if_nobody_is_there(at.beneath(state))))
    in_second_half = around.countdown_s * 2 <= around.countdown_total_s
    seconds = text.counted("still-there.seconds", around.countdown_s) if in_second_half else None
    return StillThereScreen(frame(around, text("still-there.heading"), ways=False), paragraphs, seconds)


def _if_nobody_is_there(state: at.State) -> str:
    match state:
        case at.ShowingReceipt():
            return "still-there.stored"
        case vote.ShowingVoteReceipt():
            return "take-card.voted"
        case vote.TakingSlip():
            return "take-card.slip"
        case vote.ShowingAdmission():
            return "take-card.admitted"
        case _:
            return "still-there.otherwise"


def out_of_service(state: at.OutOfService, around: Surroundings) -> MessageScreen:
    """Something broke; the card first, then help. Or staff closed the kiosk: why, and where to go instead."""
    text = around.text
    if state.code in {ClosedByStaffError.code, KioskRetiredError.code}:
        return _closed_by_staff(state, around)
    paragraphs = [text("fault.nothing-sent"), text("fault.help")]
    if state.card_is_in:
        paragraphs.insert(0, text("take-card.now"))
    if around.elsewhere:
        paragraphs.append(around.elsewhere)
    heading = frame(around, text("fault.heading"), code=state.code)
    return MessageScreen(heading, tuple(paragraphs), Picture.HELP, Tone.PROBLEM)


def _closed_by_staff(state: at.OutOfService, around: Surroundings) -> MessageScreen:
    text = around.text
    paragraphs = [text(f"closed.reason.{around.closing_reason}")] if around.closing_reason else []
    paragraphs.append(around.elsewhere or text("closed.elsewhere"))
    if state.card_is_in:
        paragraphs.insert(0, text("take-card.now"))
    heading = frame(around, text("closed.heading"), code=state.code)
    return MessageScreen(heading, tuple(paragraphs), Picture.STOPPED, Tone.PLAIN)
