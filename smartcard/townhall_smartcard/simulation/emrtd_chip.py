# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An eMRTD chip as a program: any PC/SC client takes it for one. What it answers is told in docs/simulated-card.md.

It can open by PACE and by Basic Access Control, prove itself by Chip and Active Authentication, and break every promise
that a chip gives.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from townhall_smartcard.apdu import CHAINING_BIT, SECURE_BITS, Ins
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.files import ATR_INFO, CARD_ACCESS
from townhall_smartcard.emrtd.pace import PasswordReference
from townhall_smartcard.emrtd.security_infos import SET, PaceInfo
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.card_command import Answer, Command, parse_command
from townhall_smartcard.simulation.chip_authentication import ChipAuthenticator
from townhall_smartcard.simulation.chip_bac import ChipBac
from townhall_smartcard.simulation.chip_channel import ChannelFault, ChipChannel
from townhall_smartcard.simulation.chip_files import ChipFiles, FileHabits
from townhall_smartcard.simulation.chip_keys import AgreementKey, Signer
from townhall_smartcard.simulation.chip_pace import ChipPace, PaceFaults, PaceSecrets
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode

ATR: Final = bytes.fromhex("3B8880010031C173C84000009000")
"""What a reader makes up for a chip whose historical bytes announce extended lengths."""
_LONGEST_SHORT: Final = 256
_TEMPLATE_OF_PACE: Final = (0xC1, 0xA4)


@dataclass(frozen=True, slots=True)
class ChipContents:
    """What is stored in a chip."""

    application: Mapping[int, bytes]
    """The files of the application by their identifiers, EF.COM and EF.SOD among them."""
    passwords: Mapping[PasswordReference, bytes] = field(repr=False)
    offers: tuple[PaceInfo, ...] = ()
    master: Mapping[int, bytes] = field(default_factory=dict)
    """Files of the master file beside EF.CardAccess and EF.ATR/INFO, which the chip makes itself."""
    has_bac: bool = True
    mapping_keys: Mapping[int, int] = field(repr=False, default_factory=dict)
    agreement_keys: tuple[AgreementKey, ...] = ()
    signer: Signer | None = None


@dataclass(frozen=True, slots=True)
class ChipHabits:
    """How a chip behaves, within what chips do."""

    files: FileHabits = field(default_factory=FileHabits)
    buffer_bytes: int | None = 1024
    """The longest command and answer, announced in EF.ATR/INFO; None: short lengths alone, nothing announced."""
    knows_extended: bool = True
    """Without it, what is announced is a lie."""
    fetches: bool = False
    """Answers that are longer than asked come by 61xx and GET RESPONSE."""
    refuses_in_the_clear: bool = False
    """Refusals are not protected and end the session."""
    has_key_agreement_template: bool = True
    """Without it, Chip Authentication with 3DES goes by GENERAL AUTHENTICATE alone."""
    slowness_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ChipFaults:
    """Promises that a chip breaks."""

    pace: PaceFaults = field(default_factory=PaceFaults)
    answers: Mapping[int, ChannelFault] = field(default_factory=dict)
    """Protected answers by their number since the chip was reset, from 0."""


