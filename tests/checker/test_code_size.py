# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The square code of a ballot is one that phones read: few modules, printed or shown at a size that is said here."""

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import segno

from townhall_voting.election import HomomorphicQuestion

if TYPE_CHECKING:
    from tests.checker.conftest import NewBooth

# Questions, answers of each, modules a side at level M: docs/voter-check.md gives millimetres for 0.5 mm a module.
SIZES = [(2, 5, 77), (10, 10, 85), (20, 10, 93)]


@pytest.mark.parametrize(("questions", "answers", "modules"), SIZES)
def test_the_code_is_read_by_zbarimg_and_has_the_size_that_the_page_says(
    new_booth: "NewBooth", tmp_path: Path, questions: int, answers: int, modules: int
) -> None:
    one = HomomorphicQuestion("Who?", tuple(map(str, range(answers))), 0, 1)
    booth = new_booth(*[one] * questions)
    flat = tuple((1, *(0,) * (answers - 1)) for _ in range(questions))
    shown = booth.claiming("A" * 43, *flat)
    code = segno.make_qr(shown.text, error="m", boost_error=False)
    assert code.mode == "alphanumeric"
    assert code.symbol_size(border=0) == (modules, modules)
    picture = tmp_path / "code.png"
    code.save(str(picture), scale=3, border=4)
    command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(picture)]
    read = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert read.stdout.removesuffix("\n") == shown.text
