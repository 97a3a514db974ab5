# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Messages that trustees sign with the key of their certificate (Belenios 2.0 specification, "signed_msg")."""

from dataclasses import dataclass
from typing import Final

import msgspec

from townhall_voting.group import Element, Group, Scalar
from townhall_voting.nonces import Randomness, draw_scalar
from townhall_voting.proofs import Proof, check_knowledge, prove_knowledge
from townhall_voting.wire import ProofWire, parse_proof, proof_wire

MAX_TRUSTEES: Final = 64
"""More than any ceremony has; every message and every list is bounded by it."""


class SignedWire(msgspec.Struct, forbid_unknown_fields=True):
    """How the record spells a signed message."""

    message: str
    signature: ProofWire


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A text, most often JSON, and a signature whose key only the context knows."""

    message: str
    signature: Proof

    @property
    def wire(self) -> SignedWire:
        """How the record spells it."""
        return SignedWire(self.message, proof_wire(self.signature))


def parse_signed(group: Group, wire: SignedWire) -> SignedMessage:
    """Return the message, its signature in range and not checked.

    Raises:
        MalformedError: a number out of range.
    """
    return SignedMessage(wire.message, parse_proof(group, wire.signature))


def sign_message(group: Group, private: Scalar, message: str, randomness: Randomness) -> SignedMessage:
    """Return ``message`` signed with a trustee's lasting key.

    Raises:
        RandomnessError: the source of randomness failed.
    """
    return SignedMessage(message, prove_knowledge(group, _prefix(message), private, draw_scalar(randomness, group)))


def check_signature(group: Group, public: Element, message: str, signature: Proof) -> None:
    """Check that the owner of ``public``, an element, signed ``message``.

    Raises:
        ProofRefusedError: no.
    """
    check_knowledge(group, _prefix(message), public, signature)


def _prefix(message: str) -> str:
    return f"sigmsg|{message}|"
