# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit with staff in it and the keeper say to each other, beside ``townhall_kiosk.messages``.

Every message of ``ToOffice`` that asks (all but ``StaffLeft`` and ``DevicesSeen``) is answered by exactly one of
``Answer``; ``StaffProgress`` may come before it.
"""

from datetime import UTC, datetime

import msgspec

from townhall_crypto.state_trust import StateTrustFiles
from townhall_kiosk.staff.acts import StaffAct
from townhall_kiosk.staff.proof import Purpose, StaffChallenge
from townhall_kiosk.staff.roster import StaffRole
from townhall_kiosk.staff.status import KioskStatus

# Visit to keeper


class StaffChallengeWanted(msgspec.Struct, frozen=True, tag=True):
    """Somebody with a staff card wants to come in, or to agree: what shall the card sign?"""

    purpose: Purpose


class StaffProof(msgspec.Struct, frozen=True, tag=True):
    """The card signed the challenge; all of it untrusted."""

    purpose: Purpose
    certificate: bytes
    signature: bytes
    shared_x: bytes = b""  # what the card agreed to, where it was asked for a share of the roll key
    challenges: bytes = b""  # and bytes of its generator

    def __repr__(self) -> str:
        """Show nothing of the card."""
        return f"StaffProof(purpose={self.purpose})"


class RollShareWanted(msgspec.Struct, frozen=True, tag=True):
    """The card with this certificate is about to prove itself: is it to give a share of the roll key as well?"""

    certificate: bytes


class StaffActWanted(msgspec.Struct, frozen=True, tag=True):
    """Do this, in the session of ``token``."""

    token: bytes
    act: StaffAct

    def __repr__(self) -> str:
        """Show no token."""
        return f"StaffActWanted(act={self.act!r})"


class StaffLeft(msgspec.Struct, frozen=True, tag=True):
    """The card is out, or staff are done: the session ends."""


class DevicesSeen(msgspec.Struct, frozen=True, tag=True):
    """These readers are there."""

    readers: tuple[str, ...]


ToOffice = StaffChallengeWanted | RollShareWanted | StaffProof | StaffActWanted | StaffLeft | DevicesSeen

# Keeper to visit


class RollPoint(msgspec.Struct, frozen=True, tag=True):
    """The point that the card is to agree with; empty: no share is wanted of this card."""

    point: bytes


class StaffLetIn(msgspec.Struct, frozen=True, tag=True):
    """The proof holds; ``token`` opens every act of this session."""

    token: bytes
    role: StaffRole

    def __repr__(self) -> str:
        """Show no token."""
        return f"StaffLetIn(role={self.role})"


class StaffTurnedAway(msgspec.Struct, frozen=True, tag=True):
    """The proof does not hold, the session has ended, or the role is not enough."""

    code: str


class FurtherPersonWanted(msgspec.Struct, frozen=True, tag=True):
    """The act waits for the agreement of so many more people."""

    missing: int


class StaffStatus(msgspec.Struct, frozen=True, tag=True):
    """How the kiosk stands."""

    status: KioskStatus


class StateTrustGiven(msgspec.Struct, frozen=True, tag=True):
    """Whom this kiosk believes about documents, as its catalogue has it; by the names of the files."""

    authorities: dict[str, bytes]
    master_lists: dict[str, bytes]
    crls: dict[str, bytes]
    signed_at: int = 0  # Unix seconds; 0: nobody knows

    @classmethod
    def of(cls, files: StateTrustFiles) -> "StateTrustGiven":
        """Return the message with these files."""
        signed_at = 0 if files.signed_at is None else int(files.signed_at.timestamp())
        return cls(dict(files.authorities), dict(files.master_lists), dict(files.crls), signed_at)

    def files(self) -> StateTrustFiles:
        """Return them."""
        signed_at = datetime.fromtimestamp(self.signed_at, UTC) if self.signed_at else None
        return StateTrustFiles(self.authorities, self.master_lists, self.crls, signed_at)

    def __repr__(self) -> str:
        """Show how much there is."""
        return f"StateTrustGiven({len(self.authorities)}, {len(self.master_lists)}, {len(self.crls)})"


class StaffDone(msgspec.Struct, frozen=True, tag=True):
    """The act was done, or ``code`` says why not; ``count`` is of whatever the act moves."""

    code: str = ""
    count: int = 0


class StaffProgress(msgspec.Struct, frozen=True, tag=True):
    """A long act goes on."""

    done: int
    total: int


class ServiceStands(msgspec.Struct, frozen=True, tag=True):
    """The kiosk was taken out of service (``closed`` is the code, ``reason`` the reason's name) or put back."""

    closed: str
    reason: str = ""


Answer = (
    StaffChallenge
    | RollPoint
    | StaffLetIn
    | StaffTurnedAway
    | FurtherPersonWanted
    | StaffStatus
    | StateTrustGiven
    | StaffDone
)
FromOffice = Answer | StaffProgress | ServiceStands
