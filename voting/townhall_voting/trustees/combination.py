# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shares of a decryption, each checked, and the factors of the whole key put together from enough of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from townhall_voting.election import Election
from townhall_voting.errors import ShareRefusal, ShareRefusedError, TooFewSharesError
from townhall_voting.group import Group, Scalar
from townhall_voting.trustees.partial_decryption import (
    DecryptionStatement,
    Factors,
    PartialDecryption,
    check_partial_decryption,
    parse_partial_decryption,
)
from townhall_voting.trustees.side_car import check_side_car
from townhall_voting.trustees.tally import EncryptedTally
from townhall_voting.trustees.threshold import ThresholdTrustees
from townhall_voting.trustees.trustee_list import Trustees, check_trustees_of


class Requirement(Enum):
    """What proves a share. ``RECORD`` is for records made by other programs, which have no side-cars."""

    SIDE_CAR = "the record's proofs and the side-car's"
    RECORD = "the record's proofs alone"


@dataclass(frozen=True, slots=True)
class OfferedShare:
    """What somebody hands in as a trustee's share; nothing of it is believed."""

    owner: int
    decryption: bytes = field(repr=False)
    side_car: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ValidShare:
    """A share whose proofs hold."""

    owner: int
    decryption: PartialDecryption


@dataclass(frozen=True, slots=True)
class Combination:
    """The factors of the whole key; whose shares made them, in order; and which were left out, with the reason."""

    factors: Factors = field(repr=False)
    used: tuple[ValidShare, ...]
    refused: tuple[ShareRefusedError, ...]


class Combiner:
    """Puts one tally's shares together."""

    def __init__(self, election: Election, trustees: Trustees, tally: EncryptedTally, requirement: Requirement) -> None:
        """Bind to a verified tally.

        Raises:
            TrusteesRefusedError: they are not this election's.
        """
        check_trustees_of(election, trustees)
        self._election = election
        self._trustees = trustees
        self._tally = tally
        self._requirement = requirement

    def statement(self, owner: int) -> DecryptionStatement:
        """Return what the share of this owner must prove.

        Raises:
            ShareRefusedError: ``UNKNOWN_TRUSTEE``.
        """
        keys = self._trustees.keys
        if not 1 <= owner <= len(keys):
            raise ShareRefusedError(owner, ShareRefusal.UNKNOWN_TRUSTEE)
        return DecryptionStatement(self._election, self._tally, owner, keys[owner - 1].public_key)

    def check(self, offered: OfferedShare) -> ValidShare:
        """Return the share, every proof in it checked.

        Raises:
            ShareRefusedError: it must not be used; the error names whose it claims to be, and why.
        """
        statement = self.statement(offered.owner)
        share = parse_partial_decryption(statement, offered.decryption)
        check_partial_decryption(statement, share)
        if self._requirement is Requirement.SIDE_CAR:
            if offered.side_car is None:
                raise ShareRefusedError(offered.owner, ShareRefusal.NO_SIDE_CAR)
            check_side_car(statement, share, offered.side_car)
        return ValidShare(offered.owner, share)

    def combine(self, offered: Iterable[OfferedShare]) -> Combination:
        """Return the factors of the whole key from the first valid shares that suffice; bad ones are left out.

        Raises:
            TooFewSharesError: too few are valid; it names those refused.
        """
        valid: dict[int, ValidShare] = {}
        refused: list[ShareRefusedError] = []
        for each in offered:
            try:
                if each.owner in valid and valid[each.owner].decryption.data != each.decryption:
                    raise ShareRefusedError(each.owner, ShareRefusal.REPEATED)  # noqa: TRY301 - one refusal of several
                valid.setdefault(each.owner, self.check(each))
            except ShareRefusedError as error:
                refused.append(error)
        return self._put_together(valid, tuple(refused))

    def put_together(self, shares: Iterable[ValidShare]) -> Combination:
        """Return the factors of the whole key from shares of different trustees that ``check`` returned.

        Raises:
            TooFewSharesError: they do not suffice.
        """
        return self._put_together({share.owner: share for share in shares}, ())

    def _put_together(self, valid: Mapping[int, ValidShare], refused: tuple[ShareRefusedError, ...]) -> Combination:
        group, first = self._election.group, 1
        used: list[ValidShare] = []
        total: Factors = tuple(tuple(group.identity for _ in column) for column in self._tally.ciphertexts)
        for block in self._trustees.groups:
            size, needed = (len(block.keys), block.threshold) if isinstance(block, ThresholdTrustees) else (1, 1)
            chosen = [valid[owner] for owner in range(first, first + size) if owner in valid][:needed]
            if len(chosen) < needed:
                raise TooFewSharesError(needed, len(chosen), refused)
            indices = [share.owner - first + 1 for share in chosen]
            for index, share in zip(indices, chosen, strict=True):
                is_threshold = isinstance(block, ThresholdTrustees)
                times = lagrange(group, indices, index) if is_threshold else group.scalar(1)
                total = _with(group, total, share.decryption.factors, times)
            used += chosen
            first += size
        return Combination(total, tuple(used), refused)


def lagrange(group: Group, indices: Sequence[int], index: int) -> Scalar:
    """Return the coefficient of ``index`` that takes the values at ``indices`` to the value at 0."""
    product = 1
    for other in indices:
        if other != index:
            product = product * other * pow(other - index, -1, group.order) % group.order
    return group.scalar(product)


def _with(group: Group, total: Factors, factors: Factors, times: Scalar) -> Factors:
    return tuple(
        tuple(
            group.multiply(product, group.power(factor, times))
            for product, factor in zip(products, column, strict=True)
        )
        for products, column in zip(total, factors, strict=True)
    )
