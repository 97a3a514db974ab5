# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A small certification authority in the shape of Estonia's, made afresh for each run: root -> issuer -> persons."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from townhall_crypto.pades import sign_pdf
from townhall_crypto.trust import TrustAnchors
from townhall_fonts import FONT_DIRECTORY
from townhall_forms.document import Direction, DocumentModel, Line, render_document

NOW = datetime.now(UTC).replace(microsecond=0)
"""The machine's time: pdfsig, an outside judge, validates by no other."""

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def key_usage(*names: str) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name in names for name in every})


@dataclass
class Certified:
    key: PrivateKey
    der: bytes = field(repr=False)
    digests: list[bytes] = field(default_factory=list)
    """What the card was asked to sign."""

    async def sign_digest(self, digest: bytes) -> bytes:
        """What a card does: ECDSA over a ready digest, r||s."""
        assert isinstance(self.key, ec.EllipticCurvePrivateKey)
        self.digests.append(digest)
        r, s = decode_dss_signature(self.key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA384()))))
        length = (self.key.key_size + 7) // 8
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")

    @property
    def certificate(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.der)


def authority_name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "EE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Townhall tests"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def person_name(*parts: tuple[ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


class CertificationAuthority:
    """Root and issuer on P-521, as Estonia's of 2018 are; issues persons' certificates and revocation lists."""

    def __init__(self, *, issuer_ends: datetime = NOW + timedelta(days=3000)) -> None:
        self.now = NOW
        start, end = NOW - timedelta(days=3000), NOW + timedelta(days=6000)
        root_key, issuer_key = ec.generate_private_key(ec.SECP521R1()), ec.generate_private_key(ec.SECP521R1())
        root_name, issuer_name = authority_name("TEST Root 2018"), authority_name("TEST Persons 2018")
        self.root = self._authority(root_name, root_key, root_name, root_key, (start, end))
        self.issuer = self._authority(issuer_name, issuer_key, root_name, root_key, (start, issuer_ends))

    def _authority(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        issuer: x509.Name,
        issuer_key: ec.EllipticCurvePrivateKey,
        validity: tuple[datetime, datetime],
    ) -> Certified:
        builder = (
            x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), *validity)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        return Certified(key, builder.sign(issuer_key, hashes.SHA512()).public_bytes(Encoding.DER))

    def issue(
        self,
        *,
        key: PrivateKey | None = None,
        surname: str = "JÕEORG",
        given_names: str = "JAAK-KRISTJAN",
        serial_number: str = "PNOEE-38001085718",
        usages: tuple[str, ...] = ("content_commitment",),
        not_before: datetime = NOW - timedelta(days=100),
        not_after: datetime = NOW + timedelta(days=100),
        is_authority: bool = False,
        extension: x509.ExtensionType | None = None,
        more: tuple[tuple[ObjectIdentifier, str], ...] = (),
    ) -> Certified:
        """A signing certificate that is good now, unless something is said to be otherwise; "" leaves a part out."""
        key = key or ec.generate_private_key(ec.SECP384R1())
        name = person_name(
            (NameOID.COUNTRY_NAME, "EE"),
            (NameOID.COMMON_NAME, "a common name that nobody reads"),
            (NameOID.SURNAME, surname),
            (NameOID.GIVEN_NAME, given_names),
            (NameOID.SERIAL_NUMBER, serial_number),
            *more,
        )
        issuer, serial = self.issuer.certificate.subject, x509.random_serial_number()
        builder = x509.CertificateBuilder(issuer, name, key.public_key(), serial, not_before, not_after)
        builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=False)
        if usages:
            builder = builder.add_extension(key_usage(*usages), critical=True)
        if extension is not None:
            builder = builder.add_extension(extension, critical=True)
        return Certified(key, builder.sign(self.issuer.key, hashes.SHA512()).public_bytes(Encoding.DER))

    def revocation_list(
        self,
        authority: Certified,
        revoked: Iterable[bytes] = (),
        *,
        published: datetime = NOW - timedelta(days=1),
        next_update: datetime = NOW + timedelta(days=6),
        signed_by: PrivateKey | None = None,
        extension: x509.ExtensionType | None = None,
    ) -> bytes:
        builder = x509.CertificateRevocationListBuilder(authority.certificate.subject, published, next_update)
        for der in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(x509.load_der_x509_certificate(der).serial_number)
                .revocation_date(published)
                .build()
            )
        if extension is not None:
            builder = builder.add_extension(extension, critical=True)
        return builder.sign(signed_by or authority.key, hashes.SHA512()).public_bytes(Encoding.DER)

    def anchors(self, *lists: bytes) -> TrustAnchors:
        return TrustAnchors((self.root.der,), (self.issuer.der,), lists)


@pytest.fixture(scope="session")
def authority() -> CertificationAuthority:
    return CertificationAuthority()


@pytest.fixture(scope="session")
def plain_pdf() -> bytes:
    """An unsigned document as the kiosk makes it."""
    model = DocumentModel(
        title="Change of address",
        language="en",
        direction=Direction.LEFT_TO_RIGHT,
        issuer="Town of Saarepuu",
        answers_title="Your answers",
        question_column="Question",
        answer_column="Answer",
        answers=(Line("Where do you live now?", "Pikk 12-3, Tallinn"),),
        signature_title="Declaration and signature",
        facts=(Line("Name", "JAAK-KRISTJAN JÕEORG"),),
        statement="I declare that the answers are true.",
        page_words="Page {page} of {pages}",
        created=NOW,
        instance=b"<data><street>Pikk 12-3</street></data>",
        instance_description="The answers, for programs",
    )
    return render_document(model, FONT_DIRECTORY)


@pytest.fixture(scope="session")
def signer(authority: CertificationAuthority) -> Certified:
    return authority.issue()


@pytest.fixture(scope="session")
def signed_pdf(authority: CertificationAuthority, signer: Certified, plain_pdf: bytes) -> bytes:
    return asyncio.run(
        sign_pdf(
            plain_pdf,
            certificate=signer.der,
            chain=(authority.issuer.der, authority.root.der),
            sign_digest=signer.sign_digest,
            signed_at=NOW,
            tooltip="Signature of the person named in the document",
        )
    )
