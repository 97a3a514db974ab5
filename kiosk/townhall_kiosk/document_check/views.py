# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What staff see while they check a document; what it says lies on the desk, and here is only where they are."""

from dataclasses import dataclass
from typing import Final

from townhall_kiosk.document_check.events import ReadingProblem
from townhall_kiosk.state_facts import Idle
from townhall_smartcard.emrtd.mrz_entry import MrzMistake


@dataclass(frozen=True, slots=True)
class ZoneAsked:
    """Its machine readable zone is typed, or drawn through a reader that plays a keyboard."""

    mistakes: tuple[MrzMistake, ...] = ()
    """Of the zone typed before, which is still on the screen."""


@dataclass(frozen=True, slots=True)
class DocumentAsked:
    """It is to be laid into or onto a reader; ``are_several``: more than one holds something."""

    are_several: bool = False


@dataclass(frozen=True, slots=True)
class DocumentBeingRead:
    """The chip is opened, read and judged."""


@dataclass(frozen=True, slots=True)
class DocumentNotRead:
    """It did not open, or broke off."""

    problem: ReadingProblem


@dataclass(frozen=True, slots=True)
class DocumentShown:
    """All that it says, and what each part of that is worth."""


View = ZoneAsked | DocumentAsked | DocumentBeingRead | DocumentNotRead | DocumentShown

WithData = ZoneAsked | DocumentAsked | DocumentNotRead | DocumentShown
"""While something of somebody's document may be on the screen or the desk."""

LOCK: Final = Idle(180, 0)
"""The counter locks itself sooner then than it does otherwise, and what it shows is gone."""
