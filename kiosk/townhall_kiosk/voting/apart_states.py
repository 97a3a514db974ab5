# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a visit can be at a booth or at a desk and nowhere else; ``states`` shows them under its own name."""

from dataclasses import dataclass
from typing import ClassVar

from townhall_kiosk.state_facts import CardNeed, Idle, Paper

VOTING_IDLE = Idle(300, 45)
"""VVSG 2.0, 7.2-O: warn after 2 to 5 minutes, then wait 20 to 45 seconds."""


@dataclass(frozen=True, slots=True)
class WaitingForOfficer:
    """At a booth: the card that comes now is read as one of staff and as nobody else's."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class EnteringAdmission:
    """At a booth: the number that the desk gave out is typed or scanned."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class AdmissionMistyped:
    """At a booth: what was typed is no admission number, as its check digit tells; nobody was asked about it."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class CastingAtBooth:
    """Seed and randomness are forgotten; ballot and cast slip are on their way to disk and paper."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class CastSlipFailed:
    """The cast slip did not come out: it can be printed again, and without it the ballot does not count."""

    paper: Paper
    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class TakingSlip:
    """The cast slip is in the tray; with it the person goes to the desk."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class EnteringSlip:
    """At a desk: the slip's code is scanned or typed; ``code`` says why the one before was not taken."""

    code: str = ""
    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ReadingSlip:
    """The keeper verifies the slip."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ShowingAdmission:
    """The person may vote, and this is their number."""

    card_is_in: bool
    paper: Paper = Paper.NOT_ASKED
    card: ClassVar[CardNeed] = CardNeed.RELEASE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None
