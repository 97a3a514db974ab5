# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The diagram in the docs is the table's."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

from townhall_kiosk import session_diagram
from townhall_kiosk.session import TABLE
from townhall_kiosk.states import ChoosingWays, HelpComing, State, StillThere

PAGE = Path(__file__).resolve().parents[2] / "docs" / "session.md"
BEGIN, END = "<!-- begin: made by townhall_kiosk.session_diagram -->\n", "<!-- end -->"


def test_the_page_holds_the_diagram_of_the_table() -> None:
    page = PAGE.read_text()
    made = page.split(BEGIN, 1)[1].split(END, 1)[0]
    assert made == session_diagram.text(), "python -m townhall_kiosk.session_diagram prints what belongs there"


def test_the_module_prints_it() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-m", "townhall_kiosk.session_diagram"], capture_output=True, text=True, check=True
    )
    assert done.stdout == session_diagram.text()


def test_every_row_and_every_state_is_in_it() -> None:
    arrows = session_diagram.mermaid().splitlines()
    for row in TABLE.values():
        for target in row.targets:
            arrow = f"    {row.source.__name__} --> {target.__name__}: "
            assert row.source in (StillThere, ChoosingWays, HelpComing) or any(
                line.startswith(arrow) for line in arrows
            )
    assert all(f"| {state.__name__} |" in session_diagram.facts() for state in get_args(State))
