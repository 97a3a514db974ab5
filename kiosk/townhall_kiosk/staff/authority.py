# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Decides which staff act may be done: sessions of proved persons, and the persons who agree to one act.

The keeper owns it. A visit has nothing here but the token of a session that a card opened in that very visit; nothing
that a visit says about a person is believed.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from townhall_crypto.trust import TrustAnchors
from townhall_kiosk.staff.acts import StaffAct, act_digest, rule_of
from townhall_kiosk.staff.errors import StaffRefusedError
from townhall_kiosk.staff.proof import NONCE_BYTES, Purpose, StaffChallenge, StaffMember, verify_proof
from townhall_kiosk.staff.roster import Roster

IDLE_S: Final = 10 * 60
OVERALL_S: Final = 12 * 60 * 60
AGREE_WITHIN_S: Final = 5 * 60
CHALLENGE_S: Final = 3 * 60
"""A challenge waits for a PIN this long."""

_TOKEN_BYTES: Final = 32
_NANOSECONDS: Final = 1_000_000_000


class StaffClock(Protocol):
    """The time, as of ``ports.Clock``."""

    def now(self) -> datetime:
        """Return the local time, with its offset."""

    def monotonic_ns(self) -> int:
        """Return nanoseconds that only grow."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a person is judged by; read anew for each proof, since the catalogue may change meanwhile."""

    roster: Roster
    anchors: TrustAnchors
    place: str


@dataclass(frozen=True, slots=True)
class Authorised:
    """``act`` may be done now, once; ``members`` are all who stand for it, the first first."""

    act: StaffAct
    members: tuple[StaffMember, ...]


@dataclass(frozen=True, slots=True)
class FurtherPersonNeeded:
    """``act`` waits for another person's agreement."""

    act: StaffAct
    missing: int


@dataclass(slots=True)
class _Session:
    token: bytes
    member: StaffMember
    opened_ns: int
    used_ns: int


@dataclass(slots=True)
class _Proposal:
    act: StaffAct
    since_ns: int
    members: list[StaffMember]


@dataclass(slots=True)
class _Place:
    """All that one visit has here."""

    challenge: StaffChallenge | None = None
    asked_ns: int = 0
    session: _Session | None = None
    proposal: _Proposal | None = None


@dataclass(slots=True)
class Authority:
    """Sessions and agreements by visit; times by the monotonic clock, so that setting the clock extends nothing."""

    kiosk: str
    grounds: Callable[[], Grounds]
    clock: StaffClock
    randomness: Callable[[int], bytes]
    _places: dict[str, _Place] = field(default_factory=dict)

    def challenge(self, visit: str, purpose: Purpose) -> StaffChallenge:
        """Return a fresh challenge for ``visit``; the one before is void.

        Raises:
            StaffRefusedError: agreement is asked for, but no act waits for it.
        """
        place = self._places.setdefault(visit, _Place())
        act = ""
        if purpose is Purpose.AGREEMENT:
            act = act_digest(self._open_proposal(place).act)
        nonce = self.randomness(NONCE_BYTES).hex()
        place.challenge = StaffChallenge(self.kiosk, visit, purpose, act, nonce)
        place.asked_ns = self.clock.monotonic_ns()
        return place.challenge

    def open_session(self, visit: str, certificate: bytes, signature: bytes) -> tuple[bytes, StaffMember]:
        """Let a person in who signed the challenge; return the session's token. A session before it ends.

        Raises:
            StaffRefusedError: the proof does not hold.
        """
        member = self._prove(visit, Purpose.SESSION, certificate, signature)
        now = self.clock.monotonic_ns()
        token = self.randomness(_TOKEN_BYTES)
        place = self._places[visit]
        place.session, place.proposal = _Session(token, member, now, now), None
        return token, member

    def authorise(self, visit: str, token: bytes, act: StaffAct) -> Authorised | FurtherPersonNeeded:
        """Return whether ``act`` may be done now in the session of ``token``, or who is missing.

        Raises:
            StaffRefusedError: there is no such session, it has ended, or its person has not the role.
        """
        place, session = self._session(visit, token)
        rule = rule_of(act)
        if not session.member.role.includes(rule.role):
            raise StaffRefusedError(f"{type(act).__name__} is for the role {rule.role.value}")
        place.proposal = None
        if rule.persons == 1:
            return Authorised(act, (session.member,))
        place.proposal = _Proposal(act, self.clock.monotonic_ns(), [session.member])
        return FurtherPersonNeeded(act, rule.persons - 1)

    def agree(self, visit: str, certificate: bytes, signature: bytes) -> Authorised | FurtherPersonNeeded:
        """Take one more person's agreement to the act that waits.

        Raises:
            StaffRefusedError: nothing waits, it waited too long, the proof does not hold, the role is not enough, or
                the person agreed already - with this card or another of theirs.
        """
        proposal = self._open_proposal(self._places.setdefault(visit, _Place()))
        member = self._prove(visit, Purpose.AGREEMENT, certificate, signature)
        rule = rule_of(proposal.act)
        if not member.role.includes(rule.role):
            raise StaffRefusedError(f"{type(proposal.act).__name__} is for the role {rule.role.value}")
        if member.person in {each.person for each in proposal.members}:
            raise StaffRefusedError("the same person agreed twice")
        proposal.members.append(member)
        if len(proposal.members) < rule.persons:
            return FurtherPersonNeeded(proposal.act, rule.persons - len(proposal.members))
        self._places[visit].proposal = None
        return Authorised(proposal.act, tuple(proposal.members))

    def close(self, visit: str) -> None:
        """End everything that ``visit`` has here."""
        self._places.pop(visit, None)

    def _prove(self, visit: str, purpose: Purpose, certificate: bytes, signature: bytes) -> StaffMember:
        place = self._places.get(visit, _Place())
        challenge, place.challenge = place.challenge, None  # used up, whatever comes of it
        if challenge is None or challenge.purpose is not purpose:
            raise StaffRefusedError("no challenge was asked for")
        if self._age_s(place.asked_ns) > CHALLENGE_S:
            raise StaffRefusedError("the challenge is too old")
        grounds = self.grounds()
        return verify_proof(
            challenge,
            certificate=certificate,
            signature=signature,
            anchors=grounds.anchors,
            roster=grounds.roster,
            place=grounds.place,
            at=self.clock.now(),
        )

    def _session(self, visit: str, token: bytes) -> tuple[_Place, _Session]:
        place = self._places.get(visit, _Place())
        session = place.session
        if session is None or not hmac.compare_digest(session.token, token):
            raise StaffRefusedError("no such session")
        if self._age_s(session.used_ns) > IDLE_S or self._age_s(session.opened_ns) > OVERALL_S:
            self.close(visit)
            raise StaffRefusedError("the session has ended")
        grounds = self.grounds()
        if (
            grounds.roster.role_of(session.member.certificate, grounds.place, self.clock.now())
            is not session.member.role
        ):
            self.close(visit)
            raise StaffRefusedError("the list of staff has changed")
        session.used_ns = self.clock.monotonic_ns()
        return place, session

    def _open_proposal(self, place: _Place) -> _Proposal:
        proposal = place.proposal
        if proposal is None:
            raise StaffRefusedError("no act waits for another person")
        if self._age_s(proposal.since_ns) > AGREE_WITHIN_S:
            place.proposal = None
            raise StaffRefusedError("the act waited too long for another person")
        return proposal

    def _age_s(self, since_ns: int) -> float:
        return (self.clock.monotonic_ns() - since_ns) / _NANOSECONDS
