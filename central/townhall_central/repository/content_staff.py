# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checks the list of staff before it is signed (docs/formats/staff.md): one wrong line would leave nobody on it.

The kiosk reads it by its own code; a test holds the two to the same answers.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from townhall_central.errors import CatalogueContentError

_MAX_BYTES: Final = 4 * 1024 * 1024


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    certificate: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]+$", min_length=64, max_length=64)]
    role: Literal["clerk", "officer", "administrator"]
    places: (
        Literal["all"] | Annotated[tuple[Annotated[str, msgspec.Meta(min_length=1)], ...], msgspec.Meta(min_length=1)]
    )
    not_before: Annotated[datetime, msgspec.Meta(tz=True)]
    expires: Annotated[datetime, msgspec.Meta(tz=True)]


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    staff: tuple[_Line, ...]


def check_staff(content: bytes) -> None:
    """Check a list of staff.

    Raises:
        CatalogueContentError: a kiosk would refuse it.
    """
    _lines(content)


def is_officer(content: bytes, certificate_der: bytes, place: str, at: datetime) -> bool:
    """Tell whether kiosks at ``place`` take the holder of a certificate for an election officer at that time.

    Raises:
        CatalogueContentError: a kiosk would refuse the list.
    """
    fingerprint = hashlib.sha256(certificate_der).hexdigest()
    roles = {
        line.role
        for line in _lines(content)
        if line.certificate == fingerprint
        and (line.places == "all" or place in line.places)
        and line.not_before <= at < line.expires
    }
    return "officer" in roles and "administrator" not in roles


def _lines(content: bytes) -> tuple[_Line, ...]:
    if len(content) > _MAX_BYTES:
        raise CatalogueContentError("staff/staff.json is too long")
    try:
        lines = msgspec.json.decode(content, type=_List).staff
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise CatalogueContentError(f"staff/staff.json: {exc}") from exc
    if any(line.not_before >= line.expires for line in lines):
        raise CatalogueContentError("staff/staff.json: a line that never holds")
    return lines
