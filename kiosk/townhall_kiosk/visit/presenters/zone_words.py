# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is said of a zone that was mistyped: the first mistake, where it is, and where else to look."""

from collections.abc import Sequence

from townhall_kiosk.texts import Texts
from townhall_smartcard.emrtd.mrz_entry import MrzFault, MrzMistake, Place


def first_mistake(mistakes: Sequence[MrzMistake], text: Texts) -> str:
    """Return what to mend first, and how many places there are besides; empty: there is no mistake."""
    if not mistakes:
        return ""
    told = [_told(mistakes[0], text)]
    if mistakes[0].look_at:
        places = ", ".join(_place(each, text) for each in mistakes[0].look_at)
        told.append(text("zone.look-at", places=places))
    return " ".join(told)


def _told(mistake: MrzMistake, text: Texts) -> str:
    at, fault = mistake.at, mistake.fault
    if fault is MrzFault.LENGTH:
        if not mistake.wanted:
            return text("zone.too-many-lines")
        which = "zone.length-whole" if at.line == 0 else "zone.length"
        return text(which, line=at.line, signs=at.sign, wanted=mistake.wanted)
    if mistake.about is not None:
        return text(f"zone.check-digit.{mistake.about.value}", place=_place(at, text))
    return text(f"zone.{fault.value}", place=_place(at, text))


def _place(place: Place, text: Texts) -> str:
    return text("zone.place", line=place.line, sign=place.sign)
