# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What all parts of a polling station share: the setting, the sets, the roll, and how far each visit is."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from townhall_crypto.device_key import DeviceKey
from townhall_crypto.trust import TrustAnchors
from townhall_kiosk.ports import Clock
from townhall_kiosk.voting.errors import BallotNotTakenError, RollLockedError, StoreDamagedError
from townhall_kiosk.voting.polls import PollingPlace, PollsRecord, PollsState, check_may_begin, check_may_cast
from townhall_kiosk.voting.sets_on_disk import Part, Sets, SetsOnDisk
from townhall_voting.ballot_check import BallotChecker
from townhall_voting.eligibility.receipt import VotingReceiptFacts, sign_voting_receipt
from townhall_voting.hashing import Fingerprint, HexHash
from townhall_voting.mode import Mode
from townhall_voting.package.contests import Id
from townhall_voting.package.definition import DeviceRole
from townhall_voting.package.roll import Voter


class OpenRoll(Protocol):
    """The roll with its key in memory."""

    def district_of(self, voter: Voter) -> Id | None:
        """Return the voter's district; None: not on the roll."""

    def mark_of(self, voter: Voter) -> bytes:
        """Return what stands for the voter among those who voted here."""

    def holder_of(self, voter: Voter) -> bytes:
        """Return what stands for the voter among those who have a number."""

    def admission_of(self, voter: Voter, number: str, slot: int) -> bytes:
        """Return what stands for this voter's having been given this number in this stretch of time."""

    def close(self) -> None:
        """Forget the key."""


@dataclass(frozen=True, slots=True)
class StationSetting:
    """What does not change while an election is on."""

    here: PollingPlace
    checkers: dict[str, tuple[Id, BallotChecker]]  # by fingerprint: the style and what checks its ballots
    anchors: Callable[[], TrustAnchors]
    key: DeviceKey
    clock: Clock
    journal_root: Callable[[], Awaitable[str]]
    """Return the root of the device's log, 64 hex digits."""
    note_counts: Callable[[PollsRecord], Awaitable[None]]
    """Write the counts to the audit trail."""
    ballot_log: Callable[[], tuple[int, str]]
    """Return size and root (hex) of the ballot box's public log as last seen; 0 and nothing: never."""
    draw_below: Callable[[int], int] = secrets.randbelow
    """Return a number below another that nobody can guess."""

    @property
    def role(self) -> DeviceRole:
        """What this device does in the election."""
        return self.here.device.role


class Stage(msgspec.Struct):
    """How far one visit's ballot is."""

    election: str
    ballot: str
    admission: str = ""
    is_casting: bool = False  # it can be opened no more
    mark: bytes = b""  # of whoever may cast it
    admitted: bytes = b""  # at a desk: the open number that casting it uses up
    checks: int = 0


@dataclass(slots=True)
class StationHold:
    """Held by one polling station and its halves."""

    setting: StationSetting
    sets: SetsOnDisk
    roll: OpenRoll | None = None
    visits: dict[str, Stage] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    """Hashes of ballots that were opened or cast since the keeper's start: nobody commits to one of them again."""

    @property
    def record(self) -> PollsRecord:
        """How the polls stand.

        Raises:
            StoreDamagedError: the set holds something else.
        """
        return read_record(self.sets.read(), self.setting.here)

    def check_begin(self) -> None:
        """Check that somebody may begin to vote; raises VotingRefusedError."""
        check_may_begin(self.record, self.setting.here, self.setting.clock.now(), has_roll=self._has_roll)

    def check_cast(self) -> None:
        """Check that who has begun may cast; raises VotingRefusedError."""
        check_may_cast(self.record, self.setting.here, self.setting.clock.now(), has_roll=self._has_roll)

    @property
    def _has_roll(self) -> bool:
        """A booth asks nobody who they are: it has no roll, and needs none."""
        return self.roll is not None or self.setting.role is DeviceRole.BOOTH

    def open_roll(self) -> OpenRoll:
        """Return the roll.

        Raises:
            RollLockedError: its key is not here.
        """
        if self.roll is None:
            raise RollLockedError("two officers must open again")
        return self.roll

    def stage(self, visit: str) -> Stage:
        """Return how far a visit's ballot is.

        Raises:
            BallotNotTakenError: it has none.
        """
        stage = self.visits.get(visit)
        if stage is None:
            raise BallotNotTakenError("no ballot was committed to")
        return stage

    def spend(self, stage: Stage) -> None:
        """Let this ballot go one way from now on, to be opened or to be cast: no other visit decides about it.

        Raises:
            BallotNotTakenError: it went one way before.
        """
        if stage.ballot in self.spent:
            raise BallotNotTakenError("it was opened or cast before")
        self.spent.add(stage.ballot)

    async def store(self, changes: Sets) -> None:
        """Make a change durable; a cancelled caller does not stop it half-way."""
        await self.sets.change(changes)

    async def receipt(self, stage: Stage, tracker: Fingerprint | None) -> str:
        """Sign the receipt of a ballot; a desk, which never sees the ballot, has no ``tracker``."""
        here, now = self.setting.here, self.setting.clock.now()
        election = self.setting.checkers[stage.election][1].election
        size, root = self.setting.ballot_log()
        facts = VotingReceiptFacts(
            mode=here.definition.mode,
            uuid=election.uuid,
            election=election.fingerprint,
            ballot=Fingerprint(stage.ballot),
            tracker=tracker or "",
            place=here.place.id,
            date=now.date().isoformat(),
            device=here.device.kiosk,
            journal=HexHash(await self.setting.journal_root()),
            board=HexHash(root) if root else "",
            board_size=size,
        )
        return sign_voting_receipt(facts, self.setting.key)


def read_record(sets: Sets, here: PollingPlace) -> PollsRecord:
    """Return how the polls stand; where nothing was written yet, they are closed.

    Raises:
        StoreDamagedError: the set holds something else, or what belongs to another election.
    """
    fresh = PollsRecord(here.definition_sha256, here.definition.mode)
    members = sets[Part.POLLS]
    if not members:
        return fresh
    try:
        (member,) = members
        record = msgspec.json.decode(member, type=PollsRecord)
    except (ValueError, msgspec.MsgspecError) as exc:
        raise StoreDamagedError(Part.POLLS.value) from exc
    if (record.definition, record.mode) == (fresh.definition, fresh.mode):
        return record
    waiting = any(sets[part] for part in (Part.ELIGIBILITY, Part.BALLOTS, Part.CHECKED, Part.OUTGOING))
    is_over = record.state is PollsState.ENDED and record.is_reported
    if record.mode is Mode.OFFICIAL and (not is_over or waiting):
        raise StoreDamagedError("votes of another election are here")
    return fresh
