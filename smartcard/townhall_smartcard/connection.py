# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The lowest interface to a card: bytes of one command in, bytes of its answer out."""

from typing import Protocol, TypeAlias

#: A command that carries a PIN is a bytearray, so that its sender can wipe it.
RawCommand: TypeAlias = bytes | bytearray


class CardConnection(Protocol):
    """A card that can be asked, one command at a time.

    ``PcscConnection``, the simulated national cards and the recorded cards offer it alike.
    """

    def transmit(self, command: RawCommand) -> bytes:
        """Send one command APDU; return the answer, its last two bytes being the status word.

        The command is not changed, not kept and not repeated.

        Raises:
            CardGoneError: the card was removed or reset; nothing is known of the command's effect.
            ServiceGoneError: the PC/SC service ended.
            CardUnreadableError: the reader could not make sense of the card.
        """
        ...
