# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A trace of APDUs for engineers, from which nobody learns a PIN, a name or a signature.

What may be seen is listed, not what may not: headers, status words by name, and the data of commands that only name a
file, an application or a key. Of everything else the number of bytes is shown, of PIN commands not even that.
"""

import logging
from time import perf_counter
from typing import Final

from townhall_smartcard.apdu import Ins, is_pin_command, is_secure
from townhall_smartcard.connection import CardConnection, RawCommand
from townhall_smartcard.status import name_of

_log = logging.getLogger(__name__)
_OPEN_INSTRUCTIONS: Final = frozenset({Ins.SELECT, Ins.MANAGE_SECURITY_ENVIRONMENT, Ins.GET_DATA})


class TracedConnection:
    """A card connection that writes each exchange to the log at level DEBUG."""

    def __init__(self, connection: CardConnection) -> None:
        self._connection = connection

    def transmit(self, command: RawCommand) -> bytes:
        """Send one command; see ``CardConnection``."""
        shown = shown_command(command)
        started = perf_counter()
        answer = self._connection.transmit(command)
        _log.debug("%s -> %s in %.2f ms", shown, shown_answer(answer), (perf_counter() - started) * 1000)
        return answer


def shown_command(command: RawCommand) -> str:
    """Return what the trace says of a command."""
    header = bytes(command[:4]).hex().upper()
    if is_pin_command(command):
        return f"{header} <PIN>"
    if is_secure(command):
        return f"{header} <secure>"
    body = command[4:]
    if len(command) > 4 and command[1] in _OPEN_INSTRUCTIONS:
        return f"{header} {bytes(body).hex().upper()}"
    return f"{header} <{len(body)} bytes>" if body else header


def shown_answer(answer: bytes) -> str:
    """Return what the trace says of an answer: how many bytes, and the status word by name."""
    if len(answer) < 2:
        return f"<torn: {len(answer)} bytes>"
    return f"<{len(answer) - 2} bytes> {name_of(int.from_bytes(answer[-2:], 'big'))}"
