# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One figure beside its peer or floor, and the budget that it is held against."""

import enum
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_WIDTHS: Final = (46, 14, 14, 8, 12)


class Held(enum.Enum):
    """Which number of a row a budget speaks of."""

    RATIO = "x"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit of the architecture page; ``at_least`` turns it round."""

    limit: float
    of: Held
    at_least: bool = False

    def text(self, unit: str) -> str:
        """Return the limit as the table shows it."""
        sign = ">=" if self.at_least else "<="
        return f"{sign} {self.limit:g} {'x' if self.of is Held.RATIO else unit}"


@dataclass(frozen=True, slots=True)
class Row:
    """``peer`` says what ``peer_value`` was measured of; both values are in ``unit``."""

    row: str
    value: float
    unit: str
    peer: str
    peer_value: float
    budget: Budget

    @property
    def ratio(self) -> float:
        """How many times the peer's figure ours is."""
        return self.value / self.peer_value

    @property
    def is_within(self) -> bool:
        """Whether the budget holds."""
        held = self.ratio if self.budget.of is Held.RATIO else self.value
        return held >= self.budget.limit if self.budget.at_least else held <= self.budget.limit


def to_json(rows: Iterable[Row]) -> str:
    """Return the rows as one JSON array."""
    return json.dumps(
        [
            {
                "row": each.row,
                "value": _short(each.value),
                "unit": each.unit,
                "peer": each.peer,
                "peer_value": _short(each.peer_value),
                "ratio": _short(each.ratio),
                "budget": each.budget.text(each.unit),
            }
            for each in rows
        ],
        indent=1,
        ensure_ascii=False,
    )


def heading() -> str:
    """Return the table's first line."""
    return _line("what", "ours", "peer", "ratio", "budget", "peer is")


def line(row: Row) -> str:
    """Return a row of the table; over budget is told in words."""
    mark = "" if row.is_within else "  OVER BUDGET"
    ours, peers = f"{_short(row.value):g} {row.unit}", f"{_short(row.peer_value):g} {row.unit}"
    return _line(row.row, ours, peers, f"{_short(row.ratio):g}", row.budget.text(row.unit), row.peer + mark)


def _line(*cells: str) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, (*_WIDTHS, 0), strict=True))


def _short(number: float) -> float:
    return float(f"{number:.4g}")
