# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A jack for headphones where no sound card is: a named pipe that the kernel's own events come through."""

import os
from pathlib import Path

from townhall_kiosk.keeper.headphones import EV_SW, EVENT, SW_HEADPHONE_INSERT


class SimulatedJack:
    """Write ``path`` into kiosk.toml as ``headphones``; none are in to begin with."""

    def __init__(self, path: Path) -> None:
        """Make the pipe at ``path``."""
        self.path = path
        os.mkfifo(path)
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def plug(self) -> None:
        """Put headphones in."""
        self._tell(1)

    def pull(self) -> None:
        """Take them out."""
        self._tell(0)

    def close(self) -> None:
        """Take the jack away."""
        os.close(self._pipe)

    def _tell(self, value: int) -> None:
        os.write(self._pipe, EVENT.pack(0, 0, EV_SW, SW_HEADPHONE_INSERT, value))
