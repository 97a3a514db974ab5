# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole elections that the judge runs by itself, from its setup to its result."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tests.voting.conftest import BeleniosTool

Question: TypeAlias = dict[str, object]
PLAIN: Question = {"answers": ["Ada", "Bo", "Çelik"], "min": 1, "max": 2, "question": 'Who "chairs"?\n'}
BLANK: Question = {"answers": ["Yes", "No"], "blank": True, "min": 0, "max": 1, "question": "Build the bridge?"}
RANKED: Question = {"type": "NonHomomorphic", "value": {"answers": ["x", "y", "z"], "question": "Rank"}}


def begun_by_the_tool(tool: "BeleniosTool", group: str, questions: Sequence[Question], voters: int) -> tuple[str, ...]:
    """Set an election up in the tool's folder with one trustee; return the private credentials."""
    uuid = tool.new_uuid()
    credentials = tool.new_credentials(uuid, group, voters)
    tool.new_trustee(group)
    text = {"description": "Düsseldorf\n", "name": "Vote", "questions": questions}
    authors = {"administrator": "Town", "credential_authority": "Town"}
    tool.make_election(uuid, group, json.dumps(text | authors).encode())
    return credentials


def vote_by_the_tool(tool: "BeleniosTool", credential: str, choices: list[list[int]]) -> bytes:
    """Return a ballot that the tool makes."""
    tool.write("choices.json", json.dumps(choices).encode())
    tool.write("credential", credential.encode())
    making = ("election", "generate-ballot", "--privcred", "credential", "--ballot", "choices.json")
    return tool.run(*making).strip()


def finish_by_the_tool(tool: "BeleniosTool", *, is_shuffled: bool) -> None:
    """Close the vote and go on to the result."""
    tool.add("EndBallots")
    tool.add("EncryptedTally", *tool.run("election", "compute-encrypted-tally").splitlines())
    if is_shuffled:
        tool.add("Shuffle", *tool.run("election", "shuffle", "--trustee-id", "1").splitlines())
        tool.add("EndShuffles")
    key = next(tool.folder.glob("*.privkey")).name
    decrypting = ("election", "decrypt", "--privkey", key, "--trustee-id", "1")
    tool.add("PartialDecryption", *tool.run(*decrypting).splitlines())
    tool.add("Result", *tool.run("election", "compute-result").splitlines())
    tool.verify()
