# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""EF.COM: which data groups a chip says it has, signed by nobody (ICAO 9303-10 §4.6.1). EF.SOD decides."""

from dataclasses import dataclass
from typing import Final

from townhall_smartcard.emrtd.lds.files import LdsFile, content_of, members
from townhall_smartcard.errors import DataGroupUnreadableError

_LDS_VERSION: Final = 0x5F01
_UNICODE_VERSION: Final = 0x5F36
_TAG_LIST: Final = 0x5C


@dataclass(frozen=True, slots=True)
class CommonData:
    """What EF.COM says; versions as digits, ``0107`` and ``040000``."""

    lds_version: str
    unicode_version: str
    files: tuple[LdsFile, ...]


def parse_common(untrusted: bytes) -> CommonData:
    """Read EF.COM; tags of no data group are left out.

    Raises:
        DataGroupUnreadableError: it is none.
    """
    found = {each.tag: each.value for each in members(content_of(untrusted, LdsFile.COM), LdsFile.COM)}
    if _TAG_LIST not in found:
        raise DataGroupUnreadableError(LdsFile.COM.name)
    files = [LdsFile.tagged(tag) for tag in found[_TAG_LIST]]
    return CommonData(
        lds_version=_digits(found.get(_LDS_VERSION, b"")),
        unicode_version=_digits(found.get(_UNICODE_VERSION, b"")),
        files=tuple(dict.fromkeys(each for each in files if each is not None and each.number)),
    )


def _digits(untrusted: bytes) -> str:
    text = untrusted.decode("ascii", errors="replace")
    return text if text.isascii() and text.isdecimal() else ""
