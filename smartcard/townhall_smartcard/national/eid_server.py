# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an eID server does for a kiosk: it is the terminal that a German card names its holder to (BSI TR-03130).

The kiosk has the card and its holder, the server has the terminal's certificate and keys. What the card then says is
under keys that the server alone has: the kiosk carries it, and learns what the server tells.
"""

from dataclasses import dataclass, field
from typing import Protocol

from townhall_smartcard.messages import CardStatement
from townhall_smartcard.processors import ApduProcessor


@dataclass(frozen=True, slots=True)
class TerminalChain:
    """The terminal's certificates from one that the card trusts down to its own, and the key of this session."""

    certificates: tuple[bytes, ...]
    """Card verifiable certificates (7F21), each signed by the holder of the one before."""
    protocol: bytes
    """The object identifier of Terminal Authentication by the terminal's key, without tag and length."""
    public_key: bytes
    """The terminal's ephemeral key in the group of Chip Authentication, as a point is encoded; new each time."""


@dataclass(frozen=True, slots=True)
class CardChallenge:
    """What the terminal is to sign (TR-03110-3 §B.3.3)."""

    card: bytes
    """Which card: its ephemeral key of PACE, compressed (the coordinate x)."""
    challenge: bytes
    compressed_key: bytes
    """The terminal's own ephemeral key, compressed."""

    def signed_bytes(self) -> bytes:
        """Return what is signed; no auxiliary data are part of it."""
        return self.card + self.challenge + self.compressed_key


@dataclass(frozen=True, slots=True)
class ChipAnswer:
    """What the chip said in Chip Authentication of version 2; the server judges it."""

    untrusted_card_security: bytes = field(repr=False)
    """EF.CardSecurity, in which the state signed the chip's key."""
    nonce: bytes
    token: bytes


class EidServer(Protocol):
    """One session with an eID server, about one card; its methods are called once each, in this order.

    All raise ``EidServerError`` where the server cannot be reached or breaks off.
    """

    def rights(self) -> bytes:
        """Return which data the terminal wants (7F4C, with tag): shown to the holder before the PIN is asked."""
        ...

    def chain(self, authorities: tuple[bytes, ...]) -> TerminalChain | None:
        """Return a chain from one of these authorities, which the card trusts; None: the server has no such one."""
        ...

    def sign(self, challenge: CardChallenge) -> bytes:
        """Sign with the key of the last certificate."""
        ...

    def read(self, chip: ChipAnswer, card: ApduProcessor) -> CardStatement | None:
        """Check that the chip is the state's, read what the rights allow, and tell; None: the chip proved nothing.

        ``card`` carries commands that the server protects with keys of its own; what the card says goes back to it.
        """
        ...
