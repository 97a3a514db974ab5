# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Documents and containers signed as each kind of national card signs; outside programs accept what they know."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from signxml.algorithms import SignatureMethod
from signxml.verifier import SignatureConfiguration
from signxml.xades.xades import XAdESVerifier
from tests.crypto.conftest import CertificationAuthority, Certified, PrivateKey
from tests.crypto.test_asice import unpacked, xmlsec1
from tests.crypto.test_pades_judges import openssl_accepts, pdfsig, trust

from townhall_crypto.asice import inspect_container, sign_asice, validate_asice
from townhall_crypto.card_signature import ECDSA_SHA384, CardAlgorithm, Digest, Scheme, is_card_signature
from townhall_crypto.errors import (
    CardSignatureRefusedError,
    ContainerRefusedError,
    MalformedError,
    ProgrammingError,
)
from townhall_crypto.pades import sign_pdf, validate_pdf
from townhall_smartcard.simulation.national_keys import NationalKey

__all__ = ["trust"]

KEYS: Final[dict[str, PrivateKey]] = {
    "p256": ec.generate_private_key(ec.SECP256R1()),
    "p384": ec.generate_private_key(ec.SECP384R1()),
    "rsa": rsa.generate_private_key(65537, 2048),
}
PSS_SHA256: Final = CardAlgorithm(Scheme.RSA_PSS, Digest.SHA256)
KINDS: Final = (
    ("p256", CardAlgorithm(Scheme.ECDSA, Digest.SHA256)),
    ("p384", ECDSA_SHA384),
    ("rsa", CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256)),
    ("rsa", CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA512)),
    ("rsa", PSS_SHA256),
    ("rsa", CardAlgorithm(Scheme.RSA_PSS, Digest.SHA384)),
)
EVERY_KIND = pytest.mark.parametrize(
    ("name", "algorithm"), KINDS, ids=[f"{name}-{algorithm.name}" for name, algorithm in KINDS]
)


def signs(signer: Certified, algorithm: CardAlgorithm, digest: bytes) -> bytes:
    signature = NationalKey(signer.key, signer.der).sign(algorithm, digest)
    assert signature is not None
    return signature


def signed_document(
    authority: CertificationAuthority, signer: Certified, algorithm: CardAlgorithm, pdf: bytes
) -> bytes:
    async def sign_digest(digest: bytes) -> bytes:
        assert len(digest) == algorithm.digest.size_bytes
        return signs(signer, algorithm, digest)

    return asyncio.run(
        sign_pdf(
            pdf,
            certificate=signer.der,
            chain=(authority.issuer.der,),
            sign_digest=sign_digest,
            signed_at=authority.now,
            tooltip="Signature",
            algorithm=algorithm,
        )
    )


def signed_container(authority: CertificationAuthority, signer: Certified, algorithm: CardAlgorithm) -> bytes:
    async def sign_digest(digest: bytes) -> bytes:
        return signs(signer, algorithm, digest)

    files = {"document.pdf": b"%PDF", "answers.xml": b"<data/>"}
    return asyncio.run(
        sign_asice(files, certificate=signer.der, sign_digest=sign_digest, signed_at=authority.now, algorithm=algorithm)
    )


@EVERY_KIND
def test_ours_pdfsig_and_openssl_accept_a_document_of_each_kind(
    authority: CertificationAuthority, trust: Path, plain_pdf: bytes, name: str, algorithm: CardAlgorithm
) -> None:
    signer = authority.issue(key=KEYS[name])
    signed = signed_document(authority, signer, algorithm, plain_pdf)
    assert validate_pdf(signed, authority.anchors(), authority.now).certificate.der == signer.der
    assert openssl_accepts(signed, trust)
    judged = pdfsig(signed, trust)
    assert "Signature is Valid." in judged
    assert "Certificate is Trusted." in judged


