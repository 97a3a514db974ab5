# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A recorded dialogue served as a card: what was recorded is answered wherever it comes, all else with 6D00."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import RecordingRefusedError
from townhall_smartcard.status import StatusWord

_UNKNOWN: Final = StatusWord.INSTRUCTION_NOT_SUPPORTED.to_bytes(2, "big")


class _Step(msgspec.Struct, frozen=True):
    command: str
    response: str


class _Dialogue(msgspec.Struct, frozen=True):
    test: str
    operation: str
    atr: str
    certificate_subject: str
    steps: tuple[_Step, ...]
    signed_data_utf8: str | None = None


class _File(msgspec.Struct, frozen=True):
    dialogues: tuple[_Dialogue, ...]


@dataclass(frozen=True, slots=True)
class RecordedDialogue:
    """What one real card was asked and said."""

    name: str
    operation: str
    atr: bytes
    certificate_subject: str  # of a specimen, as recorded
    signed_data: bytes | None  # what the card signed the SHA-384 of
    steps: tuple[tuple[bytes, bytes], ...] = field(repr=False)


def load_dialogues(path: Path) -> tuple[RecordedDialogue, ...]:
    """Read a file of recorded dialogues (JSON with hexadecimal commands and responses).

    Raises:
        RecordingRefusedError: it is no such file.
        OSError: it cannot be read.
    """
    try:
        return tuple(_dialogue(each) for each in msgspec.json.decode(path.read_bytes(), type=_File).dialogues)
    except (msgspec.MsgspecError, ValueError) as exc:
        raise RecordingRefusedError(path.name) from exc


def _dialogue(each: _Dialogue) -> RecordedDialogue:
    return RecordedDialogue(
        name=each.test,
        operation=each.operation,
        atr=bytes.fromhex(each.atr),
        certificate_subject=each.certificate_subject,
        signed_data=None if each.signed_data_utf8 is None else each.signed_data_utf8.encode(),
        steps=tuple((bytes.fromhex(step.command), bytes.fromhex(step.response)) for step in each.steps),
    )


class RecordedCard:
    """A card that knows what it was once asked, and nothing else."""

    def __init__(self, dialogue: RecordedDialogue) -> None:
        """Serve one dialogue.

        Raises:
            RecordingRefusedError: it answers one command in two ways.
        """
        self.atr: Final = dialogue.atr
        self._answers = dict(dialogue.steps)
        if len(self._answers) != len(set(dialogue.steps)):
            raise RecordingRefusedError(dialogue.name)

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command."""
        return self._answers.get(bytes(command), _UNKNOWN)

    def reset(self) -> None:
        """Do nothing: a recording has no state."""
