# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether the published outcome of a trustees' ceremony holds: signatures, proofs, and keys that follow from it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from townhall_voting.errors import ProofRefusedError, TrusteesRefusal, TrusteesRefusedError
from townhall_voting.group import Element, Group
from townhall_voting.trustee_keys import check_trustee_key
from townhall_voting.trustees.signed_message import check_signature
from townhall_voting.trustees.threshold import (
    Certificate,
    Commitments,
    Context,
    Layout,
    ThresholdTrustees,
    seen_message,
)

Place = Callable[[int], int]
"""Gives a trustee's number in the whole list for one in its ceremony, both counted from 1."""


def check_certificates(
    group: Group, certificates: Sequence[Certificate], threshold: int, place: Place = lambda index: index
) -> None:
    """Check the signature and the context, where there is one, of every certificate of a ceremony.

    Raises:
        TrusteesRefusedError: the reason, and whose.
    """
    size = len(certificates)
    for index, certificate in enumerate(certificates, start=1):
        if certificate.context not in {None, Context(group.name, size, threshold, index)}:
            raise TrusteesRefusedError(TrusteesRefusal.CONTEXT, place(index))
        if group.identity in {certificate.verification, certificate.encryption}:
            raise TrusteesRefusedError(TrusteesRefusal.MEMBERSHIP, place(index))
        with _refusing(TrusteesRefusal.CERTIFICATE, place(index)):
            signed = certificate.signed
            check_signature(group, certificate.verification, signed.message, signed.signature)
    keys = [key for each in certificates for key in (each.verification, each.encryption)]
    if len(set(keys)) != len(keys):
        raise TrusteesRefusedError(TrusteesRefusal.REPEATED)


def check_commitments(group: Group, certificate: Certificate, commitments: Commitments, owner: int) -> None:
    """Check that the certificate's owner signed these commitments, none of which is 1.

    Raises:
        TrusteesRefusedError: ``COMMITMENT`` or ``MEMBERSHIP``.
    """
    if group.identity in commitments.elements:
        raise TrusteesRefusedError(TrusteesRefusal.MEMBERSHIP, owner)
    with _refusing(TrusteesRefusal.COMMITMENT, owner):
        signed = commitments.signed
        check_signature(group, certificate.verification, signed.message, signed.signature)


def check_threshold(group: Group, trustees: ThresholdTrustees, place: Place) -> None:
    """Check everything about threshold trustees whose numbers are known to be elements.

    Raises:
        TrusteesRefusedError: the reason, and whose.
    """
    if trustees.layout is None:
        raise TrusteesRefusedError(TrusteesRefusal.MALFORMED)
    check_certificates(group, trustees.certificates, trustees.threshold, place)
    for index, (certificate, commitments) in enumerate(
        zip(trustees.certificates, trustees.commitments, strict=True), start=1
    ):
        check_commitments(group, certificate, commitments, place(index))
        if trustees.layout is Layout.BOUND:
            with _refusing(TrusteesRefusal.COMMITMENT, place(index)):
                message = seen_message(trustees.certificates, commitments.elements)
                check_signature(group, certificate.verification, message, trustees.seen[index - 1])
    _check_keys(group, trustees, place)


def _check_keys(group: Group, trustees: ThresholdTrustees, place: Place) -> None:
    implied = implied_keys(group, trustees.commitments)
    for index, (key, expected) in enumerate(zip(trustees.keys, implied, strict=True), start=1):
        if key.public_key != expected:
            raise TrusteesRefusedError(TrusteesRefusal.KEY, place(index))
        with _refusing(TrusteesRefusal.KEY_PROOF, place(index)):
            check_trustee_key(group, key)
        if key.signature is not None:
            verification = trustees.certificates[index - 1].verification
            with _refusing(TrusteesRefusal.KEY_SIGNATURE, place(index)):
                check_signature(group, verification, str(int(key.public_key)), key.signature)


def implied_keys(group: Group, commitments: Sequence[Commitments]) -> list[Element]:
    """Return each trustee's public key as all commitments imply it: g to the sum of the polynomials at 1, 2, ..."""
    sums = [group.product(column) for column in zip(*(each.elements for each in commitments), strict=True)]
    return [evaluate(group, sums, index) for index in range(1, len(commitments) + 1)]


def evaluate(group: Group, elements: Sequence[Element], index: int) -> Element:
    """Return g to the value at ``index`` of the polynomial whose coefficients ``elements`` hold in their exponents."""
    return group.product([group.power(element, group.scalar(index**k)) for k, element in enumerate(elements)])


@contextmanager
def _refusing(reason: TrusteesRefusal, owner: int) -> Iterator[None]:
    try:
        yield
    except ProofRefusedError as error:
        raise TrusteesRefusedError(reason, owner) from error
