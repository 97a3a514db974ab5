# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit that votes and the keeper say to each other, beside ``townhall_kiosk.messages``.

Every message of ``ToPolls`` is answered by exactly one of ``FromPolls``. The keeper is given no mark, seed or voting
key: a ballot comes to it encrypted and signed, a statement sealed to the eligibility board. It sees the certificate of
whoever casts, because the roll key never leaves it. ``MAY`` says which messages a device of each role takes.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from townhall_voting.package.definition import DeviceRole


class ElectionFiles(msgspec.Struct, frozen=True):
    """An election as its files, verified by the keeper."""

    definition: bytes
    elections: dict[str, bytes]  # style -> election.json
    board_keys: tuple[bytes, ...]  # the eligibility board's public keys
    roll_version: str  # SHA-256 of the roll, 64 hex digits


# Visit to keeper


class BallotWanted(msgspec.Struct, frozen=True, tag=True):
    """Somebody wants to vote: may they begin now?"""


class SlipWanted(msgspec.Struct, frozen=True, tag=True):
    """A ballot with this hash was made, in the election of this fingerprint: sign the slip that commits to it."""

    election: str
    ballot: str
    admission: str = ""  # the number that the desk gave out; empty where booth and desk are one device

    def __repr__(self) -> str:
        """Show no number."""
        return "SlipWanted()"


class BallotOpened(msgspec.Struct, frozen=True, tag=True):
    """The ballot that was committed to is void: keep the code that opens it before anybody sees that."""

    code: str = ""

    def __repr__(self) -> str:
        """Show no code."""
        return "BallotOpened()"


class VoterAsked(msgspec.Struct, frozen=True, tag=True):
    """The person with this certificate (for signatures; DER) wants to cast the ballot that was committed to."""

    certificate: bytes

    def __repr__(self) -> str:
        """Show no certificate."""
        return "VoterAsked()"


class VoteGiven(msgspec.Struct, frozen=True, tag=True):
    """The sealed statement of the person who asked, and the signed ballot: make both durable."""

    statement: bytes
    ballot: bytes


class BallotCast(msgspec.Struct, frozen=True, tag=True):
    """At a booth: the seed is forgotten, and this is the signed ballot. Make it durable, then sign that it is cast."""

    ballot: bytes


class AdmissionAsked(msgspec.Struct, frozen=True, tag=True):
    """At a desk: the person with this certificate (for signatures; DER) wants to vote; give them a number."""

    certificate: bytes

    def __repr__(self) -> str:
        """Show no certificate."""
        return "AdmissionAsked()"


class SlipBrought(msgspec.Struct, frozen=True, tag=True):
    """At a desk: somebody came with this slip of a booth (the text of its QR)."""

    text: str

    def __repr__(self) -> str:
        """Show no slip."""
        return "SlipBrought()"


class StatementGiven(msgspec.Struct, frozen=True, tag=True):
    """At a desk: the sealed statement of the person who asked to cast the slip's ballot: make it durable."""

    statement: bytes


ToPolls = (
    BallotWanted
    | SlipWanted
    | BallotOpened
    | VoterAsked
    | VoteGiven
    | BallotCast
    | AdmissionAsked
    | SlipBrought
    | StatementGiven
)

MAY: Final[Mapping[DeviceRole, tuple[type[ToPolls], ...]]] = MappingProxyType(
    {
        DeviceRole.SINGLE: (BallotWanted, SlipWanted, BallotOpened, VoterAsked, VoteGiven),
        DeviceRole.BOOTH: (BallotWanted, SlipWanted, BallotOpened, BallotCast),
        DeviceRole.DESK: (AdmissionAsked, SlipBrought, VoterAsked, StatementGiven),
    }
)
"""What a device of each role is asked: no booth who somebody is, no desk anything about a ballot but its hash."""

# Keeper to visit


class PollsDone(msgspec.Struct, frozen=True, tag=True):
    """It was done, or ``code`` says why not."""

    code: str = ""


class SlipSigned(msgspec.Struct, frozen=True, tag=True):
    """The text of the slip's QR."""

    text: str


class NumberGiven(msgspec.Struct, frozen=True, tag=True):
    """The person may vote, with this admission number, on the ballot of this district; an older number is void."""

    admission: str
    district: str

    def __repr__(self) -> str:
        """Show no number."""
        return "NumberGiven()"


class VoterAdmitted(msgspec.Struct, frozen=True, tag=True):
    """The person may cast; the statement has this number and is of this time (Unix seconds)."""

    seq: int
    time: int


class VoteTaken(msgspec.Struct, frozen=True, tag=True):
    """What was given is durable; the text of the receipt's QR."""

    receipt: str


FromPolls = PollsDone | SlipSigned | NumberGiven | VoterAdmitted | VoteTaken
