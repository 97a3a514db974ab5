# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Elections up to their count, in the judge's archive: trustees of the tool or of ours, ballots of ours."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from townhall_crypto.secret import Secret
from townhall_voting.ballot import Ballot
from townhall_voting.ballot_check import BallotChecker
from townhall_voting.ballot_making import BallotMaker, Choices, sign_ballot
from townhall_voting.credential import derive_voting_key
from townhall_voting.election import Election, parse_election
from townhall_voting.group import Group, Scalar
from townhall_voting.nonces import Randomness, SeedNonces
from townhall_voting.record.events import PartialDecryptionEvent, data_of
from townhall_voting.schnorr_group import BELENIOS_2048, named_group
from townhall_voting.trustee_keys import prove_key
from townhall_voting.trustees.combination import OfferedShare
from townhall_voting.trustees.partial_decryption import (
    DecryptionStatement,
    PartialDecryption,
    decrypt_partially,
)
from townhall_voting.trustees.side_car import prove_side_car
from townhall_voting.trustees.tally import EncryptedTally, Tally
from townhall_voting.trustees.trustee_list import Trustees, parse_trustees, write_trustees

if TYPE_CHECKING:
    from tests.voting.conftest import BeleniosTool, NewTool

BRIDGE = {"answers": ["Yes", "No"], "blank": True, "min": 0, "max": 1, "question": "Build the bridge?"}
CHAIR = {"answers": ["Ada", "Bo", "Çelik"], "min": 1, "max": 2, "question": "Who chairs?"}
VOTES = (((1, 0, 0), (1, 0, 1)), ((0, 1, 0), (0, 1, 0)), ((0, 1, 0), (1, 1, 0)), ((0, 0, 0), (1, 0, 0)))
COUNTS = b'{"result":[[1,2,0],[3,2,1]]}'


@dataclass(slots=True)
class Count:
    """An election in the tool's archive, from its setup to its result."""

    tool: "BeleniosTool"
    election: Election
    trustees: Trustees
    credentials: tuple[str, ...]
    randomness: Randomness
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        self.tally = Tally(self.election)

    def ballot(self, voter: int, choices: tuple[tuple[int, ...], ...]) -> Ballot:
        """Return a checked ballot of that voter."""
        group = self.election.group
        key = derive_voting_key(group, self.credentials[voter], self.election.uuid)
        nonces = SeedNonces(Secret(self.randomness.read(32)), group, self.election.fingerprint, key.public)
        prepared = BallotMaker(self.election).prepare(Choices(choices), key.public, nonces)
        return BallotChecker(self.election).check(sign_ballot(group, prepared, key, self.randomness))

    def vote(self, votes: Sequence[tuple[tuple[int, ...], ...]] = VOTES) -> EncryptedTally:
        """Cast these votes, close, and return our tally, which the archive has as well."""
        for voter, choices in enumerate(votes):
            ballot = self.ballot(voter, choices)
            self.tool.add("Ballot", ballot.data)
            self.tally.add(ballot)
        tally = self.tally.encrypted()
        self.tool.add("EndBallots")
        self.tool.add("EncryptedTally", tally.data, tally.sized_data)
        return tally

    def decrypt(self, tally: EncryptedTally, owner: int, private: Scalar) -> OfferedShare:
        """Return a trustee's share."""
        statement = DecryptionStatement(self.election, tally, owner, self.trustees.keys[owner - 1].public_key)
        share = decrypt_partially(statement, private, self.randomness)
        return OfferedShare(owner, share.data, prove_side_car(statement, share, private, self.randomness))

    def publish(self, owner: int, share: PartialDecryption) -> None:
        """Put a share into the archive."""
        self.tool.add("PartialDecryption", *data_of(PartialDecryptionEvent(owner, share.data)))


NewCount = Callable[..., Count]


@pytest.fixture
def new_count(new_tool: "NewTool", randomness: Randomness) -> NewCount:
    """Makes an election: ``trustees`` of its group, and questions as the tool's template has them."""

    def make(trustees: Trustees, *questions: dict[str, object], group: str = "BELENIOS-2048") -> Count:
        tool = new_tool()
        uuid = tool.new_uuid()
        credentials = tool.new_credentials(uuid, group, 6)
        tool.write("trustees.json", trustees.data + b"\n")
        text = {"description": "Düsseldorf\n", "name": "Vote", "questions": questions or (BRIDGE, CHAIR)}
        election = tool.make_election(
            uuid, group, json.dumps(text | {"administrator": "T", "credential_authority": "T"}).encode()
        )
        return Count(tool, parse_election(election), trustees, credentials, randomness)

    return make


@dataclass(frozen=True, slots=True)
class ToolTrustees:
    """A ceremony that the tool held: its list, and for each trustee the two key files."""

    trustees: Trustees
    keys: tuple[bytes, ...]
    shares: tuple[bytes, ...]


NewToolTrustees = Callable[..., ToolTrustees]


@pytest.fixture
def new_tool_trustees(new_tool: "NewTool") -> NewToolTrustees:
    """Holds the tool's own ceremony for ``threshold`` of ``size`` trustees."""

    def make(threshold: int, size: int, group: str = "BELENIOS-2048") -> ToolTrustees:
        tool = new_tool()
        step = ("setup", "generate-trustee-key-threshold", "--group", group, "--threshold", str(threshold), "--step")
        for _ in range(size):
            tool.run(*step[:-3], "--step", "1")
        names = [path.stem for path in sorted(tool.folder.glob("*.cert"))]
        tool.write("certs", b"".join(tool.read(f"{name}.cert") for name in names))
        polynomials = [tool.run(*step, "3", "--certs", "certs", "--key", f"{name}.key") for name in names]
        tool.write("polynomials", b"".join(polynomials))
        tool.run(*step, "4", "--certs", "certs", "--polynomials", "polynomials")
        outputs = [
            tool.run(*step, "5", "--certs", "certs", "--key", f"{name}.key", given=tool.read(f"{name}.vinput"))
            for name in names
        ]
        sixth = (*step, "6", "--certs", "certs", "--polynomials", "polynomials")
        threshold_json = tool.run(*sixth, given=b"".join(outputs)).strip()
        return ToolTrustees(
            parse_trustees(named_group(group), b'[["Pedersen",' + threshold_json + b"]]"),
            tuple(tool.read(f"{name}.key") for name in names),
            tuple(tool.read(f"{name}.dkey") for name in names),
        )

    return make


@dataclass(frozen=True, slots=True)
class SingleTrustees:
    """Trustees of ours of whom each is needed, with their private keys."""

    trustees: Trustees
    privates: tuple[Scalar, ...] = field(repr=False)


@pytest.fixture
def single_trustees(randomness: Randomness) -> Callable[..., SingleTrustees]:
    """Makes ``count`` trustees of ours."""

    def make(count: int, group: Group = BELENIOS_2048) -> SingleTrustees:
        privates = [group.scalar(int.from_bytes(randomness.read(group.draw_bytes), "big")) for _ in range(count)]
        keys = [prove_key(group, private, randomness, f"Trustee {n}") for n, private in enumerate(privates)]
        return SingleTrustees(write_trustees(group, keys), tuple(privates))

    return make
