# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which answers differ from what their sources state: an agency passes them on to whoever keeps the register."""

from collections.abc import Mapping

from townhall_central.inbox.case import Correction
from townhall_forms.registers.statement import source_of
from townhall_forms.revalidate import RevalidatedInstance
from townhall_forms.transaction import Transaction

Pairs = tuple[tuple[str, str], ...]


def from_registers(pairs: Pairs) -> frozenset[tuple[str, str]]:
    """Return those (ref, source) whose source is a register."""
    return frozenset(pair for pair in pairs if source_of(pair[1]) is not None)


def corrections_of(transaction: Transaction, valid: RevalidatedInstance, days: Mapping[str, str]) -> list[Correction]:
    """Return every correction; ``days`` are those of the registers' extracts.

    What the certificate or a register states was computed again. Of what only the kiosk saw (a file of the card) it is
    the kiosk's word that something else stood there.
    """
    claimed = {ref: source for ref, source in transaction.corrections if source_of(source) is None}
    found: list[Correction] = []
    for line in valid.answers:
        key = line.corrects or claimed.get(line.ref, "")
        if key:
            source = source_of(key)
            dated = days.get(source.register, "") if source is not None else ""
            found.append(Correction(line.label, line.shown, key, line.stated, dated))
    return found
