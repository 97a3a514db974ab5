# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A stolen disk of a polling station, searched byte by byte: nothing on it orders, times or pairs votes."""

import base64
import hashlib
import itertools
import logging
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.kiosk.polls_town import Polls
from tests.kiosk.polls_town import play as play  # noqa: PLC0414  # a fixture

from townhall_crypto.sealed import seal
from townhall_crypto.secret import Secret
from townhall_kiosk.staff import acts
from townhall_kiosk.staff.messages import StaffDone
from townhall_kiosk.voting import messages
from townhall_kiosk.voting.errors import BallotNotTakenError, VotedHereError
from townhall_kiosk.voting.sets_on_disk import CURRENT, Part, decode_set
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI
from townhall_voting.ballot_making import BallotMaker, Choices, UnsignedBallot, sign_ballot
from townhall_voting.check_code import check_code
from townhall_voting.credential import VotingKey, new_voting_key
from townhall_voting.eligibility.batches import STATEMENT_KIND
from townhall_voting.eligibility.slip import read_slip
from townhall_voting.hashing import Fingerprint, hash_bytes
from townhall_voting.nonces import SEED_BYTES, SeedNonces
from townhall_voting.randomness import MixedRandomness, OperatingSystem

CHOICES = Choices(((0, 0, 1, 0), (1, 0, 0, 0, 1, 0, 0)))
Play = Callable[[Callable[[Polls], Awaitable[None]]], None]


@dataclass
class Made:
    """A ballot with all its secrets, as one visit had it."""

    unsigned: UnsignedBallot
    key: VotingKey
    seed: Secret


class Booth:
    """Makes ballots and speaks to the station as visits do."""

    def __init__(self, polls: Polls) -> None:
        assert polls.counter.election.polls is not None
        self.station = polls.counter.election.polls.station
        self.polls, self.randomness = polls, MixedRandomness((OperatingSystem(),))
        self.election = polls.election.elections["town"]
        self.maker = BallotMaker(self.election)
        self.ballots: list[bytes] = []
        self.statements: list[bytes] = []

    def make(self) -> Made:
        group = self.election.group
        key, seed = new_voting_key(group, self.randomness), Secret(self.randomness.read(SEED_BYTES))
        nonces = SeedNonces(seed, group, self.election.fingerprint, key.public)
        return Made(self.maker.prepare(CHOICES, key.public, nonces), key, seed)

    async def commit(self, visit: str, made: Made) -> None:
        answer = await self.station.take(visit, messages.SlipWanted(self.election.fingerprint, made.unsigned.hash))
        assert isinstance(answer, messages.SlipSigned)
        assert read_slip(answer.text).ballot == made.unsigned.hash

    async def ask(self, visit: str, person: CardKeys) -> messages.FromPolls:
        return await self.station.take(visit, messages.VoterAsked(person.signature.certificate))

    async def open(self, visit: str, made: Made) -> messages.FromPolls:
        code = check_code(self.election, made.seed, made.unsigned, CHOICES)
        return await self.station.take(visit, messages.BallotOpened(code))

    async def cast(self, visit: str, made: Made) -> messages.FromPolls:
        ballot = sign_ballot(self.election.group, made.unsigned, made.key, self.randomness)
        statement = seal(b"R of " + visit.encode(), kind=STATEMENT_KIND, recipients=[self.polls.election.board.public])
        answer = await self.station.take(visit, messages.VoteGiven(statement, ballot))
        if isinstance(answer, messages.VoteTaken):
            self.ballots.append(ballot)
            self.statements.append(statement)
        return answer

    async def vote(self, visit: str, person: CardKeys) -> messages.FromPolls:
        made = self.make()
        await self.commit(visit, made)
        admitted = await self.ask(visit, person)
        return admitted if isinstance(admitted, messages.PollsDone) else await self.cast(visit, made)


