# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The session table as pictures for people: a Mermaid diagram, and what holds in every state.

``python -m townhall_kiosk.session_diagram`` prints what stands between the two marks in docs/session.md.
"""

import re
import sys
from collections import defaultdict
from typing import get_args

from townhall_kiosk import states as at
from townhall_kiosk.session import TABLE
from townhall_kiosk.states import State

_STARTS = (at.Attract, at.PreviousEnded, at.OutOfService)
_BACK: dict[type[object], tuple[type[object], ...]] = {
    at.StillThere: get_args(at.Resumable),
    at.ChoosingWays: get_args(at.Waiting),
    at.HelpComing: get_args(at.Waiting | at.ChoosingWays),
}
_WORDS = {at.CardNeed.NONE: "-", at.CardNeed.VISIT: "stops the visit", at.CardNeed.RELEASE: "is waited for"}


def mermaid() -> str:
    """Return the rows of the table as a Mermaid state diagram, one arrow a pair of states.

    What lies over other states goes back to wherever it came from; its arrows to all those would hide the rest.
    """
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in TABLE.values():
        for target in row.targets:
            if target not in _BACK.get(row.source, ()):
                arrows[row.source.__name__, target.__name__].append(_spaced(row.event.__name__))
    lines = ["stateDiagram-v2", *(f"    [*] --> {state.__name__}" for state in _STARTS)]
    lines += [f"    {source} --> {target}: {', '.join(events)}" for (source, target), events in arrows.items()]
    return "\n".join((*lines, f"    {at.Ended.__name__} --> [*]"))


def facts() -> str:
    """Return a table of what each state does by itself: when the card leaves, when nobody is there, as time passes."""
    lines = ["| state | taking the card out | waits | then counts down | lasts |", "| --- | --- | --- | --- | --- |"]
    lines += [_facts_of(state) for state in get_args(State)]
    return "\n".join(lines)


def _facts_of(state: type[State]) -> str:
    wait, countdown = (f"{state.idle.wait_s} s", f"{state.idle.countdown_s} s") if state.idle else ("-", "-")
    lasts = "-" if state.lasts_s is None else f"{state.lasts_s} s"
    card = "as behind it" if state in _BACK else _WORDS[state.card]
    return f"| {state.__name__} | {card} | {wait} | {countdown} | {lasts} |"


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()


def text() -> str:
    """Return diagram and table as Markdown."""
    return f"```mermaid\n{mermaid()}\n```\n\n{facts()}\n"


if __name__ == "__main__":
    sys.stdout.write(text())
