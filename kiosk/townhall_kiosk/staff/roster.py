# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The list of staff: which card's certificate has which role, at which places, from when until when.

Format: docs/formats/staff.md. A name stands nowhere in it: a person is the fingerprint of a certificate.
"""

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from townhall_kiosk.staff.errors import RosterRefusedError

MAX_ROSTER_BYTES: Final = 4 * 1024 * 1024
VERSION: Final = 1


class StaffRole(enum.Enum):
    """What somebody is at a kiosk."""

    CLERK = "clerk"
    OFFICER = "officer"  # of an election: signs packages, opens and closes polls
    ADMINISTRATOR = "administrator"

    def includes(self, other: "StaffRole") -> bool:
        """Tell whether whoever has this role may do what ``other`` may do.

        Everybody may do what a clerk may. Who runs the machines does not run elections, nor the other way round.
        """
        return self is other or other is StaffRole.CLERK


_FIRST_COUNTS: Final = (StaffRole.ADMINISTRATOR, StaffRole.OFFICER, StaffRole.CLERK)


def fingerprint(certificate_der: bytes) -> str:
    """Return the SHA-256 of a certificate's DER: 64 hex digits."""
    return hashlib.sha256(certificate_der).hexdigest()


_Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
_Fingerprint: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]+$", min_length=64, max_length=64)]
_Places: TypeAlias = (
    Literal["all"] | Annotated[tuple[Annotated[str, msgspec.Meta(min_length=1)], ...], msgspec.Meta(min_length=1)]
)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the list; ``expires`` is the first moment at which it holds no more."""

    certificate: _Fingerprint
    role: StaffRole
    places: _Places
    not_before: _Moment
    expires: _Moment

    def holds(self, place: str, at: datetime) -> bool:
        """Tell whether the line holds at this place and time."""
        return (self.places == "all" or place in self.places) and self.not_before <= at < self.expires


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """staff.json as written."""

    version: int
    staff: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """The list, by certificate; ``Roster()`` is the empty one, on which nobody stands."""

    entries: Mapping[str, tuple[Entry, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def read(cls, untrusted: bytes) -> "Roster":
        """Read ``staff.json``.

        Raises:
            RosterRefusedError: it is not exactly as its format says.
        """
        if len(untrusted) > MAX_ROSTER_BYTES:
            raise RosterRefusedError(f"a list of {len(untrusted)} bytes")
        try:
            file = msgspec.json.decode(untrusted, type=_File)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            raise RosterRefusedError(f"staff.json: {exc}") from None
        if file.version != VERSION:
            raise RosterRefusedError(f"staff.json of version {file.version}")
        return cls._of(file.staff)

    @classmethod
    def _of(cls, entries: tuple[Entry, ...]) -> "Roster":
        found: dict[str, tuple[Entry, ...]] = {}
        for entry in entries:
            if entry.not_before >= entry.expires:
                raise RosterRefusedError("a line that never holds")
            found[entry.certificate] = (*found.get(entry.certificate, ()), entry)
        return cls(MappingProxyType(found))

    def role_of(self, certificate_der: bytes, place: str, at: datetime) -> StaffRole | None:
        """Return what the holder of this certificate is at ``place`` and ``at`` that time, if anything.

        This says nothing of whether the certificate is genuine or its holder present: see ``proof``. Of several lines
        that hold, an administrator's counts before an officer's, and that before a clerk's: one person is one of them.
        """
        roles = {entry.role for entry in self.entries.get(fingerprint(certificate_der), ()) if entry.holds(place, at)}
        return next((role for role in _FIRST_COUNTS if role in roles), None)