def disk(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def spellings(digest: bytes) -> list[bytes]:
    """A hash as anything of ours might write it."""
    return [digest, digest.hex().encode(), digest.hex().upper().encode(), base64.b64encode(digest).rstrip(b"=")]


def test_a_stolen_disk_orders_and_pairs_nothing(  # noqa: C901  # one search after the other
    play: Play, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def scene(polls: Polls) -> None:
        assert await polls.both(acts.OpenPolls()) == StaffDone()
        booth = Booth(polls)
        for visit, person in (("v1", polls.one), ("v2", polls.other)):
            assert isinstance(await booth.vote(visit, person), messages.VoteTaken)
        home, files = tmp_path / "voting", disk(tmp_path)
        others = {name: data for name, data in files.items() if not name.startswith("voting/")}
        # No place but its own file has a ballot or a statement, or a hash of one, in any spelling.
        for ballot, statement in zip(booth.ballots, booth.statements, strict=True):
            h = hash_bytes(read_hash(ballot))
            for data, own in ((ballot, "ballots"), (statement, "eligibility")):
                wanted = [data[:200], *spellings(hashlib.sha256(data).digest())]
                wanted += spellings(h) if own == "ballots" else []
                for name, content in files.items():
                    if not name.startswith(f"voting/{own}."):
                        assert not any(each in content for each in wanted), name
        # Nobody's code, name or certificate is anywhere; marks mean nothing without the key, which is nowhere.
        for holder, keys in ((KADRI, polls.one), (JUHAN, polls.other)):
            for each in (holder.personal_code.encode(), holder.surname.encode(), keys.signature.certificate[:64]):
                assert not any(each in content for content in files.values())
        assert not any(polls.election.roll_key in content for content in files.values())
        # The files say what is in them and no more: sorted by hash, one salt, no time, no count of changes.
        for path in home.iterdir():
            assert path.stat().st_mtime_ns == 0
            if path.name != CURRENT:
                members = decode_set(path.read_bytes())
                assert len(path.read_bytes()) == 23 + 32 + 4 + sum(4 + len(each) for each in members)
        assert not any(content.startswith(b"SQLite") for name, content in files.items() if name.startswith("voting/"))
        # The journal has counts, of both at once; its tables have no row for a vote.
        copied = shutil.copytree(tmp_path / "journal", tmp_path.parent / f"{tmp_path.name}-copy")
        with closing(sqlite3.connect(copied / "journal.db")) as copy:  # the keeper holds the lock on the original
            assert copy.execute("SELECT count(*) FROM envelope").fetchone() == (0,)
            entries = [
                bytes(row[0])
                for row in copy.execute("SELECT entry FROM log WHERE instr(CAST(entry AS TEXT), 'POLLS_COUNTED')")
            ]
        assert len(entries) == 3, "opened, and one count for each vote, of statements and ballots at once"
        assert any(b"POLLS_COUNTED" in content for content in others.values())
        assert not any(read_hash(ballot) in caplog.text for ballot in booth.ballots)

    play(scene)


def read_hash(ballot: bytes) -> Fingerprint:
    return Fingerprint(ballot.rpartition(b'"hash":"')[2][:43].decode())


def test_the_order_of_two_votes_changes_no_byte_of_the_stores(play: Play, tmp_path: Path) -> None:
    """The same members put in any order leave the same files; what is random about them is drawn anew each time."""

    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        assert polls.counter.election.polls is not None
        sets = polls.counter.election.polls.station.sets
        images = set()
        for order in itertools.permutations([b"b1", b"b2", b"b3"]):
            sets.replace({Part.BALLOTS: frozenset(), Part.ELIGIBILITY: frozenset()})
            for member in order:
                there = sets.read()
                sets.replace(
                    {
                        Part.BALLOTS: there[Part.BALLOTS] | {member},
                        Part.ELIGIBILITY: there[Part.ELIGIBILITY] | {b"e" + member},
                    }
                )
            (ballots,) = (tmp_path / "voting").glob("ballots.*")
            data = ballots.read_bytes()
            images.add(data[:23] + data[55:])
        assert len(images) == 1

    play(scene)


def test_for_one_ballot_the_keeper_takes_the_opening_or_the_vote_and_never_both(play: Play) -> None:
    refused = messages.PollsDone(BallotNotTakenError.code)

    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        booth = Booth(polls)
        opened = booth.make()
        await booth.commit("v1", opened)
        assert await booth.open("v1", opened) == messages.PollsDone()
        assert await booth.open("v1", opened) == refused
        assert await booth.ask("v1", polls.one) == refused
        assert isinstance(await booth.cast("v1", opened), messages.PollsDone)
        assert booth.station.record.ballots == 0
        casting = booth.make()
        await booth.commit("v2", casting)
        assert isinstance(await booth.ask("v2", polls.one), messages.VoterAdmitted)
        assert await booth.open("v2", casting) == refused
        assert isinstance(await booth.cast("v2", casting), messages.VoteTaken)
        record = booth.station.record
        assert (record.statements, record.ballots, record.checked) == (1, 1, 1)

    play(scene)


def test_another_ballot_than_the_committed_one_and_a_vote_of_nobody_are_not_taken(play: Play) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        booth = Booth(polls)
        made, other = booth.make(), booth.make()
        await booth.commit("v1", made)
        assert await booth.cast("v1", made) == messages.PollsDone(VotedHereError.code)
        assert isinstance(await booth.ask("v1", polls.one), messages.VoterAdmitted)
        assert await booth.cast("v1", other) == messages.PollsDone(BallotNotTakenError.code)
        assert isinstance(await booth.cast("v1", made), messages.VoteTaken)
        assert await booth.cast("v1", made) == messages.PollsDone(BallotNotTakenError.code)
        assert booth.station.record.ballots == 1

    play(scene)


def test_a_second_vote_of_one_person_in_a_visit_that_was_admitted_before_is_not_taken(play: Play) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        booth = Booth(polls)
        one, two = booth.make(), booth.make()
        for visit, made in (("v1", one), ("v2", two)):
            await booth.commit(visit, made)
            assert isinstance(await booth.ask(visit, polls.one), messages.VoterAdmitted)
        assert isinstance(await booth.cast("v1", one), messages.VoteTaken)
        assert await booth.cast("v2", two) == messages.PollsDone(VotedHereError.code)
        assert len(booth.station.sets.read()[Part.BALLOTS]) == 1

    play(scene)
