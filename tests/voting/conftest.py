# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The outside judge, Debian's ``belenios-tool``, and randomness that is the same in each run."""

import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.voting.our_election import GoodRecord, good_record
from tests.voting.tool_elections import (
    BLANK,
    PLAIN,
    RANKED,
    begun_by_the_tool,
    finish_by_the_tool,
    vote_by_the_tool,
)

from townhall_voting.nonces import Randomness
from townhall_voting.package.authored import read_authored
from townhall_voting.package.definition import Definition


class ToolRefusedError(Exception):
    """The tool did not accept what it was given; the text is the last line that it said."""


@dataclass(frozen=True, slots=True)
class BeleniosTool:
    """The tool's commands on one folder, which holds at most one archive."""

    folder: Path

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return what the tool answers on its standard output.

        Raises:
            ToolRefusedError: it ended with a failure.
        """
        ended = subprocess.run(
            ["belenios-tool", *arguments], input=given, capture_output=True, cwd=self.folder, timeout=600, check=False
        )
        if ended.returncode != 0:
            raise ToolRefusedError((ended.stderr.decode().strip().splitlines() or ["no word"])[-1])
        return ended.stdout

    def write(self, name: str, data: bytes) -> None:
        """Put a file where the tool looks for it."""
        (self.folder / name).write_bytes(data)

    def read(self, pattern: str) -> bytes:
        """Return the one file of that pattern."""
        (path,) = self.folder.glob(pattern)
        return path.read_bytes()

    def new_uuid(self) -> str:
        """Return a fresh name of an election."""
        return self.run("setup", "generate-token").decode().strip()

    def new_credentials(self, uuid: str, group: str, count: int) -> tuple[str, ...]:
        """Make ``public_creds.json`` and return the private credentials that belong to it."""
        self.run("setup", "generate-credentials", "--uuid", uuid, "--group", group, "--count", str(count))
        (self.folder / "public_creds.json").write_bytes(self.read("*.pubcreds"))
        return tuple(line.split()[1] for line in self.read("*.privcreds").decode().splitlines())

    def new_trustee(self, group: str) -> bytes:
        """Make a single trustee and ``trustees.json``; return its private key file."""
        self.run("setup", "generate-trustee-key", "--group", group)
        (self.folder / "public_keys.jsons").write_bytes(self.read("*.pubkey"))
        self.run("setup", "make-trustees")
        return self.read("*.privkey")

    def make_election(self, uuid: str, group: str, template: bytes) -> bytes:
        """Make ``election.json`` and the archive; return the election's exact bytes."""
        self.write("questions.json", template)
        self.run("setup", "make-election", "--uuid", uuid, "--group", group, "--template", "questions.json")
        self.run("archive", "init")
        return (self.folder / "election.json").read_bytes().rstrip(b"\n")

    def add(self, kind: str, *lines: bytes) -> None:
        """Append an event whose data are ``lines``, the last one its payload."""
        self.run("archive", "add-event", f"--type={kind}", given=b"".join(line + b"\n" for line in lines))

    def verify(self) -> None:
        """Have the whole archive verified.

        Raises:
            ToolRefusedError: it does not hold.
        """
        self.run("election", "verify")


NewTool = Callable[[], BeleniosTool]


@pytest.fixture
def new_tool(tmp_path: Path) -> NewTool:
    """Makes the judge, each time in an empty folder."""

    def make() -> BeleniosTool:
        folder = tmp_path / f"belenios-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        return BeleniosTool(folder)

    return make


class RepeatableRandomness:
    """Bytes that look random and are the same in each run."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0

    def read(self, size_bytes: int) -> bytes:
        self._count += 1
        return hashlib.shake_256(f"{self._name} {self._count}".encode()).digest(size_bytes)


@pytest.fixture
def randomness(request: pytest.FixtureRequest) -> Randomness:
    return RepeatableRandomness(request.node.name)


@pytest.fixture(scope="session")
def town() -> Definition:
    """The example election: mayor and council of a small town."""
    path = Path(__file__).parents[2] / "elections" / "small-town" / "election.yaml"
    return read_authored(path.name, path.read_bytes())


@pytest.fixture(scope="session")
def tool_records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Archives of whole elections that the tool ran: of sums alone, and with a ranked question."""
    records = {}
    for name, group, questions, choices in (
        ("sums", "BELENIOS-2048", (PLAIN, BLANK), ([[1, 0, 1], [0, 1, 0]], [[0, 1, 0], [1, 0, 0]])),
        ("ranked", "RFC-3526-2048", (BLANK, RANKED), ([[0, 0, 1], [3, 1, 2]], [[1, 0, 0], [0, 0, 255]])),
    ):
        tool = BeleniosTool(tmp_path_factory.mktemp(f"tool-{name}"))
        credentials = begun_by_the_tool(tool, group, questions, 3)
        for credential, chosen in zip(credentials, choices, strict=False):
            tool.add("Ballot", vote_by_the_tool(tool, credential, chosen))
        finish_by_the_tool(tool, is_shuffled=name == "ranked")
        (records[name],) = tool.folder.glob("*.bel")
    return records


@pytest.fixture(scope="session")
def good() -> GoodRecord:
    """An honest record of ours: three votes on two questions, two trustees."""
    return good_record(RepeatableRandomness("a good record"))


@pytest.fixture(scope="session")
def good_ranked() -> GoodRecord:
    """An honest record of ours with a ranked question, shuffled twice."""
    return good_record(RepeatableRandomness("a good record of lists"), is_ranked=True)
