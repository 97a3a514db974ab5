# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How well Debian's tesseract reads zones of documents: rendered in OCR-B, turned, blurred, with noise."""

import asyncio
import random
from collections.abc import Iterator
from typing import Final

from townhall_bench.row import Budget, Held, Row
from townhall_smartcard.camera.client import text_of
from townhall_smartcard.camera.messages import ImageRefusal
from townhall_smartcard.emrtd.lds.mrz import parse_mrz
from townhall_smartcard.emrtd.lds.mrz_layout import split_lines
from townhall_smartcard.emrtd.mrz_entry import TypedZone, read_entry
from townhall_smartcard.simulation import lds_files
from townhall_smartcard.simulation.lds_files import Holder
from townhall_smartcard.simulation.printed_zone import SIGHTS, Sight, packed

IMAGES: Final = 60
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NAMES: Final = (
    "ERIKSSON",
    "TAMM",
    "OKONKWO",
    "MUELLER",
    "NGUYEN",
    "LEFEBVRE",
    "IVANOVA",
    "HAKIMI",
    "QUISPE",
    "JOUBERT",
)
_GIVEN: Final = ("ANNA MARIA", "JUHAN", "OLUWASEUN", "ZOE", "MINH", "BEATRIX", "YUSUF", "KADRI", "PETER JOHN", "LI")
_USABLE: Final = Budget(95, Held.VALUE, at_least=True)


def rows() -> Iterator[Row]:
    """Measure each way of seeing."""
    for sight in SIGHTS:
        whole, signs, wrong = measure(sight, IMAGES)
        yield Row(f"zones read whole, {sight.name}", whole, "%", "all", 100.0, _USABLE)
        yield Row(f"signs read right, {sight.name}", signs, "%", "all", 100.0, _USABLE)
        yield Row(f"wrong zones offered, {sight.name}", wrong, "zones", "images", IMAGES, Budget(0, Held.VALUE))


def measure(sight: Sight, count: int, seed: int = 20) -> tuple[float, float, int]:
    """Return how many in a hundred zones were offered, and signs right; and how many other zones were offered."""
    draw = random.Random(seed)  # noqa: S311  # the same documents each time
    whole = wrong = right = total = 0
    for number in range(count):
        zone = (lds_files.td1, lds_files.td3)[number % 2](_holder(draw))
        _, lines = split_lines(zone) or (None, ())
        text = asyncio.run(text_of(packed(lines, sight, number)))
        if isinstance(text, ImageRefusal):
            raise SystemExit(f"bench: {text.value}")
        entry = read_entry(text)
        if isinstance(entry, TypedZone):
            is_right = entry.zone == parse_mrz(zone)
            whole, wrong = whole + is_right, wrong + (not is_right)
        for line, seen in zip(lines, [*text.split("\n"), "", "", ""], strict=False):
            total += len(line)
            right += sum(a == b for a, b in zip(line, seen, strict=False))
    return 100 * whole / count, 100 * right / total, wrong


def _holder(draw: random.Random) -> Holder:
    def day() -> str:
        return f"{draw.randrange(100):02}{draw.randrange(1, 13):02}{draw.randrange(1, 29):02}"

    number = draw.choice(_LETTERS) + draw.choice(_LETTERS + "0123456789") + f"{draw.randrange(10**7):07}"
    state = draw.choice(("UTO", "EST", "FRA", "D"))
    return Holder(draw.choice(_NAMES), draw.choice(_GIVEN), number, state, day(), draw.choice("FM"), day())
