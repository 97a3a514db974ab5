# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The closed sets of facts that states of a visit are made of; ``states`` shows them under its own name."""

import enum
from dataclasses import dataclass


class CardNeed(enum.Enum):
    """What taking the card out means in a state."""

    NONE = "none"  # nobody needs it
    VISIT = "visit"  # without it the visit stops and nothing was sent
    RELEASE = "release"  # it is what we wait for


class Outcome(enum.Enum):
    """How a visit ended, as the person is told and the audit trail records it."""

    NOTHING_SENT = "nothing-sent"
    STORED = "stored"
    VOTED = "voted"  # statement and ballot are stored; at a desk the statement, about a booth's ballot
    SLIP = "slip"  # at a booth: the ballot is stored, and its cast slip is on its way to the desk
    ADMITTED = "admitted"  # at a desk: the person has an admission number
    STAFF = "staff"  # nobody's visit: staff were at work


class PinNotice(enum.Enum):
    """What to say above the PIN pad."""

    NONE = "none"
    WRONG = "wrong"
    LENGTH = "length"
    INTERRUPTED = "interrupted"  # another program disturbed the card: enter it again
    TIMED_OUT = "timed-out"  # at the reader's keys, as the next two
    CANCELLED = "cancelled"
    DIFFERED = "differed"  # a new PIN, entered twice and not alike


class Paper(enum.Enum):
    """What became of the receipt on paper."""

    NOT_ASKED = "not-asked"
    PRINTED = "printed"
    FAILED = "failed"
    NO_PAPER = "no-paper"
    PRINTER_OPEN = "printer-open"
    JAMMED = "jammed"
    PRINTER_OFF = "printer-off"


@dataclass(frozen=True, slots=True)
class Idle:
    """How long a screen waits for somebody, and how long it then counts down; seconds."""

    wait_s: int
    countdown_s: int
