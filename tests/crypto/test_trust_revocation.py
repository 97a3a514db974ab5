# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Revocation lists refuse whom they name, and vouch for others only while they are current."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import ObjectIdentifier

from townhall_crypto.errors import CertificateRefusal, CertificateRefusedError
from townhall_crypto.trust import TrustAnchors, Usage, validate_certificate

if TYPE_CHECKING:
    from tests.crypto.conftest import CertificationAuthority


def is_checked(der: bytes, anchors: TrustAnchors, authority: CertificationAuthority) -> bool:
    return validate_certificate(der, anchors, authority.now, Usage.SIGNATURE).revocation_checked


def assert_revoked(der: bytes, anchors: TrustAnchors, authority: CertificationAuthority) -> None:
    with pytest.raises(CertificateRefusedError) as refused:
        validate_certificate(der, anchors, authority.now, Usage.SIGNATURE)
    assert refused.value.reason is CertificateRefusal.REVOKED


def scope(*, users: bool = False, authorities: bool = False, indirect: bool = False) -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier("http://lists.invalid/persons.crl")],
        relative_name=None,
        only_contains_user_certs=users,
        only_contains_ca_certs=authorities,
        only_some_reasons=None,
        indirect_crl=indirect,
        only_contains_attribute_certs=False,
    )


def test_a_revoked_card_is_refused(authority: CertificationAuthority) -> None:
    der = authority.issue().der
    listed = authority.revocation_list(authority.issuer, [authority.issue().der, der])
    assert_revoked(der, authority.anchors(listed), authority)


def test_a_card_of_a_revoked_issuer_is_refused(authority: CertificationAuthority) -> None:
    listed = authority.revocation_list(authority.root, [authority.issuer.der])
    assert_revoked(authority.issue().der, authority.anchors(listed), authority)


def test_a_stale_list_still_refuses_whom_it_names(authority: CertificationAuthority) -> None:
    der = authority.issue().der
    listed = authority.revocation_list(authority.issuer, [der], next_update=authority.now - timedelta(hours=1))
    assert_revoked(der, authority.anchors(listed), authority)


def test_one_list_that_names_a_card_outweighs_another_that_does_not(authority: CertificationAuthority) -> None:
    der = authority.issue().der
    old = authority.revocation_list(authority.issuer)
    new = authority.revocation_list(authority.issuer, [der])
    assert_revoked(der, authority.anchors(old, new), authority)
    assert_revoked(der, authority.anchors(new, old), authority)


def test_before_its_revocation_a_card_was_good(authority: CertificationAuthority) -> None:
    der = authority.issue().der
    listed = authority.revocation_list(
        authority.issuer, [der], published=authority.now + timedelta(hours=1), next_update=authority.now + timedelta(2)
    )
    assert not is_checked(der, authority.anchors(listed), authority)


def test_missing_lists_are_allowed_and_visible(authority: CertificationAuthority) -> None:
    der = authority.issue().der
    persons, authorities = authority.revocation_list(authority.issuer), authority.revocation_list(authority.root)
    assert not is_checked(der, authority.anchors(), authority)
    assert not is_checked(der, authority.anchors(persons), authority)
    assert not is_checked(der, authority.anchors(authorities), authority)
    assert is_checked(der, authority.anchors(persons, authorities), authority)


def test_a_stale_list_vouches_for_nobody(authority: CertificationAuthority) -> None:
    stale = authority.revocation_list(authority.issuer, next_update=authority.now - timedelta(seconds=1))
    lists = (stale, authority.revocation_list(authority.root))
    assert not is_checked(authority.issue().der, authority.anchors(*lists), authority)


def test_a_list_that_the_issuer_did_not_sign_says_nothing(authority: CertificationAuthority) -> None:
    der = authority.issue().der
    forged_key = type(authority)().issuer.key
    accusing = authority.revocation_list(authority.issuer, [der], signed_by=forged_key)
    vouching = authority.revocation_list(authority.issuer, signed_by=forged_key)
    lists = (accusing, vouching, authority.revocation_list(authority.root))
    assert not is_checked(der, authority.anchors(*lists), authority)


def test_a_list_for_other_certificates_vouches_for_nobody_else(authority: CertificationAuthority) -> None:
    der = authority.issue().der
    root_list = authority.revocation_list(authority.root)

    def checked_with(extension: x509.ExtensionType) -> bool:
        lists = (authority.revocation_list(authority.issuer, extension=extension), root_list)
        return is_checked(der, authority.anchors(*lists), authority)

    assert checked_with(scope(users=True))
    assert not checked_with(scope(authorities=True))
    assert not checked_with(scope(indirect=True))
    assert not checked_with(x509.DeltaCRLIndicator(1))
    assert not checked_with(x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55555.2"), b"\x05\x00"))


def test_a_list_for_authorities_speaks_for_the_issuer(authority: CertificationAuthority) -> None:
    lists = (
        authority.revocation_list(authority.issuer),
        authority.revocation_list(authority.root, extension=scope(authorities=True)),
    )
    assert is_checked(authority.issue().der, authority.anchors(*lists), authority)