@EVERY_KIND
def test_ours_and_outside_programs_accept_a_container_of_each_kind(
    authority: CertificationAuthority, tmp_path: Path, name: str, algorithm: CardAlgorithm
) -> None:
    signer = authority.issue(key=KEYS[name])
    container = signed_container(authority, signer, algorithm)
    assert validate_asice(container, authority.anchors(), authority.now).certificate.der == signer.der
    assert inspect_container(container).facts.algorithm == algorithm
    folder = unpacked(container, tmp_path / "container")
    if algorithm.scheme is not Scheme.RSA_PSS:  # Debian's xmlsec1 does not know it
        assert xmlsec1(folder, authority)
    if algorithm != CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA512):
        methods = frozenset(each for each in SignatureMethod if "SHA1" not in each.name)
        XAdESVerifier().verify(
            (folder / "signatures0.xml").read_bytes(),
            x509_cert=signer.certificate,
            uri_resolver=lambda uri: (folder / uri).read_bytes(),
            expect_config=SignatureConfiguration(expect_references=3, signature_methods=methods),
        )


@EVERY_KIND
def test_a_card_that_signs_by_another_algorithm_than_it_says_is_refused(
    authority: CertificationAuthority, plain_pdf: bytes, name: str, algorithm: CardAlgorithm
) -> None:
    signer = authority.issue(key=KEYS[name])
    other = {Scheme.RSA_PKCS1: Scheme.RSA_PSS, Scheme.RSA_PSS: Scheme.RSA_PKCS1}.get(algorithm.scheme)

    async def sign_digest(digest: bytes) -> bytes:
        if other is None:
            return bytes(len(signs(signer, algorithm, digest)))
        return signs(signer, replace(algorithm, scheme=other), digest)

    with pytest.raises(CardSignatureRefusedError):
        asyncio.run(
            sign_pdf(
                plain_pdf,
                certificate=signer.der,
                chain=(),
                sign_digest=sign_digest,
                signed_at=authority.now,
                tooltip="Signature",
                algorithm=algorithm,
            )
        )
    with pytest.raises(CardSignatureRefusedError):
        asyncio.run(
            sign_asice(
                {"a.txt": b"a"},
                certificate=signer.der,
                sign_digest=sign_digest,
                signed_at=authority.now,
                algorithm=algorithm,
            )
        )


@pytest.mark.parametrize(("name", "algorithm"), [("rsa", ECDSA_SHA384), ("p384", PSS_SHA256)])
def test_a_key_that_does_not_sign_so_reaches_no_card(
    authority: CertificationAuthority, plain_pdf: bytes, name: str, algorithm: CardAlgorithm
) -> None:
    signer = authority.issue(key=KEYS[name])
    with pytest.raises(ProgrammingError):
        signed_document(authority, signer, algorithm, plain_pdf)
    with pytest.raises(ProgrammingError):
        signed_container(authority, signer, algorithm)


def test_a_signature_moved_under_another_algorithm_is_refused(authority: CertificationAuthority) -> None:
    signer = authority.issue(key=KEYS["rsa"])
    container = signed_container(authority, signer, PSS_SHA256)
    pss, pkcs1 = b"2007/05/xmldsig-more#sha256-rsa-MGF1", b"2001/04/xmldsig-more#rsa-sha256"
    assert pss in container
    with pytest.raises(ContainerRefusedError):
        inspect_container(container.replace(pss, pkcs1))


def test_algorithms_have_names_and_no_others_do() -> None:
    for _name, algorithm in KINDS:
        assert CardAlgorithm.named(algorithm.name) == algorithm
    for wrong in ("", "ecdsa", "ecdsa-sha1", "rsa-sha256", "ECDSA-SHA384", "dsa-sha256", "ecdsa-sha384-"):
        with pytest.raises(MalformedError):
            CardAlgorithm.named(wrong)


def test_a_short_rsa_key_signs_no_container_and_proves_nothing(authority: CertificationAuthority) -> None:
    signer = authority.issue(key=rsa.generate_private_key(65537, 1024))  # noqa: S505 - that is the point
    pkcs1 = CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256)
    digest = pkcs1.digest.of(b"said")
    assert not is_card_signature(signer.der, pkcs1, digest, signs(signer, pkcs1, digest))
    with pytest.raises(CardSignatureRefusedError):
        signed_container(authority, signer, pkcs1)
