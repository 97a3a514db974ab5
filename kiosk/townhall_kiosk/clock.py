# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The machine's clock behind the ``Clock`` port."""

from datetime import datetime

from townhall_sync.clock import SystemClock


class KioskClock(SystemClock):
    """The journal's clock, and the time as people here read it."""

    def now(self) -> datetime:
        """Return the local time with its offset, to the second."""
        return datetime.now().astimezone().replace(microsecond=0)
