# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The text of the QR by which a booth has a ballot checked (section 6 of the format)."""

from dataclasses import dataclass

from townhall_checker.election import Election, Homomorphic, Question
from townhall_checker.errors import ChoicesError, CodeUnreadableError, OtherElectionError, VotingKeyError

_PREFIX = "THB1:"
_VERSION = 1
MAXIMUM_INPUT = 1 << 16
_MAXIMUM_CHARACTERS = 4296  # what the largest QR code holds
_HEAD_BYTES = 1 + 32 + 32 + 32 + 256
_DIGITS = {digit: value for value, digit in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")}


@dataclass(frozen=True, slots=True)
class CheckCode:
    """What a booth reveals of a ballot that is void from then on."""

    seed: bytes
    shown: bytes
    voting_key: int
    choices: tuple[bytes, ...]


def read_code(text: str, election: Election) -> CheckCode:
    """Read the text of a QR; white space around it, which copying adds, does not matter.

    Raises:
        CodeUnreadableError: another prefix, version or length, or no base45.
        OtherElectionError: the code is not of ``election``.
        VotingKeyError: K is no element.
        ChoicesError: a question does not allow what was chosen.
    """
    if len(text) > MAXIMUM_INPUT:
        raise CodeUnreadableError("too long")
    content = _content(text.strip("\t\n\r "))
    if len(content) < _HEAD_BYTES or content[0] != _VERSION:
        raise CodeUnreadableError("version or length")
    if content[1:33] != election.digest:
        raise OtherElectionError
    if len(content) != _HEAD_BYTES + sum(question.choice_count for question in election.questions):
        raise CodeUnreadableError("length")
    voting_key = int.from_bytes(content[97:_HEAD_BYTES], "big")
    if not election.group.contains(voting_key):
        raise VotingKeyError
    choices, start = [], _HEAD_BYTES
    for question in election.questions:
        chosen = content[start : start + question.choice_count]
        if not _is_allowed(chosen, question):
            raise ChoicesError
        choices.append(chosen)
        start += question.choice_count
    return CheckCode(content[33:65], content[65:97], voting_key, tuple(choices))


def _content(text: str) -> bytes:
    if len(text) > _MAXIMUM_CHARACTERS or not text.startswith(_PREFIX):
        raise CodeUnreadableError("prefix")
    try:
        digits = [_DIGITS[character] for character in text[len(_PREFIX) :]]
    except KeyError as exc:
        raise CodeUnreadableError("a character outside base45") from exc
    content = bytearray()
    for start in range(0, len(digits), 3):
        group = digits[start : start + 3]
        number = sum(digit * 45**place for place, digit in enumerate(group))
        if len(group) == 1 or number >= 256 ** (len(group) - 1):
            raise CodeUnreadableError("no base45")
        content += number.to_bytes(len(group) - 1, "big")
    return bytes(content)


def _is_allowed(chosen: bytes, question: Question) -> bool:
    if not isinstance(question, Homomorphic):
        return True
    if max(chosen) > 1:
        return False
    if question.may_be_blank and chosen[0]:
        return sum(chosen) == 1
    return question.minimum <= sum(chosen) <= question.maximum
