# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keeper's counter for staff: takes what visits say, asks the authority, has works done, writes the audit trail.

The audit trail names a person by the first 16 digits of their certificate's fingerprint: enough to find the line of the
list, and no more than the list itself says.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol, TypeAlias, assert_never

from townhall_kiosk.staff import acts
from townhall_kiosk.staff.authority import Authorised, Authority, FurtherPersonNeeded
from townhall_kiosk.staff.errors import StaffRefusedError
from townhall_kiosk.staff.messages import (
    Answer,
    DevicesSeen,
    FromOffice,
    FurtherPersonWanted,
    RollPoint,
    RollShareWanted,
    StaffActWanted,
    StaffChallengeWanted,
    StaffDone,
    StaffLeft,
    StaffLetIn,
    StaffProgress,
    StaffProof,
    StaffStatus,
    StaffTurnedAway,
    ToOffice,
)
from townhall_kiosk.staff.proof import Purpose, StaffMember
from townhall_kiosk.staff.roster import fingerprint
from townhall_kiosk.staff.works import Works
from townhall_kiosk.state_facts import Outcome
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event, Fact
from townhall_sync.errors import JournalFullError

_log = logging.getLogger(__name__)

Say: TypeAlias = Callable[[FromOffice], Awaitable[None]]

DONE: Final = "DONE"
_PREFIX_DIGITS: Final = 16
_MOST_READERS: Final = 8
_LONGEST_READER: Final = 128  # MAX_READERNAME of PC/SC
_MOST_REFUSALS: Final = 10
"""So many of one visit are written down: one that goes on is no person, and must not fill the disk."""
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def act_code(act: acts.StaffAct) -> str:
    """Return how the audit trail calls an act, with the step of an assistance."""
    name = _HUMP.sub("_", type(act).__name__).upper()
    return f"{name}_{act.step.name}" if isinstance(act, acts.Assist) else name


def staff_name(member: StaffMember) -> str:
    """Return how the audit trail calls a member of staff."""
    return fingerprint(member.certificate)[:_PREFIX_DIGITS]


class OfficersPolls(Protocol):
    """The polls of this kiosk, as far as officers have to do with them."""

    def point_for(self, visit: str, untrusted_certificate: bytes) -> bytes:
        """Return the point for the card of an officer who holds a share of the roll key; empty for everybody else."""

    def take_share(self, visit: str, certificate: bytes, untrusted: StaffProof) -> None:
        """Keep what the card of somebody who proved themselves agreed to, and mix its randomness in."""

    async def act(self, visit: str, act: acts.PollsActs, certificates: tuple[bytes, ...]) -> str:
        """Do it; return an empty text, or the code of why it was not done."""

    def officers_left(self, visit: str) -> None:
        """Forget what officers at this visit's screen gave; the visit itself may go on."""


