# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``trustees.json``: who holds the election's key, alone or by threshold, everything in it checked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import msgspec

from townhall_voting.election import Election
from townhall_voting.errors import (
    MalformedError,
    MembershipError,
    ProofRefusedError,
    TrusteesRefusal,
    TrusteesRefusedError,
)
from townhall_voting.group import Element, Group
from townhall_voting.trustee_keys import TrusteePublicKey, check_trustee_key
from townhall_voting.trustees.signed_message import MAX_TRUSTEES
from townhall_voting.trustees.threshold import (
    Layout,
    ThresholdTrustees,
    ThresholdWire,
    TrusteeKeyWire,
    parse_threshold,
    parse_trustee_key,
    threshold_wire,
    trustee_key_wire,
)
from townhall_voting.trustees.threshold_check import check_threshold
from townhall_voting.untrusted_json import read_json

MAX_BYTES: Final = 4 * 1024 * 1024

TrusteeGroup: TypeAlias = TrusteePublicKey | ThresholdTrustees
"""A trustee without whom nothing is decrypted, or threshold trustees."""


@dataclass(frozen=True, slots=True)
class Trustees:
    """The trustees of an election; equal bytes, equal trustees. An owner is a trustee's number over all, from 1."""

    data: bytes = field(repr=False)
    groups: tuple[TrusteeGroup, ...] = field(compare=False, repr=False)

    @property
    def keys(self) -> tuple[TrusteePublicKey, ...]:
        """Every trustee's public key, by owner."""
        return tuple(key for each in self.groups for key in _keys(each))

    @property
    def signing_keys(self) -> tuple[Element | None, ...]:
        """By owner, the key of the certificate that a trustee signs messages under; None for a single trustee."""
        keys: list[Element | None] = []
        for each in self.groups:
            keys += [one.verification for one in each.certificates] if isinstance(each, ThresholdTrustees) else [None]
        return tuple(keys)

    @property
    def needed(self) -> int:
        """How many trustees decrypt at least."""
        return sum(each.threshold if isinstance(each, ThresholdTrustees) else 1 for each in self.groups)

    @property
    def layout(self) -> Layout:
        """The weakest layout in the list; single trustees have nothing to bind."""
        blocks = [each.layout for each in self.groups if isinstance(each, ThresholdTrustees)]
        return Layout.PLAIN if Layout.PLAIN in blocks else Layout.BOUND

    def public_key(self, group: Group) -> Element:
        """Return the election's public key: the product of what the groups hold."""
        return group.product(
            [each.public_key(group) if isinstance(each, ThresholdTrustees) else each.public_key for each in self.groups]
        )


def parse_trustees(group: Group, data: bytes) -> Trustees:
    """Return the trustees that ``data`` lists (trustees.json without a newline at its end), everything checked.

    That is: the one spelling, every number an element, every signature and proof, every public key equal to what the
    commitments imply. ``layout`` is left to the caller.

    Raises:
        TrusteesRefusedError: the reason, and whose.
    """
    try:
        trustees = Trustees(data, _parse(group, data))
    except MalformedError as error:
        raise TrusteesRefusedError(TrusteesRefusal.MALFORMED) from error
    except MembershipError as error:
        raise TrusteesRefusedError(TrusteesRefusal.MEMBERSHIP) from error
    if _spell(trustees.groups) != data:
        raise TrusteesRefusedError(TrusteesRefusal.MALFORMED)
    owner = 1
    for each in trustees.groups:
        _check_group(group, each, owner)
        owner += len(_keys(each))
    keys = [key.public_key for key in trustees.keys]
    if len(set(keys)) != len(keys):
        raise TrusteesRefusedError(TrusteesRefusal.REPEATED)
    return trustees


def write_trustees(group: Group, groups: Sequence[TrusteeGroup]) -> Trustees:
    """Return the list of these trustees with its bytes; refuses what ``parse_trustees`` refuses."""
    return parse_trustees(group, _spell(groups))


def check_trustees_of(election: Election, trustees: Trustees) -> None:
    """Check that the election's public key is that of these trustees.

    Raises:
        TrusteesRefusedError: ``OTHER_ELECTION``.
    """
    if trustees.public_key(election.group) != election.public_key:
        raise TrusteesRefusedError(TrusteesRefusal.OTHER_ELECTION)


def _keys(group: TrusteeGroup) -> tuple[TrusteePublicKey, ...]:
    return group.keys if isinstance(group, ThresholdTrustees) else (group,)


def _check_group(group: Group, trustees: TrusteeGroup, first: int) -> None:
    for index, key in enumerate(_keys(trustees)):
        if key.public_key == group.identity:
            raise TrusteesRefusedError(TrusteesRefusal.MEMBERSHIP, first + index)
    if isinstance(trustees, ThresholdTrustees):
        check_threshold(group, trustees, lambda index: first + index - 1)
        return
    try:
        check_trustee_key(group, trustees)
    except ProofRefusedError as error:
        raise TrusteesRefusedError(TrusteesRefusal.KEY_PROOF, first) from error


def _parse(group: Group, data: bytes) -> tuple[TrusteeGroup, ...]:
    if len(data) > MAX_BYTES:
        raise MalformedError("too long")
    entries = read_json(data, list[tuple[str, msgspec.Raw]])
    if not 1 <= len(entries) <= MAX_TRUSTEES:
        raise MalformedError("no trustees, or too many")
    return tuple(_parse_entry(group, kind, raw) for kind, raw in entries)


def _parse_entry(group: Group, kind: str, raw: msgspec.Raw) -> TrusteeGroup:
    match kind:
        case "Single":
            key = parse_trustee_key(group, read_json(raw, TrusteeKeyWire))
            if key.signature is not None:
                raise MalformedError("a signature by no certificate")
            return key
        case "Pedersen":
            return parse_threshold(group, read_json(raw, ThresholdWire))
        case _:
            raise MalformedError("trustees of no known kind")


def _spell(groups: Sequence[TrusteeGroup]) -> bytes:
    return msgspec.json.encode(
        [
            ("Pedersen", threshold_wire(each))
            if isinstance(each, ThresholdTrustees)
            else ("Single", trustee_key_wire(each))
            for each in groups
        ]
    )
