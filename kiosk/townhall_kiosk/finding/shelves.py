# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Many services on shelves by life event; few stand side by side."""

from collections.abc import Sequence
from typing import Final

from townhall_forms.service import LifeEvent, Service

OTHER: Final = "other"
"""Name of the shelf of the services that are for no life event."""
SHELVES: Final = (*(each.value for each in LifeEvent), OTHER)
_FEW: Final = 9  # two to three pages on a small panel


def are_many(services: Sequence[Service]) -> bool:
    """Whether services are too many to be shown side by side."""
    return len(services) > _FEW


def shelf(services: Sequence[Service], name: str) -> tuple[Service, ...]:
    """Return the services of one shelf; one that is for several life events is on each of their shelves."""
    if name == OTHER:
        return tuple(service for service in services if not service.life_events)
    return tuple(service for service in services if any(each.value == name for each in service.life_events))