class EmrtdChip:
    """One chip. Not for use from two threads at once."""

    def __init__(
        self,
        contents: ChipContents,
        habits: ChipHabits = ChipHabits(),
        faults: ChipFaults = ChipFaults(),
        *,
        randomness: Randomness = os.urandom,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Personalise a chip."""
        self.atr: Final = ATR
        self._habits: Final = habits
        self._faults: Final = faults
        self._pause: Final = pause
        self._is_plain: Final = not contents.offers and not contents.has_bac
        self._files: Final = ChipFiles(_master_files(contents, habits), contents.application, habits.files)
        secrets = PaceSecrets(contents.passwords, contents.mapping_keys)
        self._pace: Final = ChipPace(contents.offers, secrets, faults=faults.pace, randomness=randomness, pause=pause)
        mrz = contents.passwords.get(PasswordReference.MRZ)
        self._bac: Final = ChipBac(mrz, randomness) if contents.has_bac and mrz is not None else None
        self._keys: Final = ChipAuthenticator(
            contents.agreement_keys, has_key_agreement_template=habits.has_key_agreement_template
        )
        self._signer: Final = contents.signer
        self._channel: ChipChannel | None = None
        self._answers = 0
        self._pending = b""

    def reset(self) -> None:
        """Do what leaving the field does."""
        self._end_session()
        self._files.reset()
        self._pace.reset()
        self._pending, self._answers = b"", 0

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        if self._habits.slowness_s:
            self._pause(self._habits.slowness_s)
        parsed = parse_command(bytes(command), knows_extended=self._habits.knows_extended)
        if parsed is None:
            self._end_session()
            return Answer(StatusWord.WRONG_LENGTH).to_bytes()
        if parsed.ins == Ins.GET_RESPONSE and self._pending:
            return self._delivered(self._pending, parsed.expected)
        self._pending = b""
        if parsed.cla & SECURE_BITS:
            return self._delivered(self._answer_protected(parsed), parsed.expected)
        if self._channel is not None:  # a command in the clear ends a session (§9.8.3)
            self._end_session()
        answer = self._answer(parsed, is_open=self._is_plain)
        self._begin_session()
        return self._delivered(answer.to_bytes(), parsed.expected)

    def _answer_protected(self, command: Command) -> bytes:
        channel = self._channel
        if channel is None:
            return Answer(StatusWord.SECURE_MESSAGING_OBJECTS_WRONG).to_bytes()
        try:
            plain = channel.opened(command)
        except CardUnreadableError:
            self._end_session()
            return Answer(StatusWord.SECURE_MESSAGING_OBJECTS_WRONG).to_bytes()
        inner = Command(plain.cla, plain.ins, plain.p1, plain.p2, bytes(plain.data), plain.le)
        answer = self._answer(inner, is_open=True)
        if self._habits.refuses_in_the_clear and not answer.data and answer.status != StatusWord.OK:
            self._end_session()
            return answer.to_bytes()
        fault = self._faults.answers.get(self._answers)
        self._answers += 1
        protected = channel.protected(answer.to_bytes(), fault)
        keys = self._keys.take_keys()
        if keys is not None:
            self._channel = ChipChannel(keys)
        return protected

    def _answer(self, command: Command, *, is_open: bool) -> Answer:
        if command.cla & ~CHAINING_BIT:
            return Answer(StatusWord.CLASS_NOT_SUPPORTED)
        match command.ins:
            case Ins.SELECT:
                return self._files.select(command, is_open=is_open)
            case Ins.READ_BINARY | Ins.READ_BINARY_AT:
                return self._files.read(command, is_open=is_open)
            case Ins.GET_CHALLENGE | Ins.EXTERNAL_AUTHENTICATE:
                return self._answer_bac(command)
            case _:
                return self._answer_with_keys(command, is_open=is_open)

    def _answer_with_keys(self, command: Command, *, is_open: bool) -> Answer:
        match command.ins:
            case Ins.MANAGE_SECURITY_ENVIRONMENT if command.parameters == _TEMPLATE_OF_PACE:
                return self._pace.set_template(command)
            case Ins.GENERAL_AUTHENTICATE if self._pace.is_running:
                return self._pace.authenticate(command)
            case Ins.MANAGE_SECURITY_ENVIRONMENT if is_open:
                return self._keys.set_template(command)
            case Ins.GENERAL_AUTHENTICATE if is_open:
                return self._keys.authenticate(command)
            case Ins.INTERNAL_AUTHENTICATE if is_open and self._signer is not None and len(command.data) == 8:
                return Answer(data=self._signer.sign(command.data))
            case _:
                return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED)

    def _answer_bac(self, command: Command) -> Answer:
        if self._bac is None or not self._files.is_in_application:
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        return self._bac.give_challenge() if command.ins == Ins.GET_CHALLENGE else self._bac.authenticate(command)

    def _begin_session(self) -> None:
        keys = self._pace.take_keys() or self._keys.take_keys()
        session = self._bac.take_session() if self._bac is not None else None
        if keys is not None:
            self._channel = ChipChannel(keys)
        elif session is not None:
            self._channel = ChipChannel(session.keys, session.counter)

    def _end_session(self) -> None:
        self._channel = None
        self._keys.reset()

    def _delivered(self, answer: bytes, expected: int | None) -> bytes:
        """Give what was asked for; what is longer is fetched (61xx), or nothing comes at all."""
        data, status = answer[:-2], answer[-2:]
        longest = expected if expected is not None else _LONGEST_SHORT
        if len(data) <= longest:
            self._pending = b""
            return answer
        if not self._habits.fetches:
            self._end_session()
            return Answer(StatusWord.WRONG_LENGTH).to_bytes()
        self._pending = data[longest:] + status
        left = len(self._pending) - 2
        return data[:longest] + bytes((0x61, left if left < _LONGEST_SHORT else 0))


def _master_files(contents: ChipContents, habits: ChipHabits) -> dict[int, bytes]:
    files = dict(contents.master)
    if contents.offers:
        files.setdefault(CARD_ACCESS.identifier, encode(SET, b"".join(each.encode() for each in contents.offers)))
    if habits.buffer_bytes is not None:
        size = encode(0x02, habits.buffer_bytes.to_bytes(3, "big"))
        files.setdefault(ATR_INFO.identifier, encode(0x47, b"\x00\x00\x40") + encode(0x7F66, size + size))
    return files
