# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The report of a simulated election: threat by threat what was done, which alarm said so, and whether it held."""

import textwrap
from enum import Enum
from typing import Final

import msgspec

_WIDTH: Final = 110


class Outcome(Enum):
    """What came of a threat; the value is its name in the report."""

    HELD = "promise held"
    REST_RISK = "only the rest risk that is named"
    BROKEN = "BROKEN"


class ThreatRow(msgspec.Struct, frozen=True, kw_only=True):
    """One threat of docs/threat-model.md; no name, no hash: the same for one seed."""

    threat: str
    done: str
    fired: dict[str, int]
    """Alarms, refusals and verdicts, each with how often."""
    outcome: Outcome
    rest_risk: str = ""


class ElectionReport(msgspec.Struct, frozen=True, kw_only=True):
    """A day's report."""

    seed: int
    posts: int
    voters: int
    visits: int
    counted: int
    result: tuple[tuple[int, ...], ...]
    is_verified: bool
    """Whether the strict verifier believes record, log and lists."""
    alarms: dict[str, int]
    """All that stand at the boards in the end."""
    threats: tuple[ThreatRow, ...]

    @property
    def is_sound(self) -> bool:
        """Whether every promise held, or failed only as its rest risk says."""
        return not self.unsound

    @property
    def unsound(self) -> tuple[str, ...]:
        """What broke, each with what was done and what fired; empty where nothing did."""
        refused = () if self.is_verified else ("strict verifier: REFUSED",)
        broken = (row for row in self.threats if row.outcome is Outcome.BROKEN)
        return (*refused, *(f"{row.threat}: {row.done}; fired {row.fired}" for row in broken))

    def to_json(self) -> bytes:
        """Return the report for programs."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=2) + b"\n"

    def to_text(self) -> str:
        """Return the report for people."""
        head = (
            f"Simulated election, seed {self.seed}: {self.posts} posts, {self.voters} voters, {self.visits} visits, "
            f"{self.counted} ballots counted"
        )
        lines = [head, f"Result: {self.result}; strict verifier: {'believed' if self.is_verified else 'REFUSED'}", ""]
        for row in self.threats:
            lines += [f"* {row.threat}: {row.outcome.value}", *_told("done", row.done)]
            lines += _told("fired", ", ".join(f"{name} x{count}" for name, count in row.fired.items()) or "nothing")
            lines += _told("rest risk", row.rest_risk) if row.rest_risk else []
        lines += ["", "Alarms at the boards: " + ", ".join(f"{name} x{count}" for name, count in self.alarms.items())]
        return "\n".join(lines) + "\n"


def row(threat: str, done: str, fired: dict[str, int], *, held: bool, rest_risk: str = "") -> ThreatRow:
    """Return the row of a threat; ``held`` is what was found, not what was hoped for."""
    outcome = Outcome.BROKEN if not held else Outcome.REST_RISK if rest_risk else Outcome.HELD
    return ThreatRow(threat=threat, done=done, fired=fired, outcome=outcome, rest_risk=rest_risk)


def _told(name: str, text: str) -> list[str]:
    return textwrap.wrap(f"{name}: {text}", _WIDTH, initial_indent="    ", subsequent_indent="      ")
