# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens from storing to goodbye, and those that end a visit early."""

from datetime import datetime

from townhall_kiosk import states as at
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.presenters.frames import frame
from townhall_kiosk.visit.qr import qr_png
from townhall_kiosk.visit.surroundings import Surroundings
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


def committing(around: Surroundings) -> WorkingScreen:
    """The signed form is being stored."""
    text = around.text
    steps = (text("signing.step"), text("signing.store"))
    return WorkingScreen(frame(around, text("storing.heading")), steps, 1)


def receipt(state: at.ShowingReceipt, desk: Desk, around: Surroundings) -> ReceiptScreen:
    """Done: stored here, number, QR, and what happens next."""
    text = around.text
    assert desk.receipt is not None  # noqa: S101  # the table opens this state only after the keeper committed
    facts = desk.receipt.facts
    next_step = text("receipt.sent-now") if around.line_is_up else text("receipt.sent-later")
    print_label = text("receipt.print") if state.paper is at.Paper.NOT_ASKED else text("receipt.print-again")
    told = [text("receipt.stored"), next_step]
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
    if state.number is None:
        heading = frame(around, text("previous.nothing.heading"), proceed=proceed)
        return MessageScreen(heading, (text("previous.nothing.what"),), Picture.STOPPED, Tone.WARNING)
    heading = frame(around, text("previous.stored.heading"), proceed=proceed)
    paragraphs = [text("previous.stored.what", number=state.number), text("take-card.now")]
    if state.paper is not at.Paper.NOT_ASKED:
        paragraphs.append(text(f"receipt.{state.paper.value}"))
    again = Choice(PRINT, text("receipt.print-again")) if around.can_print and state.has_receipt else None
    return MessageScreen(heading, tuple(paragraphs), Picture.DONE, Tone.GOOD, again)


def take_card(state: at.TakingCard, around: Surroundings) -> MessageScreen:
    """The only exit while a card is in."""
    text = around.text
    stored = state.outcome is at.Outcome.STORED
    told = text("take-card.stored") if stored else text("stopped.nothing-sent")
    heading = frame(around, text("take-card.heading"))
    return MessageScreen(heading, (told,), Picture.TAKE_CARD, Tone.GOOD if stored else Tone.PLAIN)


def thanked(state: at.Thanked, around: Surroundings) -> MessageScreen:
    """Goodbye."""
    text = around.text
    stored = state.outcome is at.Outcome.STORED
    told = text("take-card.stored") if stored else text("stopped.nothing-sent")
    picture = Picture.DONE if stored else Picture.STOPPED
    return MessageScreen(frame(around, text("thanks.heading")), (told,), picture, Tone.GOOD if stored else Tone.PLAIN)


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
    safe = isinstance(state.resume, at.ShowingReceipt)
    paragraphs = (text("still-there.touch"), text("still-there.stored") if safe else text("still-there.otherwise"))
    in_second_half = around.countdown_s * 2 <= around.countdown_total_s
    seconds = text.counted("still-there.seconds", around.countdown_s) if in_second_half else None
    return StillThereScreen(frame(around, text("still-there.heading")), paragraphs, seconds)


def out_of_service(state: at.OutOfService, around: Surroundings) -> MessageScreen:
    """Something broke; the card first, then help."""
    text = around.text
    paragraphs = [text("fault.nothing-sent"), text("fault.help")]
    if state.card_is_in:
        paragraphs.insert(0, text("take-card.now"))
    heading = frame(around, text("fault.heading"), code=state.code)
    return MessageScreen(heading, tuple(paragraphs), Picture.HELP, Tone.PROBLEM)
