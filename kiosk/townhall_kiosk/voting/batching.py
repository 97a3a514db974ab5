# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Takes votes out of the polling station's sets and brings them into the journal as sealed batches, exactly once.

One goes to each board that hears of this device: of a booth the ballot box alone, of a desk the eligibility board.

Format: docs/formats/voting-batches.md. First the finished batches lie in a set of their own and their members are gone
from theirs, by one change; then the journal takes them, which knows bytes that it has; then they leave the set.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from townhall_crypto.recipients import RecipientPublicKey
from townhall_crypto.sealed import seal
from townhall_kiosk.voting.errors import PackageNotCurrentError
from townhall_kiosk.voting.polls import PollingPlace, PollsRecord, PollsState
from townhall_kiosk.voting.sets_on_disk import Part, Sets, SetsOnDisk
from townhall_voting.eligibility.batches import (
    BALLOTS_KIND,
    MINIMUM_BATCH,
    STATEMENTS_KIND,
    BallotBatch,
    CheckedBallot,
    StatementBatch,
    sorted_by_hash,
)
from townhall_voting.hashing import HexHash
from townhall_voting.package.definition import DeviceRole

ELIGIBILITY_BOARD: Final = "eligibility-board"
BALLOT_BOX: Final = "ballot-box"
"""What the boards are called among the catalogue's recipients."""
BATCH_EVERY_S: Final = 1800
_LARGEST_BATCH: Final = 400
"""Statements or ballots; so many stay below the largest size of a sealed payload."""

Recipients: TypeAlias = Mapping[str, tuple[bytes, ...]]
"""The catalogue's recipients and their public keys."""


@dataclass(frozen=True, slots=True)
class Boards:
    """To whom batches are sealed."""

    eligibility: tuple[RecipientPublicKey, ...]
    ballot_box: tuple[RecipientPublicKey, ...]

    @classmethod
    def of(cls, recipients: Recipients) -> "Boards":
        """Return the boards' keys that the catalogue has.

        Raises:
            PackageNotCurrentError: it has no key of a board.
        """
        return cls(_keys(recipients, ELIGIBILITY_BOARD), _keys(recipients, BALLOT_BOX))


def _keys(recipients: Recipients, name: str) -> tuple[RecipientPublicKey, ...]:
    keys = recipients.get(name, ())
    if not keys:
        raise PackageNotCurrentError(f"the catalogue has no key of {name}")
    return tuple(map(RecipientPublicKey.from_bytes, keys))


@dataclass(frozen=True, slots=True)
class Batching:
    """Batches of one polling station."""

    here: PollingPlace
    boards: Callable[[], Boards]
    """Asked for each batch: a board may get a new key while polls are open. PackageNotCurrentError: not known yet."""
    sets: SetsOnDisk
    commit: Callable[[bytes], Awaitable[object]]
    """Make a sealed payload durable in the journal; the same bytes again are the same envelope."""

    @staticmethod
    def is_due(record: PollsRecord, sets: Sets) -> bool:
        """Tell whether enough waits, or everything must leave because the polls are closed for good."""
        if record.state is PollsState.ENDED:
            return not record.is_reported
        return max(len(sets[Part.ELIGIBILITY]), len(sets[Part.BALLOTS])) >= MINIMUM_BATCH

    async def send(self, record: PollsRecord) -> int:
        """Send what is due; return how many times batches went.

        Raises:
            SyncError: the disk; what was not taken by the journal goes again next time.
            PackageNotCurrentError: to whom is not known yet; everything waits.
        """
        await self.finish()
        count, sets = 0, self.sets.read()
        while self.is_due(record, sets):
            change, record = self._batched(record, sets)
            await self.sets.change(change)
            await self.finish()
            count, sets = count + 1, self.sets.read()
        return count

    async def finish(self) -> None:
        """Bring into the journal what was batched before, and by a cut may or may not be in there already."""
        outgoing = self.sets.read()[Part.OUTGOING]
        if outgoing:
            for sealed in sorted_by_hash(outgoing):
                await self.commit(sealed)
            await self.sets.change({Part.OUTGOING: frozenset()})

    def _batched(self, record: PollsRecord, sets: Sets) -> tuple[Sets, PollsRecord]:
        """Return the change that turns members of the sets into sealed batches, and how the polls stand then."""
        statements = sorted_by_hash(sets[Part.ELIGIBILITY])[:_LARGEST_BATCH]
        ballots = sorted_by_hash(sets[Part.BALLOTS])[:_LARGEST_BATCH]
        checked = sorted_by_hash(sets[Part.CHECKED])[:_LARGEST_BATCH]
        left = {
            Part.ELIGIBILITY: sets[Part.ELIGIBILITY] - set(statements),
            Part.BALLOTS: sets[Part.BALLOTS] - set(ballots),
            Part.CHECKED: sets[Part.CHECKED] - set(checked),
        }
        is_final = record.state is PollsState.ENDED and not any(left.values())
        codes = (msgspec.json.decode(each, type=CheckedBallot) for each in checked)
        opened = sorted(codes, key=lambda each: each.ballot)
        definition, device = HexHash(self.here.definition_sha256), self.here.device.kiosk
        for_eligibility = StatementBatch(
            mode=record.mode,
            definition=definition,
            device=device,
            opened=record.opened,
            closed=record.closed,
            made=record.statements,
            statements=statements,
        )
        for_box = BallotBatch(
            mode=record.mode,
            definition=definition,
            device=device,
            is_final=is_final,
            cast=record.ballots,
            checked=record.checked,
            ballots=ballots,
            opened=tuple(opened),
        )
        sealed, boards = [], self.boards()
        if self.here.device.role is not DeviceRole.BOOTH:
            sealed.append(seal(for_eligibility.to_bytes(), kind=STATEMENTS_KIND, recipients=boards.eligibility))
        if self.here.device.role is not DeviceRole.DESK:
            sealed.append(seal(for_box.to_bytes(), kind=BALLOTS_KIND, recipients=boards.ballot_box))
        record = msgspec.structs.replace(record, is_reported=is_final)
        return {**left, Part.OUTGOING: frozenset(sealed), Part.POLLS: frozenset({record.to_bytes()})}, record
