# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A single trustee's public key, with the proof that the trustee knows the private one."""

from dataclasses import dataclass, field

from townhall_voting.group import Element, Group, Scalar
from townhall_voting.nonces import Randomness, draw_scalar
from townhall_voting.proofs import Proof, check_knowledge, prove_knowledge


@dataclass(frozen=True, slots=True)
class TrusteePublicKey:
    """The member of trustees.json: public key and proof of knowledge ("pok").

    ``signature`` is that of the trustee's certificate over the key; single trustees have none.
    """

    public_key: Element
    pok: Proof
    name: str | None = None
    signature: Proof | None = None


@dataclass(frozen=True, slots=True)
class TrusteeKey:
    """A trustee's key pair."""

    public: TrusteePublicKey
    private: Scalar = field(repr=False)


def prove_key(group: Group, private: Scalar, randomness: Randomness, name: str | None = None) -> TrusteePublicKey:
    """Return the public key of ``private`` with a fresh proof of knowledge."""
    public = group.secret_power(group.generator, private)
    proof = prove_knowledge(group, _prefix(group, public), private, draw_scalar(randomness, group))
    return TrusteePublicKey(public, proof, name)


def check_trustee_key(group: Group, key: TrusteePublicKey) -> None:
    """Check the proof of knowledge of a key that is an element.

    Raises:
        ProofRefusedError: it does not hold.
    """
    check_knowledge(group, _prefix(group, key.public_key), key.public_key, key.pok)


def _prefix(group: Group, public: Element) -> str:
    return f"pok|{group.name}|{int(public)}|"
