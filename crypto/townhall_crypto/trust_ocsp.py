# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Asks an issuer about one certificate, and reads its answer (OCSP, RFC 6960). No network here: bytes out, bytes in.

Who may answer (the issuer, or a responder that it certified for this), for which certificate, and whether the signature
holds, is checked by pyhanko-certvalidator. What is added is the time: evidence for a signature is an answer made at or
after the signature's time stamp (ETSI EN 319 102-1 §5.6.2.3); an older one says nothing about that moment.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asn1crypto import algos, ocsp, x509
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, RevokedError, ValidationError
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule

from townhall_crypto.errors import OcspRefusal, OcspRefusedError
from townhall_crypto.signature_key import UNREADABLE
from townhall_crypto.trust import TrustAnchors, ValidatedCertificate, parse_certificate, run

_OCSP_FOR_THE_PERSON = RevocationCheckingPolicy(
    ee_certificate_rule=RevocationCheckingRule.OCSP_REQUIRED,
    intermediate_ca_cert_rule=RevocationCheckingRule.NO_CHECK,  # trust_revocation looks authorities up
)
_CLOCK_TOLERANCE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """What the issuer said of one certificate, by a verified answer."""

    der: bytes = field(repr=False)
    produced_at: datetime
    revoked_at: datetime | None
    """None: it is in force."""


def ocsp_request(certificate: ValidatedCertificate) -> bytes:
    """Return the DER of a request about a certificate.

    The certificate is named by SHA-1 hashes, the one way that every responder knows (RFC 6960 §4.3); they identify, and
    nothing depends on them.
    """
    leaf, issuer = x509.Certificate.load(certificate.der), x509.Certificate.load(certificate.chain_der[0])
    name = ocsp.CertId(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha1"}),
            "issuer_name_hash": leaf.issuer.sha1,
            "issuer_key_hash": issuer.public_key.sha1,
            "serial_number": leaf.serial_number,
        }
    )
    request = ocsp.OCSPRequest({"tbs_request": {"request_list": [{"req_cert": name}]}})
    der: bytes = request.dump()
    return der


def read_ocsp_answer(
    untrusted: bytes, certificate: ValidatedCertificate, anchors: TrustAnchors, not_before: datetime
) -> OcspAnswer:
    """Return what the issuer says of ``certificate`` in an answer made at or after ``not_before``.

    Raises:
        OcspRefusedError: with the reason.
    """
    produced_at = _produced_at(untrusted)
    if produced_at < not_before.replace(microsecond=0):  # answers are dated in whole seconds
        raise OcspRefusedError(OcspRefusal.TOO_EARLY)
    context = ValidationContext(
        trust_roots=[parse_certificate(der) for der in anchors.anchors_der],
        other_certs=[parse_certificate(der) for der in (*certificate.chain_der[:-1], *anchors.intermediates_der)],
        moment=produced_at,
        allow_fetching=False,
        ocsps=[untrusted],
        revinfo_policy=CertRevTrustPolicy(_OCSP_FOR_THE_PERSON, retroactive_revinfo=True),
        time_tolerance=_CLOCK_TOLERANCE,
    )
    validator = CertificateValidator(x509.Certificate.load(certificate.der), validation_context=context)
    try:
        run(validator.async_validate_path())
    except RevokedError as revoked:
        return OcspAnswer(untrusted, produced_at, revoked.revocation_dt)
    except (PathError, ValidationError, UnsupportedAlgorithm, *UNREADABLE):
        # The library's texts name the person; they go no further.
        raise OcspRefusedError(OcspRefusal.NO_ANSWER) from None
    return OcspAnswer(untrusted, produced_at, None)


def _produced_at(untrusted: bytes) -> datetime:
    try:
        response = ocsp.OCSPResponse.load(untrusted, strict=True)
        if response["response_status"].native != "successful":
            raise OcspRefusedError(OcspRefusal.NO_ANSWER)
        produced_at: datetime = response.response_data["produced_at"].native
    except UNREADABLE:
        raise OcspRefusedError(OcspRefusal.UNREADABLE) from None
    return produced_at
