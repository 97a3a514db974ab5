# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""DG5 and DG7, the printed portrait and signature as pictures, DG13 and DG15 (ICAO 9303-10 §4.7.5 to §4.7.15)."""

from typing import Final

from asn1crypto.keys import PublicKeyInfo

from townhall_crypto.signature_key import UNREADABLE
from townhall_smartcard.emrtd.lds.files import MAX_MEMBERS, LdsFile, content_of, members
from townhall_smartcard.emrtd.lds.pictures import Picture, picture_of
from townhall_smartcard.errors import DataGroupUnreadableError

_TAGS: Final = {LdsFile.DG5: 0x5F40, LdsFile.DG7: 0x5F43}


def parse_displayed(untrusted: bytes, file: LdsFile) -> tuple[Picture, ...]:
    """Read DG5 or DG7.

    Raises:
        DataGroupUnreadableError: another file, torn, or without a picture of a known kind.
    """
    objects = members(content_of(untrusted, file), file)
    found = [picture_of(each.value, file) for each in objects if each.tag == _TAGS[file]]
    if not 1 <= len(found) <= MAX_MEMBERS:
        raise DataGroupUnreadableError(file.name)
    return tuple(found)


def parse_dg13(untrusted: bytes) -> bytes:
    """Return what the state put into DG13, whose form is its own; raises ``DataGroupUnreadableError``."""
    return content_of(untrusted, LdsFile.DG13)


def parse_dg15(untrusted: bytes) -> PublicKeyInfo:
    """Return the public key of Active Authentication; raises ``DataGroupUnreadableError``."""
    content = content_of(untrusted, LdsFile.DG15)
    try:
        key = PublicKeyInfo.load(content, strict=True)
        _ = (key["algorithm"].native, bytes(key["public_key"]))
    except UNREADABLE:
        raise DataGroupUnreadableError(LdsFile.DG15.name) from None
    return key
