# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""docs/set-up.md as it stands: every command is run, every output shown there is what comes out."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.training import write_trust

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "set-up.md"
END = "--- end of block"


@dataclass(frozen=True)
class Block:
    """A fenced block: ``sh``, ``sh waits`` (for something later), ``sh serves``, or the ``text`` that came out."""

    kind: str
    text: str


def blocks() -> list[Block]:
    found = re.findall(r"^```([a-z ]+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [Block(kind.strip(), text) for kind, text in found]


class Terminal:
    """One shell of an administrator: what is set in one block is known in the next."""

    def __init__(self, directory: Path, port: int) -> None:
        self._port = str(port)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._shell = subprocess.Popen(
            ["bash", "-eu"],
            cwd=directory,
            env={**os.environ, "PATH": path, "PYTHONWARNINGS": "default"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, text: str) -> str:
        """Run a block; return what it printed, and fail where a command of it fails."""
        shell = self._shell
        assert shell.stdin is not None
        assert shell.stdout is not None
        shell.stdin.write(f"{self._here(text)}\necho '{END}'\n")
        shell.stdin.flush()
        lines: list[str] = []
        for line in shell.stdout:
            if line.strip() == END:
                return "".join(lines)
            lines.append(line)
        pytest.fail(f"this block failed:\n{text}\n{''.join(lines)}")

    def start(self, text: str, output: str) -> None:
        """Run a block as in another terminal."""
        self.run(f"{{\n{self._here(text)}}} >{output} 2>&1 &")

    def _here(self, text: str) -> str:
        return text.replace("8470", self._port).replace("CHECKOUT=~/townhall", f"CHECKOUT={ROOT}")

    def close(self) -> None:
        os.killpg(self._shell.pid, signal.SIGTERM)
        self._shell.communicate()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    write_trust(TestPki(), tmp_path / "issuer")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    opened = Terminal(tmp_path, port)
    yield opened
    opened.close()


@pytest.mark.timeout(900)  # some fifty programs start, one after the other
def test_an_administrator_sets_up_two_kiosks_and_a_centre_from_the_page_alone(
    terminal: Terminal, tmp_path: Path
) -> None:
    printed, waiting, compared = "", 0, 0
    for number, block in enumerate(blocks()):
        match block.kind:
            case "sh":
                printed = terminal.run(block.text)
                if waiting and "approve" in block.text:
                    terminal.run("wait $waits")  # what waited has been let in: each ends well, or this fails
                    waiting = 0
            case "sh waits":
                terminal.start(block.text, f"{number}.out")
                terminal.run('waits="${waits:-} $!"')
                waiting += 1
            case "sh serves":
                terminal.start(block.text, "served.out")
                terminal.run("until grep -q 'listening on' served.out; do sleep 0.2; done")
            case "text":
                assert printed.endswith(block.text), printed  # the page shows the last lines
                compared += 1
            case _:
                pytest.fail(f"what is a block of {block.kind!r}?")
    assert compared == 4
    assert (waiting, len(list(tmp_path.glob("kiosk-*/enrolment/device.der")))) == (0, 2)
