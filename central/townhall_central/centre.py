# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One worker of the centre: its keys, its way to the database, its clock. Everything else lives in the database."""

from dataclasses import dataclass
from typing import Self

from townhall_central.bodies import BodyReader
from townhall_central.database import Database
from townhall_central.keys import CentreKeys, load_keys, open_database
from townhall_central.settings import Settings


@dataclass(frozen=True, slots=True)
class Centre:
    """What the routes work with."""

    settings: Settings
    keys: CentreKeys
    database: Database
    bodies: BodyReader

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the data directory; raises DirectoryError where it is not a whole centre of this version."""
        keys = load_keys(settings.directory)
        database = open_database(settings.directory)
        return cls(settings, keys, database, BodyReader(settings.body_idle_s, settings.bodies_bytes))

    def now(self) -> int:
        """Return the centre's time."""
        return self.settings.clock()
