# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Paper as a directory: each printed receipt becomes a file. For demo, training and tests."""

import asyncio
from pathlib import Path

from townhall_kiosk.errors import PrintError


class PaperDirectory:
    """Implements the ``Printer`` port; the newest sheet lies on top as ``receipt.pdf``, as in a tray."""

    def __init__(self, directory: Path) -> None:
        """Use ``directory`` as the tray; it must exist."""
        self._directory = directory

    async def print(self, pdf: bytes) -> str:
        """Put one PDF in the tray; return an empty text, or the code of why not."""
        try:
            await asyncio.to_thread(self._put, pdf)
        except OSError:
            return PrintError.code
        return ""

    def _put(self, pdf: bytes) -> None:
        sheet = self._directory / "receipt.pdf.part"
        sheet.write_bytes(pdf)
        sheet.replace(self._directory / "receipt.pdf")


class NoPrinter:
    """Implements the ``Printer`` port where there is none."""

    async def print(self, _pdf: bytes) -> str:
        """Return the code that says so."""
        return PrintError.code