class Office:
    """One keeper's counter; a visit is known by the keeper's own name for it, never by what it says."""

    def __init__(self, authority: Authority, works: Works, journal: AsyncJournal, polls: OfficersPolls) -> None:
        """Take who decides, who does, where it is written down, and the polls of this kiosk."""
        self._authority = authority
        self._works = works
        self._journal = journal
        self._polls = polls
        self._in: set[str] = set()
        self._refusals: dict[str, int] = {}

    async def take(self, visit: str, message: ToOffice, say: Say) -> None:
        """Take one message of a visit; ``say`` carries the answer, and progress before it."""
        match message:
            case DevicesSeen(readers=untrusted):
                self._works.devices.readers = _readers(untrusted)
            case StaffLeft():
                await self._left(visit)
            case StaffChallengeWanted() | RollShareWanted() | StaffProof() | StaffActWanted():
                await say(await self._answer(visit, message, say))
            case _:
                assert_never(message)

    async def gone(self, visit: str) -> None:
        """End whatever a visit had here: it is over."""
        self._refusals.pop(visit, None)
        await self._left(visit)

    async def _left(self, visit: str) -> None:
        self._authority.close(visit)
        self._polls.officers_left(visit)
        if visit in self._in:
            self._in.discard(visit)
            await self._audit(Event.STAFF_LEFT, {"visit": visit})

    async def _answer(
        self, visit: str, message: StaffChallengeWanted | RollShareWanted | StaffProof | StaffActWanted, say: Say
    ) -> Answer:
        try:
            match message:
                case StaffChallengeWanted(purpose=purpose):
                    return self._authority.challenge(visit, purpose)
                case RollShareWanted(certificate=untrusted):
                    return RollPoint(self._polls.point_for(visit, untrusted))
                case StaffProof(purpose=Purpose.SESSION):
                    return await self._let_in(visit, message)
                case StaffProof():
                    return await self._agree(visit, message, say)
                case StaffActWanted(token=token, act=act):
                    return await self._act(visit, self._authority.authorise(visit, token, act), say)
                case _:
                    assert_never(message)
        except StaffRefusedError as exc:
            _log.warning("%s: %s", exc.code, exc)
            await self._refused(visit, exc.code)
            return StaffTurnedAway(exc.code)

    async def _audit(self, event: Event, facts: Mapping[str, Fact]) -> None:
        """Write down what staff do; on a full disk they go on all the same, for they are who makes room on it."""
        try:
            await self._journal.audit(event, facts)
        except JournalFullError as exc:
            _log.error("%s: %s is not in the audit trail", exc.code, event.name)

    async def _refused(self, visit: str, code: str) -> None:
        count = self._refusals[visit] = self._refusals.get(visit, 0) + 1
        if count <= _MOST_REFUSALS:
            await self._audit(Event.STAFF_REFUSED, {"visit": visit, "code": code})

    async def _let_in(self, visit: str, proof: StaffProof) -> Answer:
        token, member = self._authority.open_session(visit, proof.certificate, proof.signature)
        self._in.add(visit)
        self._polls.take_share(visit, member.certificate, proof)
        self._works.devices.help_calls = 0  # whoever called is not alone any more
        facts = {"visit": visit, "staff": staff_name(member), "role": member.role.name}
        await self._audit(Event.STAFF_CAME_IN, facts)
        return StaffLetIn(token, member.role)

    async def _agree(self, visit: str, proof: StaffProof, say: Say) -> Answer:
        outcome = self._authority.agree(visit, proof.certificate, proof.signature)
        if isinstance(outcome, Authorised):
            self._polls.take_share(visit, outcome.members[-1].certificate, proof)
            facts = {"visit": visit, "staff": staff_name(outcome.members[-1]), "act": act_code(outcome.act)}
            await self._audit(Event.STAFF_AGREED, facts)
        return await self._act(visit, outcome, say)

    async def _act(self, visit: str, outcome: Authorised | FurtherPersonNeeded, say: Say) -> Answer:
        if isinstance(outcome, FurtherPersonNeeded):
            return FurtherPersonWanted(outcome.missing)
        act, code = outcome.act, act_code(outcome.act)

        async def progress(done: int, total: int) -> None:
            await say(StaffProgress(done, total))

        if isinstance(act, acts.LookAtStatus):
            return StaffStatus(await self._works.status())
        begun = {"visit": visit, "staff": staff_name(outcome.members[0]), "act": code}
        await self._audit(Event.STAFF_ACT_BEGUN, begun)
        if isinstance(act, acts.RestartKiosk):  # nobody is left to write it afterwards
            await self._ended(visit, code, DONE)
            await self._end_visit(visit)
            return await self._works.do(act, progress)
        if isinstance(act, acts.CheckDocument):  # begun with this answer; what comes of it the keeper never hears
            given = await self._works.state_trust()
            await self._ended(visit, code, given.code if isinstance(given, StaffDone) else DONE)
            return given
        if isinstance(act, acts.PollsActs):
            certificates = tuple(member.certificate for member in outcome.members)
            answer = StaffDone(await self._polls.act(visit, act, certificates))
        else:
            answer = await self._works.do(act, progress)
        await self._ended(visit, code, answer.code or DONE)
        return answer

    async def _end_visit(self, visit: str) -> None:
        """Close the visit of staff who restart the kiosk: nobody is to be told that it broke off."""
        begun = await self._journal.open_visit()
        if begun is not None and begun.name == visit:
            await self._audit(Event.VISIT_ENDED, {"visit": visit, "outcome": Outcome.STAFF.name})

    async def _ended(self, visit: str, act: str, outcome: str) -> None:
        await self._audit(Event.STAFF_ACT_ENDED, {"visit": visit, "act": act, "outcome": outcome})


def _readers(untrusted: tuple[str, ...]) -> tuple[str, ...]:
    """Return names that can be shown: they come from a visit, and a terminal would obey some letters."""
    return tuple(name for name in untrusted[:_MOST_READERS] if name.isprintable() and len(name) <= _LONGEST_READER)
