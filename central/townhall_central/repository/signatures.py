# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who has signed what waits, and who still must: two of three is two different people at two different keys."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Root, Targets, VerificationResult

from townhall_central.errors import RepositoryStateError, SigningKeyError
from townhall_central.repository.working_copy import TOP_ROLES, AnyMetadata, WorkingCopy


@dataclass(frozen=True, slots=True)
class Standing:
    """One role that waits: how many have signed, of how many that it takes, and whether that is enough."""

    role: str
    version: int
    have: int
    need: int
    is_ready: bool

    def __str__(self) -> str:
        """Return it as a line for people."""
        told = "ready" if self.is_ready else "waits"
        return f"{self.role} {self.version}: {self.have} of {self.need} signatures, {told}"


def sign(copy: WorkingCopy, signers: Sequence[CryptoSigner]) -> list[Standing]:
    """Sign everything that waits and that these keys may sign; returns how what was signed stands now.

    Raises:
        SigningKeyError: nothing that waits is for any of these keys.
    """
    touched = []
    for role in copy.staged_roles():
        waiting = _require(copy, role)
        fitting = [signer for signer in signers if signer.public_key.keyid in _keyids(copy, role)]
        for signer in fitting:
            waiting.sign(signer, append=True)
        if fitting:
            copy.stage(role, waiting)
            touched.append(role)
    if not touched:
        raise SigningKeyError("nothing that waits is for this key")
    return [standing(copy, role) for role in touched]


def standing(copy: WorkingCopy, role: str) -> Standing:
    """Return how one role stands that waits."""
    waiting = _require(copy, role)
    payload, signatures = waiting.signed_bytes, waiting.signatures
    if role == Root.type:
        before = copy.published_role(role)
        previous = None if before is None else before.signed
        both = waiting.signed.get_root_verification_result(previous, payload, signatures)
        # A new set of keys needs both: enough of the old to hand over, enough of the new to take.
        missing = max(_missing(both.first), _missing(both.second))
        need = waiting.signed.roles[role].threshold
        return Standing(role, waiting.signed.version, need - missing, need, both.verified)
    result = _delegator(copy, role).get_verification_result(role, payload, signatures)
    return Standing(role, waiting.signed.version, len(result.signed), result.threshold, result.verified)


def standings(copy: WorkingCopy) -> list[Standing]:
    """Return how everything stands that waits."""
    return [standing(copy, role) for role in copy.staged_roles()]


def _missing(result: VerificationResult) -> int:
    return max(0, result.threshold - len(result.signed))


def _delegator(copy: WorkingCopy, role: str) -> Root | Targets:
    return copy.root() if role in TOP_ROLES else copy.targets()


def _keyids(copy: WorkingCopy, role: str) -> set[str]:
    keyids = set(_role_keyids(_delegator(copy, role), role))
    before = copy.published_role(Root.type) if role == Root.type else None
    if before is not None:
        keyids |= set(before.signed.roles[role].keyids)
    return keyids


def _role_keyids(delegator: Root | Targets, role: str) -> Iterable[str]:
    return delegator.get_delegated_role(role).keyids


def _require(copy: WorkingCopy, role: str) -> AnyMetadata:
    waiting = copy.staged(role)
    if waiting is None:
        raise RepositoryStateError(f"nothing waits of {role}")
    return waiting
