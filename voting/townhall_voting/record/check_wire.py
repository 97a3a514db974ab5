# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a verifier and its checking processes say to each other: length, then MessagePack, over pipes."""

from typing import IO, Final, TypeAlias

import msgspec

from townhall_voting.errors import CheckPoolError
from townhall_voting.record.ballot_judges import Membership

_LENGTH_BYTES: Final = 4
_MAX_BYTES: Final = 1 << 30


class Begin(msgspec.Struct, tag="begin", frozen=True):
    """The first question: the election whose ballots follow, and how their membership is told."""

    election: bytes
    membership: Membership


class Check(msgspec.Struct, tag="check", frozen=True):
    """A ballot to check and count; answered by ``Good`` or ``Bad``."""

    ballot: bytes
    weight: int


class Count(msgspec.Struct, tag="count", frozen=True):
    """The last question; answered by ``Counted``."""


class Good(msgspec.Struct, tag="good", frozen=True):
    """The ballot was good and is counted."""

    hash: str
    tracker: str


class Bad(msgspec.Struct, tag="bad", frozen=True):
    """The ballot was bad: the name of a ``BallotRefusal``."""

    reason: str


class Counted(msgspec.Struct, tag="counted", frozen=True):
    """The tally of all good ballots, as the record spells it; whether every number of theirs is an element."""

    tally: bytes
    sized_tally: bytes
    are_elements: bool


Question: TypeAlias = Begin | Check | Count
Answer: TypeAlias = Good | Bad | Counted

_QUESTIONS: Final = msgspec.msgpack.Decoder(Question)
_ANSWERS: Final = msgspec.msgpack.Decoder(Answer)


def say(stream: IO[bytes], message: Question | Answer) -> None:
    """Write a message.

    Raises:
        CheckPoolError: the other end is gone.
    """
    body = msgspec.msgpack.encode(message)
    try:
        stream.write(len(body).to_bytes(_LENGTH_BYTES, "big") + body)
        stream.flush()
    except OSError as error:
        raise CheckPoolError("the other end is gone") from error


def hear_question(stream: IO[bytes]) -> Question | None:
    """Return the next question, None where the asker has ended; raises CheckPoolError for anything else."""
    body = _read(stream)
    return None if body is None else _QUESTIONS.decode(body)


def hear_answer(stream: IO[bytes]) -> Answer:
    """Return the answer.

    Raises:
        CheckPoolError: the process has ended without one, or says what none of ours says.
    """
    body = _read(stream)
    if body is None:
        raise CheckPoolError("a checking process has ended")
    try:
        answer: Answer = _ANSWERS.decode(body)
    except msgspec.MsgspecError as error:
        raise CheckPoolError("an answer that none of ours gives") from error
    return answer


def _read(stream: IO[bytes]) -> bytes | None:
    length = stream.read(_LENGTH_BYTES)
    if not length:
        return None
    size_bytes = int.from_bytes(length, "big")
    if len(length) < _LENGTH_BYTES or size_bytes > _MAX_BYTES:
        raise CheckPoolError("a torn message")
    body = stream.read(size_bytes)
    if len(body) < size_bytes:
        raise CheckPoolError("a torn message")
    return body
