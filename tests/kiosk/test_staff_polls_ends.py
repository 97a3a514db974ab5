# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Polls whose election is withdrawn, refused or over, with and without a restart: nothing begins, nothing is lost."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.kiosk.polls_town import Polls, Scene, is_for, play, restarted

from townhall_crypto.sealed import open_sealed
from townhall_kiosk.keeper.election_day import FOLDER
from townhall_kiosk.staff import acts
from townhall_kiosk.staff.messages import (
    StaffDone,
    StaffLeft,
)
from townhall_kiosk.voting.batching import BALLOT_BOX, ELIGIBILITY_BOARD
from townhall_kiosk.voting.errors import (
    PackageNotCurrentError,
    RollLockedError,
    StoreDamagedError,
)
from townhall_kiosk.voting.messages import PollsDone, SlipWanted
from townhall_kiosk.voting.sets_on_disk import Part, SetsOnDisk
from townhall_voting.eligibility.admission import draw_admission
from townhall_voting.eligibility.batches import (
    parse_ballot_batch,
)
from townhall_voting.hashing import fingerprint, hex_hash
from townhall_voting.package.definition import DeviceRole

__all__ = ["play"]


def test_an_election_that_is_withdrawn_or_over_opens_no_polls_and_lets_open_ones_be_closed(
    play: Callable[[Scene], None],
) -> None:
    async def scene(polls: Polls) -> None:
        election = polls.counter.election
        assert election.use(None, polls.recipients) is None
        assert election.polls is None
        assert await polls.both(acts.OpenPolls()) == StaffDone(PackageNotCurrentError.code)
        await polls.counter.tell_office(StaffLeft())
        assert election.use(polls.package, polls.recipients) is not None
        assert await polls.both(acts.OpenPolls()) == StaffDone()
        assert election.use(None, polls.recipients) is None
        assert await polls.both(acts.ClosePolls()) == StaffDone()
        office = election.polls
        assert office is not None
        await office.tick()
        assert len(await polls.batches()) == 2

    play(scene)


@pytest.mark.parametrize("lost", ["package", "key"])
def test_paused_polls_of_an_election_that_is_no_longer_there_are_not_resumed_until_it_is_back(
    play: Callable[[Scene], None], lost: str
) -> None:
    async def scene(polls: Polls) -> None:
        election = polls.counter.election
        assert await polls.both(acts.OpenPolls()) == StaffDone()
        assert await polls.both(acts.PausePolls()) == StaffDone()
        if lost == "key":
            with pytest.raises(PackageNotCurrentError):
                election.use(polls.package, polls.recipients | {BALLOT_BOX: ()})
        else:
            assert election.use(None, polls.recipients) is None
        assert await polls.both(acts.ResumePolls()) == StaffDone(PackageNotCurrentError.code)
        assert election.facts().state == "paused"
        assert election.use(polls.package, polls.recipients) is not None
        assert await polls.both(acts.ResumePolls()) == StaffDone()
        assert election.facts().state == "open"

    play(scene)


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_restart_without_the_package_closes_the_polls_and_sends_what_they_hold(
    play: Callable[[Scene], None],
    is_paused: bool,  # noqa: FBT001  # a parameter
) -> None:
    async def scene(before: Polls) -> None:
        await before.both(acts.OpenPolls())
        before.put(Part.BALLOTS, b"a ballot")
        if is_paused:
            await before.alone(acts.PausePolls())
        polls = restarted(before)
        election = polls.counter.election
        assert election.use(None, {}) is None
        assert election.facts().state == ("paused" if is_paused else "open")
        assert await polls.both(acts.OpenPolls()) == StaffDone(PackageNotCurrentError.code)
        assert await polls.may_vote() == RollLockedError.code
        await polls.counter.tell_office(StaffLeft())
        assert await polls.both(acts.ClosePolls()) == StaffDone()
        assert polls.counter.printer.sheets
        office = election.polls
        assert office is not None
        with pytest.raises(PackageNotCurrentError):  # to whom, no catalogue has said yet
            await office.tick()
        assert not await polls.batches()
        assert election.use(None, polls.recipients) is None
        await office.tick()
        (for_box,) = [each for each in await polls.batches() if is_for(each, polls)]
        batch = parse_ballot_batch(open_sealed(for_box, polls.election.ballot_box).payload)
        assert (batch.is_final, batch.ballots) == (True, (b"a ballot",))

    play(scene)


def test_a_restart_without_the_package_goes_on_when_the_package_is_back(play: Callable[[Scene], None]) -> None:
    async def scene(before: Polls) -> None:
        await before.both(acts.OpenPolls())
        polls = restarted(before)
        election = polls.counter.election
        assert election.use(None, polls.recipients) is None
        another = replace(polls.package, sha256=hex_hash(b"another"))
        with pytest.raises(PackageNotCurrentError):
            election.use(another, polls.recipients)
        assert election.use(polls.package, polls.recipients) is not None
        assert await polls.may_vote() == RollLockedError.code
        assert await polls.both(acts.OpenPolls()) == StaffDone()
        assert await polls.may_vote() == ""

    play(scene)


def test_a_booth_that_restarts_without_the_package_takes_no_ballot(play: Callable[..., None]) -> None:
    async def scene(before: Polls) -> None:
        await before.both(acts.OpenPolls())
        polls = restarted(before)
        election = polls.counter.election
        assert election.use(None, polls.recipients) is None
        assert election.polls is not None
        town = next(iter(polls.package.elections.values()))
        wanted = SlipWanted(town.fingerprint, fingerprint(b"ballot"), draw_admission(lambda _below: 7))
        assert isinstance(await election.polls.station.take("v", wanted), PollsDone)
        assert not election.polls.station.sets.read()[Part.BALLOTS]

    play(scene, role=DeviceRole.BOOTH)


def test_what_is_kept_of_an_election_is_what_was_written_or_nothing_begins(play: Callable[[Scene], None]) -> None:
    async def scene(before: Polls) -> None:
        await before.both(acts.OpenPolls())
        sets = SetsOnDisk(before.counter.home / FOLDER)
        (member,) = sets.read()[Part.ELECTION]
        kept = json.loads(member)
        for wrong in (b"{}", member[:-1], json.dumps({**kept, "definition": "e30="}).encode()):
            sets.replace({Part.ELECTION: frozenset({wrong})})
            with pytest.raises(StoreDamagedError):
                restarted(before).counter.election.use(None, before.recipients)
        sets.replace({Part.ELECTION: frozenset({member, b"two"})})
        with pytest.raises(StoreDamagedError):
            restarted(before).counter.election.use(None, before.recipients)

    play(scene)


def test_an_election_that_is_refused_leaves_nothing_that_officers_could_open(play: Callable[[Scene], None]) -> None:
    async def scene(polls: Polls) -> None:
        election = polls.counter.election
        with pytest.raises(PackageNotCurrentError):
            election.use(polls.package, polls.recipients | {ELIGIBILITY_BOARD: ()})
        assert await polls.both(acts.OpenPolls()) == StaffDone(PackageNotCurrentError.code)
        assert election.facts().state == "closed"
        await polls.counter.tell_office(StaffLeft())
        assert election.use(polls.package, polls.recipients) is not None
        assert await polls.both(acts.OpenPolls()) == StaffDone()

    play(scene)
