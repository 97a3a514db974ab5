# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A polling place on the real stack, and what lies on its disk."""

import contextlib
import os
import shutil
import signal
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from townhall_crypto.sealed import open_sealed
from townhall_kiosk.demo.ears import EarsAndFingers
from townhall_kiosk.demo.person import Hands, Sight
from townhall_kiosk.demo.processes import KioskProcesses
from townhall_kiosk.demo.voter import VoterSteps, officers_do
from townhall_kiosk.demo.voter_by_ear import VoterByEar
from townhall_kiosk.demo.voting_world import VotingWorld, voter
from townhall_kiosk.texts import Texts
from townhall_kiosk.voting.polls import PollsRecord
from townhall_kiosk.voting.sets_on_disk import Part, SetsOnDisk
from townhall_smartcard.simulation.estonian_card_person import KADRI, Person
from townhall_smartcard.simulation.vpcd import VirtualCard
from townhall_sync.audit import Entry
from townhall_voting.ballot import parse_ballot
from townhall_voting.ballot_making import BallotMaker
from townhall_voting.election import parse_election
from townhall_voting.eligibility.statement import read_facts
from townhall_voting.hashing import Fingerprint
from townhall_voting.package.package import election_file

ENGLISH = Texts("en")
MARKS = (("102\u2002Jaan Kask",), ("201\u2002Mart Lepp",))
WISHES = {"Mayor": ("Jaan Kask",), "Town council": ("Mart Lepp", "Uno Jalakas")}
VOTERS = (KADRI, *(voter(number) for number in range(1, 100)))
WITHIN_S = 60.0
_LOOK_EVERY_S = 0.02


@dataclass(frozen=True)
class Stored:
    """What a polling place has stored: the members of its sets, and how the polls stand."""

    statements: frozenset[bytes]
    ballots: frozenset[bytes]
    marks: frozenset[bytes]
    checked: frozenset[bytes]
    polls: PollsRecord

    @property
    def is_whole(self) -> bool:
        """Whether each vote is there with all that belongs to it, and nothing else is."""
        counts = {self.polls.statements, self.polls.ballots, len(self.marks)}
        return len(counts) == 1 and len(self.statements) == len(self.ballots)


