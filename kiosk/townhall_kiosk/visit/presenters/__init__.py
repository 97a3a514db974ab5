# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a state of the visit to what its screen shows: plain functions, no Qt."""

from townhall_kiosk import states as at
from townhall_kiosk.finding import states as find
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.reader_keys import states as keys
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.presenters import (
    aside,
    card,
    closing,
    counter,
    form,
    local_facts,
    pin_life,
    reader_keys,
    services,
    voting,
)
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting import states as vote
from townhall_smartcard.messages import PinRole
from townhall_ui.screens import Screen


def present(state: at.State, desk: Desk, around: Surroundings) -> Screen:  # noqa: C901, PLR0911, PLR0912  # one line a state
    """Return the screen of ``state``, in the person's language."""
    match state:
        case at.Attract() | at.Arrived() | at.Ended():
            return card.attract(around)
        case at.PreviousEnded():
            return closing.previous_ended(state, around)
        case at.ChoosingLanguage():
            return card.choose_language(around)
        case at.WaitingForCard():
            return card.waiting_for_card(around)
        case at.SeveralCards():
            return card.several_cards(around)
        case at.ReadingCard():
            return card.reading_card(around)
        case at.EnteringAccessNumber():
            return card.access_number(state, around)
        case at.CardRefused():
            return card.refused(state, around)
        case at.ConfirmingLastTry():
            return card.last_try(state, around)
        case at.EnteringPin():
            return card.pin(state, desk, around)
        case keys.ReadyForPin() | keys.ReadyForVotePin() | keys.ReadyForNewPin():
            return reader_keys.present(state, desk, around)
        case at.UsingPin(role=role, tries_left=left, at_reader=True):
            return reader_keys.entering(role, left, around)
        case vote.SigningVote(tries_left=left, at_reader=True):
            return reader_keys.entering(PinRole.SIGNATURE, left, around)
        case pins.ReplacingPin(errand=errand, at_reader=True):
            return reader_keys.entering_new(errand, around)
        case at.UsingPin():
            return card.using_pin(state, around)
        case at.ChoosingService():
            return services.services(state, desk, around)
        case find.SearchingService():
            return services.searching(state, desk, around)
        case find.ChoosingFound():
            return services.found(desk, around)
        case find.AboutService():
            return local_facts.about(desk, around)
        case at.Answering():
            return form.question(state, desk, around)
        case at.Reviewing():
            return form.left_open(desk, around) if state.is_incomplete else form.review(desk, around)
        case at.MakingDocument():
            return form.making_document(around)
        case at.ReadingDocument():
            return form.document(desk, around)
        case at.Committing():
            return closing.committing(around)
        case at.ShowingReceipt():
            return closing.receipt(state, desk, around)
        case at.TakingCard():
            return closing.take_card(state, around)
        case at.Thanked():
            return closing.thanked(state, around)
        case at.StoppedEarly():
            return closing.stopped(around)
        case at.ChoosingWays():
            return aside.choosing_ways(present(state.resume, desk, around).frame, around)
        case at.HelpComing():
            return aside.help_coming(present(state.resume, desk, around).frame, around)
        case at.StillThere():
            return closing.still_there(state, around)
        case at.AtCounter():
            return counter.present(state, desk.counter, around)
        case at.OutOfService():
            return closing.out_of_service(state, around)
        case (
            pins.ChoosingPin()
            | pins.OfferingNewPin()
            | pins.ConfirmingLastCode()
            | pins.EnteringCode()
            | pins.EnteringNewPin()
            | pins.RepeatingNewPin()
            | pins.ReplacingPin()
            | pins.NewPinSet()
            | pins.NewPinUnknown()
        ):
            return pin_life.present(state, desk, around)
        case _:
            return voting.present(state, desk.ballot, around)
