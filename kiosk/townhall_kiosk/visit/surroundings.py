# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit knows besides the person: the place, the line, the languages, the services."""

from collections.abc import Mapping
from dataclasses import dataclass

from townhall_forms.service import Service
from townhall_kiosk.texts import Texts


@dataclass(slots=True)
class Surroundings:
    """Changes during a visit: the language by choice, the line by itself, the countdown by the second."""

    place: str
    texts: Mapping[str, Texts]  # the kiosk's default language first
    services: tuple[Service, ...]
    can_print: bool
    language: str
    line_is_up: bool = False
    has_reader: bool = True
    countdown_s: int = 0
    countdown_total_s: int = 1

    @property
    def text(self) -> Texts:
        """The texts of the person's language."""
        return self.texts[self.language]
