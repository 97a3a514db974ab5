# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a polling station needs of an election: all of a package, or the part that it kept since its polls were opened.

The kept part closes polls and sends what they hold, whatever has become of the package since; nothing begins with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec

from townhall_kiosk.voting.errors import StoreDamagedError
from townhall_kiosk.voting.sets_on_disk import Part, Sets
from townhall_voting.election import Election
from townhall_voting.errors import RefusedError
from townhall_voting.hashing import HexHash
from townhall_voting.package.contests import Id
from townhall_voting.package.definition import Definition
from townhall_voting.package.definition_check import read_definition
from townhall_voting.package.package import ElectionPackage
from townhall_voting.package.roll import Roll
from townhall_voting.package.roll_key import WrappedRollKey, read_wrapped


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The one member of the set ``election``; the files are those of the package, byte for byte."""

    package: str
    definition: bytes
    roll_key: bytes


@dataclass(frozen=True, slots=True)
class StationElection:
    """``package`` is the name of the package. Without its roll and elections nothing can begin."""

    package: HexHash
    definition: Definition
    wrapped_roll_key: WrappedRollKey
    roll: Roll | None = None
    elections: Mapping[Id, Election] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, package: ElectionPackage) -> "StationElection":
        """Return all of a package that was verified."""
        return cls(package.sha256, package.definition, package.wrapped_roll_key, package.roll, package.elections)

    @classmethod
    def kept(cls, sets: Sets) -> "StationElection | None":
        """Return what is kept since polls were opened; None where none were.

        Raises:
            StoreDamagedError: the set holds something else.
        """
        if not sets[Part.ELECTION]:
            return None
        try:
            (member,) = sets[Part.ELECTION]
            kept = msgspec.json.decode(member, type=_Kept)
            return cls(HexHash(kept.package), read_definition(kept.definition), read_wrapped(kept.roll_key))
        except (ValueError, msgspec.MsgspecError, RefusedError) as exc:
            raise StoreDamagedError(Part.ELECTION.value) from exc

    def to_bytes(self) -> bytes:
        """Return the set's member: public bytes alone, nothing of the roll."""
        kept = _Kept(self.package, self.definition.to_bytes(), self.wrapped_roll_key.to_bytes())
        return msgspec.json.encode(kept, order="sorted")