@dataclass
class PollingPlace:
    """A polling place whose polls are open; nobody has voted. Each test takes voters who have not voted."""

    world: VotingWorld
    _fresh: Iterator[Person]

    @classmethod
    @contextlib.contextmanager
    def founded(cls, log: Path, voters: Sequence[Person] = VOTERS) -> Iterator["PollingPlace"]:
        """Found the town; its kiosk is off, and has no line. ``voters`` are on the roll."""
        with VotingWorld(agency="population-register", log=log, voters=voters) as world:
            world.centre.stop()
            yield cls(world, iter(voters))

    def start(self) -> None:
        """Switch the kiosk on, and have officers open the polls: only they can, also after a keeper was killed."""
        self.world.start_kiosk()
        self.world.person.wait_for("AttractScreen", within_s=WITHIN_S)
        self.open_polls()

    def open_polls(self) -> None:
        """Have two officers open the polls, from the attract screen."""
        self.world.person.hands = Hands.TOUCH
        officers_do(self.world, ENGLISH, "polls-open", lambda _name: None)

    def somebody(self) -> Person:
        """Return a person on the roll whom nobody has seen yet."""
        return next(self._fresh)

    def voter(self, holder: Person, *, card: VirtualCard | None = None, is_checking: bool = False) -> VoterSteps:
        """Return somebody who sees, with a fresh card (or with ``card``)."""
        reader, own = self.world.readers[0], card or self.world.card_of(holder)
        return VoterSteps(
            self.world.person,
            ENGLISH,
            MARKS,
            insert_card=partial(reader.insert, own),
            remove_card=reader.remove_slowly,
            is_checking=is_checking,
        )

    def voter_by_ear(self, holder: Person, *, is_checking: bool) -> VoterByEar:
        """Return somebody who cannot see, with a fresh card."""
        reader = self.world.readers[0]
        return VoterByEar(
            EarsAndFingers(self.world.speech, self.world.person, select="Return"),
            ENGLISH,
            WISHES,
            insert_card=partial(reader.insert, self.world.card_of(holder)),
            remove_card=reader.remove_slowly,
            is_checking=is_checking,
        )

    def go(self, steps: Iterator[str], until: str) -> None:
        """Let a voter go on to the step ``until``, and stay there."""
        for step in steps:
            if step == until:
                return
        raise AssertionError(until)

    def vote(self, holder: Person) -> None:
        """Let somebody vote from the attract screen to the next one."""
        assert [*self.voter(holder).steps()][-1] == "attract-again"

    def is_turned_away(self, holder: Person) -> bool:
        """Let somebody try to vote; tell whether they hear that they have voted here, and leave the kiosk clean."""
        seen = self._show_card(holder)
        self.world.readers[0].remove_slowly()
        if seen.heading == ENGLISH("cast.heading"):
            self.dismiss(ENGLISH("stopped.heading"), ENGLISH("stopped.button"))
            return False
        assert seen.code == "TH-KIOS-061"
        self.world.person.press(ENGLISH("receipt.finish"))
        self.world.person.wait_for("MessageScreen", ENGLISH("thanks.heading"), within_s=WITHIN_S)
        self.world.person.wait_for("AttractScreen", within_s=WITHIN_S)
        return True

    def _show_card(self, holder: Person) -> Sight:
        """Make a ballot, put the card in, and see what the kiosk says to it."""
        self.go(self.voter(holder).steps(), "put-in-card")
        self.world.readers[0].insert(self.world.card_of(holder))
        return self.see({ENGLISH("voting.turned-away.heading"), ENGLISH("cast.heading")})

    def see(self, headings: set[str]) -> Sight:
        """Wait for a screen with one of these headings."""
        return self.world.person.wait_until(lambda seen: seen.heading in headings, f"one of {headings}", WITHIN_S)

    def dismiss(self, heading: str, button: str) -> None:
        """Press what ends a screen, and wait for the attract screen."""
        self.see({heading})
        self.world.person.press(button)
        self.world.person.wait_for("AttractScreen", within_s=WITHIN_S)

    def kill_visit(self) -> None:
        """Kill the visit on the glass."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(KioskProcesses(self.world.kiosk_pid).visits()[0], signal.SIGKILL)

    def until(self, look: Callable[[], object], what: str) -> None:
        """Look until there is something."""
        pause = threading.Event()
        for _ in range(int(WITHIN_S / _LOOK_EVERY_S)):
            if look():
                return
            pause.wait(_LOOK_EVERY_S)
        raise AssertionError(f"waited in vain for {what}")

    def stored(self) -> Stored:
        """Return what a start of the kiosk finds on the disk now; the keeper is dead, or at rest."""
        with tempfile.TemporaryDirectory() as copy:
            directory = Path(copy) / "voting"
            shutil.copytree(self.world.home / "voting", directory)
            sets = SetsOnDisk(directory).read()
        (polls,) = sets[Part.POLLS]
        return Stored(
            sets[Part.ELIGIBILITY],
            sets[Part.BALLOTS],
            sets[Part.MARKS],
            sets[Part.CHECKED],
            msgspec.json.decode(polls, type=PollsRecord),
        )

    @property
    def maker(self) -> BallotMaker:
        """What makes ballots of this town, and opens them."""
        return BallotMaker(parse_election(bytes(self.world.package[election_file("town")])))

    def hash_of(self, ballot: bytes) -> Fingerprint:
        """Return the hash by which statements name a ballot."""
        return parse_ballot(self.maker.election, ballot).hash

    def stated(self, sealed: bytes) -> Fingerprint:
        """Return the hash of the ballot that a statement casts, as the eligibility board reads it."""
        return read_facts(open_sealed(sealed, self.world.boards.recipient(self.world.boards.board)).payload).ballot

    def counted_last(self) -> dict[str, object]:
        """Return the counts that stand last in the journal."""
        return dict([each.facts for each in self.entries() if each.event == "POLLS_COUNTED"][-1])

    def entries(self) -> list[Entry]:
        """Return the audit trail."""
        with tempfile.TemporaryDirectory() as copy:
            for part in (self.world.home / "journal").glob("*.db*"):
                shutil.copy(part, copy)
            (database,) = Path(copy).glob("*.db")
            with contextlib.closing(sqlite3.connect(database)) as connection:
                rows = connection.execute("SELECT entry FROM log").fetchall()
        return [msgspec.json.decode(row[0], type=Entry) for row in rows]
