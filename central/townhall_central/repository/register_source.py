# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An online register, asked about a person now. Adapter: `xroad_register`; simulator: `simulation.register`."""

from collections.abc import Mapping
from typing import Protocol

from townhall_forms.registers.statement import Person


class RegisterSource(Protocol):
    """Whoever keeps a register, asked for one person at a time."""

    def look_up(self, person: Person) -> Mapping[str, str] | None:
        """Return what the register states about a person, by value key ("address/street"); None: it has no such person.

        Raises:
            RegisterSourceError: it does not answer, refuses, or answers something else.
        """
