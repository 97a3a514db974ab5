# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether the PIN that a state asks for is entered at the reader: the card's contents on the desk say so."""

from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_life.errand import PinErrand
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.voting import states as vote
from townhall_smartcard.messages import PinRole


def noticed(state: at.State, desk: Desk) -> on.ReaderHasKeys | None:
    """Return the event that takes the person to the reader's keys; None where the pad is on the screen.

    Asked about every state that is entered, before anybody sees it.
    """
    match state:
        case at.EnteringPin(role=role):
            at_reader = desk.contents.at_reader if desk.contents else ()
        case vote.EnteringVotePin():
            role, contents = PinRole.SIGNATURE, desk.ballot.contents
            at_reader = contents.at_reader if contents else ()
        case pins.EnteringCode(errand=PinErrand(role=role)):
            at_reader = desk.contents.replaceable_at_reader if desk.contents else ()
        case _:
            return None
    return on.ReaderHasKeys() if role in at_reader else None


def entry_lasts(state: at.State) -> bool:
    """Tell whether somebody enters one PIN at the reader, whose time runs."""
    match state:
        case at.UsingPin(at_reader=at_reader) | vote.SigningVote(at_reader=at_reader):
            return at_reader
        case _:
            return False
