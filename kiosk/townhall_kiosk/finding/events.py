# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can happen while somebody looks for a service."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LifeEventChosen:
    """The services of one life event are wanted; its name, or that of all others."""

    life_event: str


@dataclass(frozen=True, slots=True)
class SearchWanted:
    """The person wants to type what they look for."""


@dataclass(frozen=True, slots=True)
class ServicesFound:
    """What was found is on the desk."""


@dataclass(frozen=True, slots=True)
class NothingFound:
    """No service is like what was typed; ``message`` says what to do."""

    words: str = field(repr=False)
    message: str


Event = LifeEventChosen | SearchWanted | ServicesFound | NothingFound
