# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""EF.SOD: what the state signed of a document, the hash of each data group (ICAO 9303-10 §4.6.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from asn1crypto import algos, core

from townhall_crypto.signature_key import UNREADABLE
from townhall_crypto.signed_content import UnverifiedContent, open_content
from townhall_smartcard.emrtd.lds.files import LdsFile, content_of
from townhall_smartcard.errors import DataGroupUnreadableError

CONTENT_TYPES: Final = frozenset({"2.23.136.1.1.1", "1.3.27.1.1.1"})
"""id-icao-ldsSecurityObject, and the number that documents of the first years have instead."""
SECURITY_INFOS: Final = frozenset({"0.4.0.127.0.7.3.2.1"})
"""id-SecurityObject of BSI TR-03110: what EF.CardSecurity holds (ICAO 9303-11 §9.2.11)."""
DIGESTS: Final = frozenset({"sha1", "sha224", "sha256", "sha384", "sha512"})
_MAX_GROUPS: Final = 16


@dataclass(frozen=True, slots=True)
class SecurityObject:
    """Which hash each data group has."""

    digest: str
    hashes: Mapping[int, bytes] = field(repr=False)


def open_sod(untrusted: bytes) -> UnverifiedContent:
    """Take EF.SOD apart; nothing of it is checked.

    Raises:
        DataGroupUnreadableError: another file, or torn.
        ContentRefusedError: no signed data of this kind.
    """
    return open_content(content_of(untrusted, LdsFile.SOD), CONTENT_TYPES)


def parse_security_object(content: bytes) -> SecurityObject:
    """Read the signed content.

    Raises:
        DataGroupUnreadableError: it is none, a data group has two hashes or none of its length, or the hash is unknown.
    """
    try:
        parts = core.SequenceOf.load(content, strict=True, spec=core.Any)
        version = parts[0].parse(core.Integer).native
        digest = parts[1].parse(algos.DigestAlgorithm)["algorithm"].native
        listed = [
            _group_hash(each.dump()) for each in core.SequenceOf.load(parts[2].dump(), strict=True, spec=core.Any)
        ]
    except UNREADABLE:
        raise DataGroupUnreadableError(LdsFile.SOD.name) from None
    hashes = dict(listed)
    lengths = {len(value) for value in hashes.values()}
    if version not in {0, 1} or digest not in DIGESTS or len(hashes) != len(listed) or len(lengths) != 1:
        raise DataGroupUnreadableError(LdsFile.SOD.name)
    if not hashes.keys() <= set(range(1, _MAX_GROUPS + 1)) or lengths != {_LENGTHS[digest]}:
        raise DataGroupUnreadableError(LdsFile.SOD.name)
    return SecurityObject(digest, hashes)


def _group_hash(der: bytes) -> tuple[int, bytes]:
    number, value = core.SequenceOf.load(der, strict=True, spec=core.Any)
    return number.parse(core.Integer).native, value.parse(core.OctetString).native


_LENGTHS: Final = {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
