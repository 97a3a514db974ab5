# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall demo cards``: every family through the real PC/SC service, as people and programs see it."""

import json
import subprocess
import sys

from townhall_kiosk.demo.cards import CardRow
from townhall_kiosk.documents.card_report import Identity
from townhall_smartcard.simulation.every_family import EVERY_FAMILY, READ_AT_DESKS

_COMMAND = "import sys; from townhall_kiosk.cli import main; sys.exit(main())"
NAMELESS = "Germany, PIN"
NATIONAL = [*EVERY_FAMILY, *READ_AT_DESKS, NAMELESS]
DOCUMENTS = ["eMRTD by PACE", "eMRTD by BAC"]
DATA_ONLY = "Serbia, data"
WITHOUT_KEYS = [DATA_ONLY, NAMELESS, *DOCUMENTS]
OPEN = {DATA_ONLY: {"agreement UNKNOWN", "chip UNKNOWN"}, NAMELESS: {"identity UNKNOWN"}}


def ran(*arguments: str) -> str:
    command = [sys.executable, "-c", _COMMAND, "demo", "cards", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_programs_get_one_json_array_with_every_family_good() -> None:
    rows = json.loads(ran("--json"))
    assert [row["family"] for row in rows] == [*NATIONAL, *DOCUMENTS]
    for row in rows:
        assert row.keys() == {"family", "identity", "verdicts", "signature", "ms", "apdus", "leaves_open"}
        is_open = {part for part, standing in row["verdicts"].items() if standing != "good"}
        assert is_open == set(row["leaves_open"]), row["family"]
        assert row["signature"] is (None if row["family"] in WITHOUT_KEYS else True)
        assert bool(row["identity"]["surname"]) is (row["family"] != NAMELESS)
        assert row["apdus"] > 0


def test_people_get_two_lines_a_card_with_every_part() -> None:
    heading, *lines = ran().splitlines()
    assert heading.startswith("family")
    assert [line[:20].strip() for line in lines[::2]] == [*NATIONAL, *DOCUMENTS]
    for family, parts in zip(lines[::2], lines[1::2], strict=True):
        is_open = {each.strip() for each in parts.split(", ") if not each.endswith(" good")}
        assert is_open == OPEN.get(family[:20].strip(), set())


def test_one_part_that_is_not_good_or_a_broken_signature_is_not_good() -> None:
    good = CardRow("a", Identity(), {"chain": "good"}, None, 1.0, 1)
    assert good.is_good
    assert not CardRow("a", Identity(), {"chain": "unknown"}, None, 1.0, 1).is_good
    assert not CardRow("a", Identity(), {"chain": "good"}, False, 1.0, 1).is_good
    assert CardRow("a", Identity(), {"chip": "unknown"}, None, 1.0, 1, ("chip",)).is_good
    assert not CardRow("a", Identity(), {"chip": "bad"}, None, 1.0, 1, ("chip",)).is_good
