# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What polls send to the boards: two sealed batches, exactly once, to the keys that the catalogue has now."""

from collections.abc import Callable

import pytest
from tests.kiosk.polls_town import Polls, Scene, is_for, play

from townhall_crypto.recipients import generate_recipient_key
from townhall_crypto.sealed import open_sealed
from townhall_kiosk.simulation.counter import VISIT
from townhall_kiosk.staff import acts
from townhall_kiosk.voting.batching import BALLOT_BOX, ELIGIBILITY_BOARD
from townhall_kiosk.voting.errors import (
    PackageNotCurrentError,
)
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_sync.audit import Event
from townhall_voting.eligibility.batches import (
    BALLOTS_KIND,
    STATEMENTS_KIND,
    parse_ballot_batch,
    parse_statement_batch,
)
from townhall_voting.package.definition import DeviceRole

__all__ = ["play"]


def test_statements_and_ballots_leave_as_two_sealed_batches_sorted_and_once(play: Callable[[Scene], None]) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        office = polls.counter.election.polls
        assert office is not None
        statements = [f"statement {number}".encode() for number in range(10)]
        ballots = [f"ballot {number}".encode() for number in range(10)]
        polls.put(Part.ELIGIBILITY, *statements[:9])
        polls.put(Part.BALLOTS, *ballots[:9])
        await office.tick()
        assert await polls.batches() == []
        polls.put(Part.ELIGIBILITY, statements[9])
        polls.put(Part.BALLOTS, ballots[9])
        await office.tick()
        assert await polls.batches() == [], "not before the half hour: the tenth vote's moment would be told"
        polls.counter.clock.seconds += 1800
        await office.tick()
        sealed = await polls.batches()
        assert len(sealed) == 2
        opened = {}
        for each, private in [
            (each, key) for each in sealed for key in (polls.election.board, polls.election.ballot_box)
        ]:
            try:
                payload = open_sealed(each, private)
            except Exception:  # noqa: BLE001, S112  # whose it is not
                continue
            opened[payload.header.kind] = payload.payload
        statement_batch = parse_statement_batch(opened[STATEMENTS_KIND])
        ballot_batch = parse_ballot_batch(opened[BALLOTS_KIND])
        assert set(statement_batch.statements) == set(statements)
        assert set(ballot_batch.ballots) == set(ballots)
        assert not ballot_batch.is_final
        assert not any(office.station.sets.read()[part] for part in (Part.ELIGIBILITY, Part.BALLOTS, Part.OUTGOING))
        polls.counter.clock.seconds += 1800
        await office.tick()
        assert len(await polls.batches()) == 2

    play(scene)


def test_the_closing_sends_whatever_is_left_and_says_that_nothing_follows(play: Callable[[Scene], None]) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        polls.put(Part.BALLOTS, b"the only ballot")
        await polls.both(acts.ClosePolls())
        office = polls.counter.election.polls
        assert office is not None
        await office.tick()
        await office.tick()
        sealed = await polls.batches()
        assert len(sealed) == 2
        (batch,) = [
            parse_ballot_batch(open_sealed(each, polls.election.ballot_box).payload)
            for each in sealed
            if is_for(each, polls)
        ]
        assert (batch.is_final, batch.ballots) == (True, (b"the only ballot",))
        assert polls.record.is_reported

    play(scene)


@pytest.mark.parametrize("role", [DeviceRole.BOOTH, DeviceRole.DESK])
def test_a_booth_tells_the_ballot_box_alone_and_a_desk_the_eligibility_board(
    play: Callable[..., None], role: DeviceRole
) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        polls.put(Part.ADMITTED, b"who has a number")
        polls.put(*((Part.BALLOTS, b"a ballot") if role is DeviceRole.BOOTH else (Part.ELIGIBILITY, b"a statement")))
        await polls.both(acts.ClosePolls())
        office = polls.counter.election.polls
        assert office is not None
        await office.tick()
        (sealed,) = await polls.batches()
        if role is DeviceRole.BOOTH:
            batch = parse_ballot_batch(open_sealed(sealed, polls.election.ballot_box).payload)
            assert (batch.is_final, batch.ballots) == (True, (b"a ballot",))
        else:
            told = parse_statement_batch(open_sealed(sealed, polls.election.board).payload)
            assert told.closed
            assert told.statements == (b"a statement",)
        sets = office.station.sets.read()
        assert {part for part in Part if sets[part]} == {Part.ELECTION, Part.POLLS}

    play(scene, role=role)


def test_a_board_that_gets_a_new_key_while_polls_are_open_can_open_what_comes_from_then_on(
    play: Callable[[Scene], None],
) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        new = generate_recipient_key()
        recipients = polls.recipients | {BALLOT_BOX: (new.public.to_bytes(),)}
        assert polls.counter.election.use(polls.package, recipients) is not None
        polls.put(Part.BALLOTS, b"a ballot")
        await polls.both(acts.ClosePolls())
        office = polls.counter.election.polls
        assert office is not None
        await office.tick()
        sealed = [each for each in await polls.batches() if new.public.key_id.encode() in each]
        assert [parse_ballot_batch(open_sealed(each, new).payload).ballots for each in sealed] == [(b"a ballot",)]
        assert not [each for each in await polls.batches() if is_for(each, polls)]

    play(scene)


@pytest.mark.parametrize("lost", [ELIGIBILITY_BOARD, BALLOT_BOX])
def test_without_a_key_of_each_board_nobody_votes_and_what_is_there_keeps_its_keys(
    play: Callable[[Scene], None], lost: str
) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        with pytest.raises(PackageNotCurrentError):
            polls.counter.election.use(polls.package, polls.recipients | {lost: ()})
        polls.put(Part.BALLOTS, b"a ballot")
        await polls.both(acts.ClosePolls())
        office = polls.counter.election.polls
        assert office is not None
        await office.tick()
        assert len(await polls.batches()) == 2

    play(scene)


def test_a_batch_that_the_journal_may_have_already_is_committed_once(play: Callable[[Scene], None]) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        polls.put(Part.OUTGOING, b"sealed once")
        office = polls.counter.election.polls
        assert office is not None
        await polls.journal.commit(b"sealed once")
        await office.batching.finish()
        assert await polls.batches() == [b"sealed once"]
        assert not office.station.sets.read()[Part.OUTGOING]

    play(scene)


def test_a_visit_that_is_on_keeps_batches_waiting(play: Callable[[Scene], None]) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        office = polls.counter.election.polls
        assert office is not None
        polls.put(Part.OUTGOING, b"sealed")
        await polls.journal.audit(Event.VISIT_BEGUN, {"visit": VISIT})
        await office.tick()
        assert await polls.batches() == []
        await polls.journal.audit(Event.VISIT_ENDED, {"visit": VISIT, "outcome": "VOTED"})
        await office.tick()
        assert await polls.batches() == [b"sealed"]

    play(scene)
