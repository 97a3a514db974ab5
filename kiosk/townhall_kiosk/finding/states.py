# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a visit can be until a service is chosen. What was typed and found lies on the desk."""

from dataclasses import dataclass, field
from typing import ClassVar

from townhall_kiosk.state_facts import CardNeed, Idle

_IDLE = Idle(180, 45)


@dataclass(frozen=True, slots=True)
class ChoosingService:
    """The person is known; what do they want."""

    reader: str
    life_event: str = ""  # whose services are shown, where there are many
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class SearchingService:
    """What is looked for."""

    reader: str
    problem: str = ""  # why what was typed found nothing, in the person's language
    refused: str = field(default="", repr=False)  # that, which stays on the screen to be mended
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ChoosingFound:
    """One of what was found, or another search; nothing is taken by itself."""

    reader: str
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class AboutService:
    """What the municipality says of the chosen service, before its first question."""

    reader: str
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _IDLE
    lasts_s: ClassVar[int | None] = None


State = SearchingService | ChoosingFound | AboutService
"""Beside the services themselves, which the session's own states count."""
