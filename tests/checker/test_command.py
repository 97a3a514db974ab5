# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command as anybody runs it: with Python's standard library alone, from a folder, on bytes of others."""

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import townhall_checker
from townhall_voting.election import HomomorphicQuestion

if TYPE_CHECKING:
    from tests.checker.conftest import NewBooth, Shown

FOLDER = Path(townhall_checker.__file__).parents[1]
CHAIR = HomomorphicQuestion("Who chairs?\x1b[2J", ("Ada", "Bo"), 0, 2)


@pytest.fixture
def shown(new_booth: "NewBooth") -> "Shown":
    return new_booth(CHAIR).honest((0, 1))


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Without the environment's packages (``-S``): what is not in the standard library cannot be imported."""
    command = [sys.executable, "-S", "-B", "-m", "townhall_checker", *arguments]
    return subprocess.run(command, input=given, capture_output=True, cwd=FOLDER, timeout=120, check=False)


def file_of(shown: "Shown", folder: Path) -> str:
    (folder / "election.json").write_bytes(shown.election + b"\n")
    return str(folder / "election.json")


def test_the_standard_library_alone_confirms_a_ballot(shown: "Shown", tmp_path: Path) -> None:
    ended = run("ballot", file_of(shown, tmp_path), f"--slip={shown.slip}", "--json", given=shown.text.encode() + b"\n")
    assert (ended.returncode, ended.stderr) == (0, b"")
    facts = json.loads(ended.stdout)
    assert (facts["verdict"], facts["h"]) == ("confirmed", shown.slip)
    assert facts["questions"][0]["answers"] == [["Ada", 0], ["Bo", 1]]


def test_choices_are_said_in_words_that_move_no_cursor(shown: "Shown", tmp_path: Path) -> None:
    ended = run("ballot", file_of(shown, tmp_path), f"--slip={shown.slip}", given=shown.text.encode())
    said = ended.stdout.decode()
    assert "  Bo\n" in said
    assert "Ada" not in said
    assert "This ballot is what the slip says. It is void" in said
    assert "\x1b" not in said


def test_without_the_slip_the_status_is_another(shown: "Shown", tmp_path: Path) -> None:
    ended = run("ballot", file_of(shown, tmp_path), given=shown.text.encode())
    assert ended.returncode == 3
    assert b"Compare h with the slip" in ended.stdout


def test_a_refusal_has_a_code_a_sentence_and_a_status(shown: "Shown", tmp_path: Path) -> None:
    election = file_of(shown, tmp_path)
    ended = run("ballot", election, given=b"\xff\xfe")
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert ended.stderr == b"TH-CHEK-020: The text is not, or not wholly, the code that a booth shows.\n"
    assert json.loads(run("ballot", election, "--json", given=b"").stdout) == {
        "verdict": "refused",
        "code": "TH-CHEK-020",
    }
    missing = run("ballot", str(tmp_path / "missing.json"))
    assert missing.stderr.startswith(b"TH-CHEK-040: ")


def test_a_page_is_made_for_one_election(shown: "Shown", tmp_path: Path) -> None:
    page = tmp_path / "check.html"
    ended = run("page", file_of(shown, tmp_path), str(page))
    assert ended.returncode == 0
    assert ended.stdout.decode().splitlines()[0] == "Council"
    original = (FOLDER / "townhall_checker" / "check.html").read_text(encoding="utf-8")
    before, after = original.split("</script>", 1)
    made = page.read_text(encoding="utf-8")
    assert made.startswith(before)
    assert made.endswith(after)
    refused = run("page", file_of(shown, tmp_path), str(tmp_path))
    assert refused.stderr.startswith(b"TH-CHEK-040: ")
    (tmp_path / "election.json").write_bytes(b"{}")
    assert run("page", str(tmp_path / "election.json"), str(page)).returncode == 1
