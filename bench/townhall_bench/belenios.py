# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An election in a folder where ``belenios-tool`` finds it: set up by the tool, voted in by ours."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from townhall_crypto.secret import Secret
from townhall_voting.ballot_making import BallotMaker, Choices, sign_ballot
from townhall_voting.credential import VotingKey, derive_voting_key
from townhall_voting.election import Election, parse_election
from townhall_voting.nonces import SeedNonces

_QUESTIONS: Final = (
    {"answers": ["1", "2", "3", "4", "5"], "min": 1, "max": 1, "question": "One?"},
    {"answers": ["1", "2", "3", "4", "5"], "min": 0, "max": 3, "question": "Up to three?"},
)
CHOICES: Final = Choices(((0, 1, 0, 0, 0), (1, 0, 1, 0, 0)))
"""Of two questions with five answers each."""


class SystemRandomness:
    """The operating system's."""

    def read(self, size_bytes: int) -> bytes:
        """Return fresh bytes."""
        return os.urandom(size_bytes)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a program took, with the programs that it started."""

    wall_s: float
    cpu_s: float


def spent_by(command: Sequence[str], folder: Path, status: int = 0) -> Spent:
    """Run ``command``, which must end with ``status``; raises CalledProcessError if it does not."""
    begun, before = time.perf_counter(), os.times()
    ended = subprocess.run(command, cwd=folder, check=False, capture_output=True)
    if ended.returncode != status:
        raise subprocess.CalledProcessError(ended.returncode, command, ended.stdout, ended.stderr)
    wall_s, after = time.perf_counter() - begun, os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Spent(wall_s, cpu_s)


@dataclass(frozen=True, slots=True)
class ToolElection:
    """An election of one trustee, open for ballots."""

    folder: Path
    election: Election
    credentials: tuple[str, ...]

    @property
    def record(self) -> Path:
        """The archive."""
        return self.folder / f"{self.election.uuid}.bel"

    def ballot(self, maker: BallotMaker, voter: int) -> bytes:
        """Make that voter's ballot."""
        return ballot_of(maker, derive_voting_key(self.election.group, self.credentials[voter], self.election.uuid))


def ballot_of(maker: BallotMaker, key: VotingKey) -> bytes:
    """Make a ballot as a booth does: encrypted and proved from a fresh seed, then signed."""
    election, randomness = maker.election, SystemRandomness()
    nonces = SeedNonces(Secret(randomness.read(32)), election.group, election.fingerprint, key.public)
    return sign_ballot(election.group, maker.prepare(CHOICES, key.public, nonces), key, randomness)


def set_up(folder: Path, voters: int) -> ToolElection:
    """Have the tool make an election of two questions with five answers."""

    def tool(*arguments: str) -> str:
        command = ["belenios-tool", *arguments]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()

    uuid = tool("setup", "generate-token")
    named = ("--uuid", uuid, "--group", "BELENIOS-2048")
    tool("setup", "generate-credentials", *named, "--count", str(voters))
    (credentials,), (public,) = folder.glob("*.privcreds"), folder.glob("*.pubcreds")
    public.rename(folder / "public_creds.json")
    tool("setup", "generate-trustee-key", *named[2:])
    (key,) = folder.glob("*.pubkey")
    key.rename(folder / "public_keys.jsons")
    tool("setup", "make-trustees")
    text = {"description": "", "name": "Bench", "questions": _QUESTIONS}
    authors = {"administrator": "bench", "credential_authority": "bench"}
    (folder / "questions.json").write_bytes(msgspec.json.encode(text | authors))
    tool("setup", "make-election", *named, "--template", "questions.json")
    tool("archive", "init")
    (folder / "credential").write_text(credentials.read_text().split()[1])
    (folder / "choices.json").write_bytes(msgspec.json.encode(CHOICES))
    election = parse_election((folder / "election.json").read_bytes().rstrip(b"\n"))
    return ToolElection(folder, election, tuple(credentials.read_text().split()[1::2]))
