# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keeper's eye on the ballot box: the newest state of its public log, which receipts name from then on.

What comes by line or stick is taken only if the key in the election package signed it and the log goes on from what is
held. Anything else leaves the held state as it is, and staff are told; two states that contradict one another stay a
finding for good, and the box's own notes are kept as evidence.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from townhall_crypto.checkpoint import Ed25519NoteVerifier
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event, Fact
from townhall_sync.ballot_log import MAX_PART_BYTES, BallotLogPart, BallotLogs, fetch, file_name, part_of
from townhall_sync.durable import replace_file
from townhall_sync.errors import JournalFullError, MessageMalformedError
from townhall_sync.wire import read, to_json
from townhall_voting.board.following import FollowedLog, LogDoubt, follow
from townhall_voting.package.definition import Definition

_log = logging.getLogger(__name__)

EVERY_S: Final = 60.0


@dataclass(slots=True)
class BallotLogWatch:
    """Follows at most one log; ``folder`` is where its state outlives a restart."""

    folder: Path
    journal: AsyncJournal
    doubt: LogDoubt | None = None
    """Why the last answer was not taken."""
    _box: Ed25519NoteVerifier | None = None
    _held: FollowedLog | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def use(self, definition: Definition) -> None:
        """Follow the log whose key this definition names, from what was held of it; none: follow nothing."""
        box = Ed25519NoteVerifier.from_vkey(definition.ballot_log) if definition.ballot_log else None
        if box is not None and self._box is not None and box.vkey == self._box.vkey:
            return
        self._box, self._held, self.doubt = box, None, None
        if box is not None:
            self._held = self._read(box)
            self.doubt = LogDoubt.CONTRADICTED if self._evidence(box).exists() else None
            self._changed.set()

    @property
    def size(self) -> int | None:
        """How many entries the held state has; None: nothing was seen."""
        return None if self._held is None else self._held.checkpoint.size

    @property
    def state(self) -> tuple[int, str]:
        """Size and root (hex) for a receipt; 0 and nothing where nothing was seen."""
        return (0, "") if self._held is None else (self._held.checkpoint.size, self._held.checkpoint.root.hex())

    async def run(self, road: BallotLogs, every_s: float = EVERY_S) -> None:
        """Ask again and again, as long as the kiosk runs."""
        while True:
            if self._box is None:
                self._changed.clear()
                await self._changed.wait()
            await self.ask(road)
            await asyncio.sleep(every_s)

    async def ask(self, road: BallotLogs) -> None:
        """Ask once, first for what is new; if that does not fit, for the whole log, which shows whose fault it is."""
        box, held = self._box, self._held
        if box is None:
            return
        came = await fetch(road, box.name, b"" if held is None else held.leaves)
        if came is None:
            return
        if held is not None and follow(held, *came, box) is LogDoubt.UNPROVED:
            came = await fetch(road, box.name, b"") or came
        await self.take(*came)

    async def ask_stick(self, look: Callable[[str], Awaitable[tuple[str, bytes] | None]]) -> None:
        """Take what a stick brings of the log, found by its name; an older state than ours is what a stick may have."""
        came = None if self._box is None else await look(self._box.name)
        if came is not None:
            await self.take(*came, harmless=frozenset({LogDoubt.OLDER}))

    async def take(
        self, untrusted_note: str, untrusted_leaves: bytes, *, harmless: AbstractSet[LogDoubt] = frozenset()
    ) -> None:
        """Take a newer state of the log, or note why it is none, unless that is ``harmless``."""
        async with self._turn:
            box, held = self._box, self._held
            if box is None:
                return
            outcome = await asyncio.to_thread(follow, held, untrusted_note, untrusted_leaves, box)
            if isinstance(outcome, LogDoubt):
                if outcome not in harmless:
                    await self._refuse(outcome, box, untrusted_note, untrusted_leaves)
                return
            if outcome is not held:
                await asyncio.to_thread(self._write, self._place(box), outcome.note, outcome.leaves)
                self._held = outcome
                root = outcome.checkpoint.root.hex()
                await self._note(Event.BALLOT_LOG_SEEN, {"size": outcome.checkpoint.size, "root": root})
            if self.doubt is not LogDoubt.CONTRADICTED:
                self.doubt = None

    async def _refuse(self, doubt: LogDoubt, box: Ed25519NoteVerifier, note: str, leaves: bytes) -> None:
        if self.doubt in {doubt, LogDoubt.CONTRADICTED}:
            return
        if doubt is LogDoubt.CONTRADICTED:
            await asyncio.to_thread(self._write, self._evidence(box), note, leaves)
        self.doubt = doubt
        _log.error("the ballot box's log is not followed: %s", doubt.value)
        note_sha256 = hashlib.sha256(note.encode()).hexdigest()
        await self._note(Event.BALLOT_LOG_DOUBTED, {"reason": doubt.name, "note_sha256": note_sha256})

    def _read(self, box: Ed25519NoteVerifier) -> FollowedLog | None:
        try:
            part = read(BallotLogPart, self._place(box).read_bytes(), limit=MAX_PART_BYTES)
            found = follow(None, part.checkpoint, part.hashes(), box)
        except FileNotFoundError:
            return None
        except (OSError, MessageMalformedError):
            found = LogDoubt.UNPROVED
        if isinstance(found, LogDoubt):
            _log.error("what was held of the ballot box's log cannot be read; it is followed anew")
            return None
        return found

    def _place(self, box: Ed25519NoteVerifier) -> Path:
        return self.folder / f"ballot-log-{file_name(box.vkey)[:16]}.json"

    def _evidence(self, box: Ed25519NoteVerifier) -> Path:
        return self._place(box).with_suffix(".contradiction.json")

    def _write(self, path: Path, note: str, leaves: bytes) -> None:
        try:
            replace_file(path, to_json(part_of(note, leaves, 0)))
        except OSError as exc:
            _log.error("the ballot box's log cannot be kept on the disk: %s", exc.strerror)

    async def _note(self, event: Event, facts: Mapping[str, Fact]) -> None:
        try:
            await self.journal.audit(event, facts)
        except JournalFullError as exc:
            _log.error("%s: %s is not in the audit trail", exc.code, event.name)
