# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What lies between a command and the bytes of a card connection, one job a class.

::

    CommandApdu -> ResponseChaining -> CommandChaining -> Formatting -> CardConnection

Nothing here ever repeats a VERIFY, CHANGE REFERENCE DATA or RESET RETRY COUNTER: a repeat may cost a try. Nor a command
under secure messaging: the card has counted it.
"""

from dataclasses import replace
from typing import Final, Protocol

from townhall_smartcard.apdu import (
    CHAINING_BIT,
    MAX_SHORT_DATA,
    MAX_SHORT_LE,
    SECURE_BITS,
    CommandApdu,
    Ins,
    ResponseApdu,
    wipe,
)
from townhall_smartcard.connection import CardConnection
from townhall_smartcard.errors import CardMisuseError, CardUnreadableError

_MAX_ANSWER_BYTES: Final = 65536
_CHANNEL_BITS: Final = ~(CHAINING_BIT | SECURE_BITS)
_MORE_SW1: Final = 0x61
_OTHER_LENGTH_SW1: Final = 0x6C


class ApduProcessor(Protocol):
    """Takes a command to the card and brings the answer back."""

    def exchange(self, command: CommandApdu) -> ResponseApdu:
        """Send ``command``; return the card's answer whatever its status word says.

        Raises:
            CardError: as ``CardConnection.transmit``, or the answer was impossible.
        """
        ...


class Formatting:
    """Writes commands as bytes, short or extended, and reads answers."""

    def __init__(self, connection: CardConnection, *, is_extended: bool = False, is_t0: bool = False) -> None:
        """``is_t0``: the reader speaks T=0, where a command with data cannot say what it expects."""
        self._connection = connection
        self._is_extended = is_extended
        self._is_t0 = is_t0

    def exchange(self, command: CommandApdu) -> ResponseApdu:
        """Send one command and read its answer."""
        if self._is_t0 and command.data:
            command = command.with_le(None)  # ISO/IEC 7816-3 §12.2.5: the card says 61xx and is asked
        raw = command.encode(is_extended=self._is_extended)
        try:
            return ResponseApdu.parse(self._connection.transmit(raw))
        finally:
            wipe(raw)


class CommandChaining:
    """Cuts data that are too long for one command into a chain (ISO/IEC 7816-4 §5.3.3)."""

    def __init__(self, below: ApduProcessor, *, largest_data: int = MAX_SHORT_DATA) -> None:
        self._below = below
        self._largest_data = largest_data

    def exchange(self, command: CommandApdu) -> ResponseApdu:
        """Send all links; an answer other than 9000 to one of them ends the chain and is returned."""
        if len(command.data) <= self._largest_data:
            return self._below.exchange(command)
        if command.is_about_pin:
            raise CardMisuseError(f"{command.name} in a chain")
        rest = memoryview(command.data)
        while len(rest) > self._largest_data:
            link = replace(command, cla=command.cla | CHAINING_BIT, data=bytes(rest[: self._largest_data]), le=None)
            answer = self._below.exchange(link)
            if not answer.is_ok:
                return answer
            rest = rest[self._largest_data :]
        return self._below.exchange(replace(command, data=bytes(rest)))


class ResponseChaining:
    """Fetches long answers (61xx) and asks again with the length that the card names (6Cxx)."""

    def __init__(self, below: ApduProcessor) -> None:
        self._below = below

    def exchange(self, command: CommandApdu) -> ResponseApdu:
        """Send ``command`` and return its whole answer.

        Raises:
            CardUnreadableError: the card promises bytes without end, or none.
        """
        answer = self._below.exchange(command)
        if command.is_secure:
            return self._fetch_rest(command, answer)
        if command.is_about_pin:
            return answer
        if answer.status >> 8 == _OTHER_LENGTH_SW1 and answer.status & 0xFF and not answer.data:
            answer = self._below.exchange(command.with_le(answer.status & 0xFF))
        return self._fetch_rest(command, answer)

    def _fetch_rest(self, command: CommandApdu, answer: ResponseApdu) -> ResponseApdu:
        if answer.status >> 8 != _MORE_SW1:
            return answer
        collected = bytearray(answer.data)
        while answer.status >> 8 == _MORE_SW1:
            wanted = answer.status & 0xFF or MAX_SHORT_LE
            # What the card holds ready is protected already: the command that fetches it is not.
            answer = self._below.exchange(CommandApdu(command.cla & _CHANNEL_BITS, Ins.GET_RESPONSE, 0, 0, le=wanted))
            if not answer.data and answer.status >> 8 == _MORE_SW1:
                raise CardUnreadableError("promised bytes that never came")
            collected += answer.data
            if len(collected) > _MAX_ANSWER_BYTES:
                raise CardUnreadableError("answer without end")
        return ResponseApdu(bytes(collected), answer.status)


def processors_for(connection: CardConnection, *, is_extended: bool = False, is_t0: bool = False) -> ApduProcessor:
    """Return the whole stack over ``connection``; with extended APDUs no chain is needed."""
    formatting = Formatting(connection, is_extended=is_extended, is_t0=is_t0)
    if is_extended:
        return ResponseChaining(formatting)
    return ResponseChaining(CommandChaining(formatting))
