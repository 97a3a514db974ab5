# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``election.json``, read strictly: what the ballot's bytes depend on, and the words a person is shown."""

import base64
import hashlib
import re
from dataclasses import dataclass

from townhall_checker.errors import ElectionUnreadableError, GroupUnknownError
from townhall_checker.groups import GROUPS, Group
from townhall_checker.strict_json import read_json

MAXIMUM_BYTES = 4 << 20
_UUID = re.compile("[1-9A-HJ-NP-Za-km-z]{14,64}")
_ELEMENT = re.compile("[1-9][0-9]{0,616}")


@dataclass(frozen=True, slots=True)
class Homomorphic:
    """A question whose answers are bits: ``minimum`` to ``maximum`` of them are 1, or the vote is blank."""

    text: str
    answers: tuple[str, ...]
    minimum: int
    maximum: int
    may_be_blank: bool

    @property
    def choice_count(self) -> int:
        """Bytes of its choices in the code."""
        return len(self.answers) + self.may_be_blank


@dataclass(frozen=True, slots=True)
class Ranked:
    """A non-homomorphic question: each answer gets a number 0..255."""

    text: str
    answers: tuple[str, ...]

    @property
    def choice_count(self) -> int:
        """Bytes of its choices in the code."""
        return len(self.answers)


Question = Homomorphic | Ranked


@dataclass(frozen=True, slots=True)
class Election:
    """What a ballot of it follows from."""

    digest: bytes
    name: str
    uuid: str
    group: Group
    public_key: int
    questions: tuple[Question, ...]

    @property
    def fingerprint(self) -> str:
        """The phi of the format."""
        return b64(self.digest)


def b64(digest: bytes) -> str:
    """Spell 32 bytes in 43 characters."""
    return base64.b64encode(digest).decode().rstrip("=")


def read_election(raw: bytes) -> Election:
    """Read the bytes of an ``election.json``, with or without a newline at its end.

    Raises:
        ElectionUnreadableError: anything of it is not as section 7 of the format says.
        GroupUnknownError: a group of another name, or one that cannot hold the questions.
    """
    content = raw.removesuffix(b"\n")
    members = _members(_parsed(content))
    if _integer(members.get("version")) != 1:
        raise ElectionUnreadableError("version")
    name, uuid = _text(members.get("name")), _text(members.get("uuid"))
    if not _UUID.fullmatch(uuid):
        raise ElectionUnreadableError("uuid")
    group = GROUPS.get(_text(members.get("group")))
    if group is None:
        raise GroupUnknownError("name")
    questions = tuple(_question(each) for each in _non_empty_list(members.get("questions")))
    if not group.holds_ranked and any(isinstance(each, Ranked) for each in questions):
        raise GroupUnknownError("a ranked question")
    public_key = _text(members.get("public_key"))
    if not _ELEMENT.fullmatch(public_key) or public_key == "1" or not group.contains(int(public_key)):
        raise ElectionUnreadableError("public_key")
    return Election(hashlib.sha256(content).digest(), name, uuid, group, int(public_key), questions)


def _question(untrusted: object) -> Question:
    members = _members(untrusted)
    if "type" in members:
        if members["type"] != "NonHomomorphic":
            raise ElectionUnreadableError("type of a question")
        value = _members(members.get("value"))
        return Ranked(_text(value.get("question")), _answers(value))
    answers = _answers(members)
    minimum, maximum = _integer(members.get("min")), _integer(members.get("max"))
    if not minimum <= maximum <= len(answers) or not maximum:
        raise ElectionUnreadableError("min, max")
    may_be_blank = members.get("blank", False)
    if not isinstance(may_be_blank, bool):
        raise ElectionUnreadableError("blank")
    return Homomorphic(_text(members.get("question")), answers, minimum, maximum, may_be_blank)


def _answers(members: dict[str, object]) -> tuple[str, ...]:
    return tuple(_text(each) for each in _non_empty_list(members.get("answers")))


def _parsed(content: bytes) -> object:
    if len(content) > MAXIMUM_BYTES:
        raise ElectionUnreadableError("too long")
    try:
        return read_json(content)
    except ValueError as exc:
        raise ElectionUnreadableError("JSON") from exc


def _members(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ElectionUnreadableError("not an object")
    return value


def _non_empty_list(value: object) -> list[object]:
    if not isinstance(value, list) or not value:
        raise ElectionUnreadableError("not a list with something in it")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ElectionUnreadableError("not a text")
    return value


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ElectionUnreadableError("not a number")
    return value
