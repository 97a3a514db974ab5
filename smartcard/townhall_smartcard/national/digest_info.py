# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""DigestInfo of PKCS#1 v1.5 (RFC 8017 §9.2): what cards take that pad an RSA signature and do not hash."""

from asn1crypto.algos import DigestInfo
from asn1crypto.core import Null

from townhall_crypto.card_signature import Digest


def digest_info(kind: Digest, digest: bytes) -> bytes:
    """Return the DER of a digest with the name of its hash, parameters NULL."""
    algorithm = {"algorithm": kind.value, "parameters": Null()}
    encoded: bytes = DigestInfo({"digest_algorithm": algorithm, "digest": digest}).dump()
    return encoded
