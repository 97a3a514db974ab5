# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An election as election.json states it: questions, group, public key, and the fingerprint over its bytes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from townhall_voting.errors import ElectionRefusedError, GroupRefusedError, MalformedError, MembershipError
from townhall_voting.group import Element, Group
from townhall_voting.hashing import Fingerprint, fingerprint
from townhall_voting.plain_json import check_plain
from townhall_voting.schnorr_group import RFC_3526_2048, named_group
from townhall_voting.untrusted_json import read_json

MAX_BYTES: Final = 4 * 1024 * 1024
_VERSION: Final = 1
_RANKED: Final = "NonHomomorphic"
_UUID: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]{14,64}")


@dataclass(frozen=True, slots=True)
class HomomorphicQuestion:
    """A question of which only the sums are ever decrypted: choose ``minimum`` to ``maximum`` answers, or blank."""

    text: str
    answers: tuple[str, ...]
    minimum: int
    maximum: int
    is_blank_allowed: bool = False

    @property
    def ciphertext_count(self) -> int:
        """One ciphertext for each answer, and one before them for "blank" where it is allowed."""
        return len(self.answers) + self.is_blank_allowed


@dataclass(frozen=True, slots=True)
class RankedQuestion:
    """A non-homomorphic question: a number 0..255 for each answer; ballots are shuffled, then each is decrypted."""

    text: str
    answers: tuple[str, ...]


Question: TypeAlias = HomomorphicQuestion | RankedQuestion


@dataclass(frozen=True, slots=True)
class Election:
    """An election; equal bytes, equal election."""

    data: bytes = field(repr=False)
    uuid: str
    name: str
    description: str
    group: Group = field(compare=False)
    public_key: Element = field(compare=False, repr=False)
    questions: tuple[Question, ...] = field(compare=False)

    @property
    def fingerprint(self) -> Fingerprint:
        """The hash that every ballot and proof is bound to."""
        return fingerprint(self.data)


@dataclass(frozen=True, slots=True)
class Title:
    """What an election is called: ``uuid`` of at least 14 base-58 characters."""

    uuid: str
    name: str
    description: str


class _RankedWire(msgspec.Struct, forbid_unknown_fields=True):
    answers: list[str]
    question: str


class _QuestionWire(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Both kinds, told apart by ``type``; ``extra`` belongs to the counting method and is kept as it is."""

    type: str | UnsetType = UNSET
    value: _RankedWire | UnsetType = UNSET
    extra: msgspec.Raw | UnsetType = UNSET
    answers: list[str] | UnsetType = UNSET
    blank: bool = False
    min: int | UnsetType = UNSET
    max: int | UnsetType = UNSET
    question: str | UnsetType = UNSET


class _ElectionWire(msgspec.Struct, omit_defaults=True):
    """Members that we do not know are allowed: the fingerprint covers them."""

    version: int
    description: str
    name: str
    group: str
    public_key: str
    questions: list[_QuestionWire]
    uuid: str
    administrator: str | None = None
    credential_authority: str | None = None


def parse_election(data: bytes) -> Election:
    """Return the election that ``data`` states: election.json of Belenios 2.0, version 1, without a newline at its end.

    Raises:
        ElectionRefusedError: malformed, or a question that nobody could answer.
        GroupRefusedError: an unknown group, or one that cannot hold a question.
        MembershipError: the public key is no element, or is 1.
    """
    if len(data) > MAX_BYTES or data.endswith(b"\n"):
        raise ElectionRefusedError("too long, or a newline at its end")
    try:
        check_plain(data)
        wire = read_json(data, _ElectionWire)
        questions = tuple(_parse_question(question) for question in wire.questions)
    except MalformedError as error:
        raise ElectionRefusedError("not an election of this format") from error
    if wire.version != _VERSION or not _UUID.fullmatch(wire.uuid) or not questions:
        raise ElectionRefusedError("another version, no proper uuid, or no question")
    group = named_group(wire.group)
    _check_group(group, questions)
    public_key = group.element(wire.public_key)
    if public_key == group.identity:
        raise MembershipError("the public key hides nothing")
    return Election(data, wire.uuid, wire.name, wire.description, group, public_key, questions)


def write_election(title: Title, group: Group, public_key: Element, questions: Sequence[Question]) -> Election:
    """Return the election of these facts, with its bytes; refuses what ``parse_election`` refuses."""
    wire = _ElectionWire(
        version=_VERSION,
        description=title.description,
        name=title.name,
        group=group.name,
        public_key=str(int(public_key)),
        questions=[_question_wire(question) for question in questions],
        uuid=title.uuid,
    )
    return parse_election(msgspec.json.encode(wire))


def _question_wire(question: Question) -> _QuestionWire:
    match question:
        case HomomorphicQuestion():
            return _QuestionWire(
                answers=list(question.answers),
                blank=question.is_blank_allowed,
                min=question.minimum,
                max=question.maximum,
                question=question.text,
            )
        case RankedQuestion():
            return _QuestionWire(type=_RANKED, value=_RankedWire(list(question.answers), question.text))


def _parse_question(wire: _QuestionWire) -> Question:
    if wire.type == _RANKED and isinstance(wire.value, _RankedWire) and wire.value.answers:
        return RankedQuestion(wire.value.question, tuple(wire.value.answers))
    if (
        wire.type is not UNSET
        or not isinstance(wire.min, int)
        or not isinstance(wire.max, int)
        or isinstance(wire.answers, UnsetType)
        or isinstance(wire.question, UnsetType)
    ):
        raise ElectionRefusedError("a question of no known kind")
    if not 0 <= wire.min <= wire.max <= len(wire.answers) or wire.max == 0:
        raise ElectionRefusedError("a question that nobody could answer")
    return HomomorphicQuestion(wire.question, tuple(wire.answers), wire.min, wire.max, wire.blank)


def _check_group(group: Group, questions: Sequence[Question]) -> None:
    if group.name != RFC_3526_2048.name and any(isinstance(question, RankedQuestion) for question in questions):
        raise GroupRefusedError("a question that is not homomorphic needs a group that holds numbers")
