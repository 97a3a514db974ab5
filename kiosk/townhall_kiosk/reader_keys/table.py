# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rows of the session table for PINs at the reader's own keys: each stands beside one pad on the screen.

Where a pad would open and the reader has keys, the person is told instead what to do there, and begins. What the card
or the reader then answers is answered as for a PIN that was typed.
"""

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import pin_steps
from townhall_kiosk import states as at
from townhall_kiosk.pin_life import effects as make
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_life.table import back_from_code
from townhall_kiosk.reader_keys import states as keys
from townhall_kiosk.steps import Step, stop
from townhall_kiosk.table_row import row
from townhall_kiosk.voting import effects as cast
from townhall_kiosk.voting import states as vote
from townhall_smartcard.messages import PinRole


def _begin(state: keys.ReadyForPin, _event: on.Continued) -> Step:
    command = do.ProveIdentity if state.role is PinRole.AUTHENTICATION else do.SignDocument
    confirmed = state.last_try_confirmed
    using = at.UsingPin(state.reader, state.role, state.tries_left, confirmed, at_reader=True)
    return Step(using, (command(state.reader, confirmed, None),))


def _begin_vote(state: keys.ReadyForVotePin, _event: on.Continued) -> Step:
    confirmed = state.last_try_confirmed
    signing = vote.SigningVote(state.reader, state.tries_left, confirmed, at_reader=True)
    return Step(signing, (cast.SignStatement(state.reader, confirmed, None),))


def _begin_new(state: keys.ReadyForNewPin, _event: on.Continued) -> Step:
    return Step(pins.ReplacingPin(state.errand, at_reader=True), (make.ReplacePinAtReader(state.errand),))


KEYS_TABLE = (
    row(
        at.EnteringPin,
        on.ReaderHasKeys,
        lambda s, _e: Step(keys.ReadyForPin(s.reader, s.role, s.tries_left, s.notice, s.last_try_confirmed)),
        keys.ReadyForPin,
    ),
    row(keys.ReadyForPin, on.Continued, _begin, at.UsingPin),
    row(keys.ReadyForPin, on.WentBack, pin_steps.back_from_pin, keys.ReadyForPin, at.ReadingDocument),
    row(keys.ReadyForPin, on.StopPressed, stop, at.TakingCard),
    # A voter's
    row(
        vote.EnteringVotePin,
        on.ReaderHasKeys,
        lambda s, _e: Step(keys.ReadyForVotePin(s.reader, s.tries_left, s.notice, s.last_try_confirmed)),
        keys.ReadyForVotePin,
    ),
    row(keys.ReadyForVotePin, on.Continued, _begin_vote, vote.SigningVote),
    row(
        keys.ReadyForVotePin,
        on.WentBack,
        lambda s, _e: Step(vote.ReadingStatement(s.reader, s.tries_left)),
        vote.ReadingStatement,
    ),
    row(keys.ReadyForVotePin, on.StopPressed, stop, at.TakingCard),
    # A new PIN's
    row(
        pins.EnteringCode,
        on.ReaderHasKeys,
        lambda s, _e: Step(keys.ReadyForNewPin(s.errand, s.notice, s.faults)),
        keys.ReadyForNewPin,
    ),
    row(keys.ReadyForNewPin, on.Continued, _begin_new, pins.ReplacingPin),
    row(keys.ReadyForNewPin, on.WentBack, back_from_code, pins.ChoosingPin, pins.OfferingNewPin),
    row(keys.ReadyForNewPin, on.StopPressed, stop, at.TakingCard),
)
