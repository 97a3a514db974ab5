# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Certificates like one that there is, for other people and keys: how a whole town gets its cards."""

import hashlib
import secrets
from collections.abc import Mapping

from asn1crypto import core, x509
from asn1crypto import keys as asn1_keys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_SERIAL_BITS = 120


def certify_alike(
    certificate: bytes,
    subject: Mapping[str, object],
    public_key: ec.EllipticCurvePublicKey,
    issuer: ec.EllipticCurvePrivateKey,
) -> bytes:
    """Return ``certificate`` (DER) made out to another subject and key, signed by the same issuer.

    ``subject`` has certomancer's names of attributes. The serial number is random (RFC 5280 section 4.1.2.2), the
    subject key identifier is that of the new key (section 4.2.1.2, method 1).
    """
    made = x509.Certificate.load(certificate).copy()
    der = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    info = asn1_keys.PublicKeyInfo.load(der)
    to_be_signed = made["tbs_certificate"]
    to_be_signed["serial_number"] = secrets.randbits(_SERIAL_BITS) | 1
    to_be_signed["subject"] = x509.Name.build({name.replace("-", "_"): value for name, value in subject.items()})
    to_be_signed["subject_public_key_info"] = info
    for extension in to_be_signed["extensions"]:
        if extension["extn_id"].native == "key_identifier":
            digest = hashlib.sha1(bytes(info["public_key"]), usedforsecurity=False).digest()
            extension["extn_value"] = core.ParsableOctetString(core.OctetString(digest).dump())
    digest_name = made["signature_algorithm"].hash_algo
    algorithm = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[digest_name]
    made["signature_value"] = core.OctetBitString(issuer.sign(to_be_signed.dump(force=True), ec.ECDSA(algorithm)))
    der_made: bytes = made.dump(force=True)
    return der_made
