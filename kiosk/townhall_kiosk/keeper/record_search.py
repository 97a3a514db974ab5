# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Finds sealed records for visits, a few for each: whoever took a visit over learns nothing by trying names.

A record's name is as hard to guess as its key, and the keeper can neither make a name nor open a record.
"""

from collections.abc import Mapping
from typing import Final

from townhall_forms.registers.extract import Extract
from townhall_kiosk.messages import SeekRecord

MAX_SOUGHT: Final = 16
"""Records that one visit may ask for: a few registers, and a card that was put in again."""


class RecordSearch:
    """Counts what the visit that is on has asked for; visits follow one another."""

    def __init__(self) -> None:
        """Nobody has asked."""
        self._visit = ""
        self._sought = 0

    def seek(self, visit: str, request: SeekRecord, extracts: Mapping[str, Extract]) -> tuple[str, bytes]:
        """Return the outcome for the audit trail, empty where there is nothing to note, and the record or nothing."""
        if visit != self._visit:
            self._visit, self._sought = visit, 0
        self._sought += 1
        extract = extracts.get(request.register)
        if extract is None:
            return "", b""
        if self._sought > MAX_SOUGHT:
            return "LIMIT" if self._sought == MAX_SOUGHT + 1 else "", b""
        sealed = extract.find(request.name)
        return ("NONE", b"") if sealed is None else ("FOUND", sealed)
