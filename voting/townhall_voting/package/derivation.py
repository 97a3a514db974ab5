# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a definition and the trustees' key to the election.json of each ballot style: one outcome, byte for byte.

Nothing is chosen here. The uuid follows from mode, definition, trustees and style, so a test's ballots can never pass
for official ones, and whoever holds the package can make the same bytes again.
"""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from townhall_crypto import canonical
from townhall_crypto.namespaces import ELECTION_UUID
from townhall_voting.election import Election, HomomorphicQuestion, Question, RankedQuestion, Title, write_election
from townhall_voting.group import Element
from townhall_voting.hashing import hex_hash
from townhall_voting.mode import Mode
from townhall_voting.package.contests import Candidate, Contest, Id
from townhall_voting.package.definition import Definition
from townhall_voting.schnorr_group import named_group

_BASE_58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_UUID_CHARACTERS: Final = 22  # hold 128 bits
_TEST_MARK: Final = "TEST - "


def derive_elections(definition: Definition, trustees: bytes, public_key: Element) -> Mapping[Id, Election]:
    """Return the election of each ballot style; ``public_key`` is that of ``trustees`` (the bytes of trustees.json).

    Raises:
        ElectionRefusedError, MembershipError: as ``write_election``.
    """
    elections = {
        style.id: write_election(
            Title(_uuid(definition, trustees, style.id), _name(definition), _text(definition, definition.description)),
            named_group(definition.group),
            public_key,
            [_question(definition, contest) for contest in definition.contests_of(style.id)],
        )
        for style in definition.styles
    }
    return MappingProxyType(elections)


def answer_text(candidate: Candidate, language: str) -> str:
    """Return how a candidate is called in the record: ``101 Mari Maasikas (Free list)``."""
    number = f"{candidate.number} " if candidate.number else ""
    second = f" ({candidate.second_line[language]})" if candidate.second_line else ""
    return f"{number}{candidate.name[language]}{second}"


def _uuid(definition: Definition, trustees: bytes, style: str) -> str:
    facts = {
        "mode": definition.mode.value,
        "definition": hex_hash(definition.to_bytes()),
        "trustees": hex_hash(trustees),
        "style": style,
    }
    digest = hashlib.sha256(ELECTION_UUID + canonical.encode(facts)).digest()
    number, digits = int.from_bytes(digest[:16], "big"), ""
    for _ in range(_UUID_CHARACTERS):
        number, digit = divmod(number, len(_BASE_58))
        digits = _BASE_58[digit] + digits
    return digits


def _name(definition: Definition) -> str:
    mark = _TEST_MARK if definition.mode is Mode.TEST else ""
    return mark + definition.title[definition.languages[0]]


def _text(definition: Definition, texts: Mapping[str, str]) -> str:
    return texts.get(definition.languages[0], "")


def _question(definition: Definition, contest: Contest) -> Question:
    language = definition.languages[0]
    answers = tuple(answer_text(candidate, language) for candidate in contest.candidates)
    if contest.is_ranked:
        return RankedQuestion(contest.title[language], answers)
    return HomomorphicQuestion(contest.title[language], answers, contest.minimum, contest.maximum, contest.blank)
