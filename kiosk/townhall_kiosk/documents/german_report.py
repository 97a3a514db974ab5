# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What ``townhall card read`` and ``townhall card pin`` tell of a German card: its PIN's state, and no name."""

from typing import Final

import msgspec

from townhall_kiosk.documents.card_report import cost_lines
from townhall_kiosk.texts import Texts
from townhall_smartcard.emrtd.security_infos import PaceInfo
from townhall_smartcard.national.german_at_desk import GermanRead, GermanResult
from townhall_smartcard.national.german_codes import (
    AccessNumberNeeded,
    AccessNumberWrong,
    NothingToUnblock,
    Opened,
    PinDeactivated,
    PukSpent,
    PukWrong,
)
from townhall_smartcard.national.german_pin import (
    Blocked,
    Deactivated,
    PinState,
    Ready,
    Resumed,
    Suspended,
    Transport,
    tries_in,
)
from townhall_smartcard.national.new_pins import NewPinRefused
from townhall_smartcard.pins import PinRefusal

_RESULTS: Final[dict[type[object], str]] = {
    AccessNumberNeeded: "access-number-needed",
    AccessNumberWrong: "access-number-wrong",
    PinDeactivated: "deactivated",
    NothingToUnblock: "nothing-to-unblock",
    PukWrong: "puk-wrong",
    PukSpent: "puk-spent",
    Opened: "right",
}


def name_of_state(state: PinState) -> str:
    """Return the stable name of a state, for programs."""
    return type(state).__name__.lower()


def sentence_on(state: PinState, text: Texts) -> str:
    """Return what a state means for the holder, for people."""
    match state:
        case Ready():
            return text("card.german.ready")
        case Suspended():
            return text("card.german.suspended")
        case Resumed():
            return text("card.german.resumed")
        case Blocked():
            return text("card.german.blocked")
        case Deactivated():
            return text("card.german.deactivated")
        case Transport():
            return text("card.german.transport")


def name_of_result(result: GermanResult) -> str:
    """Return the stable name of what came of a code, for programs; empty where none was used or a PIN was set."""
    match result:
        case None:
            return ""
        case PinRefusal(reason):
            return reason.value
        case NewPinRefused(faults):
            return ",".join(fault.value for fault in faults)
        case _:
            return _RESULTS[type(result)]


def german_lines(read: GermanRead, text: Texts) -> str:
    """Return the report for a person at a desk."""
    lines = [
        text("card.german.document"),
        text("card.german.identity"),
        "",
        f"protocol         {protocol_of(read.offer)}",
        f"PIN              {sentence_on(read.state, text)}",
        f"tries left       {tries_in(read.state)}",
    ]
    if read.result is not None:
        lines.append(f"code             {name_of_result(read.result)}")
    lines += cost_lines(read.steps_s, read.commands, read.card_s, "npa")
    return "\n".join(lines) + "\n"


def german_json(read: GermanRead) -> bytes:
    """Return one JSON object for programs."""
    return msgspec.json.encode(
        {
            "family": "npa",
            "document": "german-eid",
            "protocol": protocol_of(read.offer),
            "pin": name_of_state(read.state),
            "pin_before": name_of_state(read.before),
            "tries_left": tries_in(read.state),
            "code": name_of_result(read.result),
            "identity": "needs-terminal-certificate",
            "ms": {name: round(seconds * 1000, 1) for name, seconds in read.steps_s.items()},
            "card_ms": round(read.card_s * 1000, 1),
            "apdus": read.commands,
        }
    )


def protocol_of(offer: PaceInfo) -> str:
    """Return a variant of PACE in words: mapping, cipher, and the number of the group."""
    mapping = offer.mapping.name.replace("_", "-")
    return f"PACE {mapping} {offer.cipher.name.replace('_', '-')}, parameters {offer.parameters}"
