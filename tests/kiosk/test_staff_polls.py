# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Officers at the polls: two real cards open the roll, nobody else does; pause, resume, close for good."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from tests.kiosk.polls_town import Polls, Scene, play

from townhall_crypto.device_key import FileDeviceKey
from townhall_kiosk.simulation.counter import VISIT
from townhall_kiosk.staff import acts
from townhall_kiosk.staff.errors import StaffRefusedError
from townhall_kiosk.staff.messages import (
    RollPoint,
    RollShareWanted,
    StaffDone,
    StaffLeft,
    StaffLetIn,
    StaffTurnedAway,
)
from townhall_kiosk.staff.proof import Purpose
from townhall_kiosk.voting.errors import (
    NotYetClosingError,
    OfficersNeededError,
    PollsClosedError,
    PollsEndedError,
    PollsPausedError,
    RollLockedError,
    StoreDamagedError,
)
from townhall_kiosk.voting.messages import BallotOpened, PollsDone, SlipSigned, SlipWanted
from townhall_kiosk.voting.polls import PollsState
from townhall_kiosk.voting.polls_report import verify_polls_report
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_voting.errors import RandomnessError
from townhall_voting.hashing import fingerprint
from townhall_voting.mode import Mode
from townhall_voting.package.definition import DeviceRole

__all__ = ["play"]


def test_two_officers_open_the_polls_with_their_cards_and_the_zero_report_is_printed(
    play: Callable[[Scene], None], key: FileDeviceKey
) -> None:
    async def scene(polls: Polls) -> None:
        assert await polls.may_vote() != ""
        assert await polls.both(acts.OpenPolls()) == StaffDone()
        assert polls.stands() is PollsState.OPEN
        assert await polls.may_vote() == ""
        (sheet,) = polls.counter.printer.sheets
        facts = verify_polls_report(sheet, key.public_der)
        assert (facts.record.statements, facts.record.ballots, facts.record.checked) == (0, 0, 0)

    play(scene)


def test_nobody_opens_the_polls_alone_twice_without_a_share_or_without_being_an_officer(
    play: Callable[[Scene], None],
) -> None:
    async def scene(polls: Polls) -> None:
        refused = StaffTurnedAway(StaffRefusedError.code)
        answer = await polls.both(acts.OpenPolls(), gives_share=False)
        assert answer == StaffDone(OfficersNeededError.code)
        assert await polls.both(acts.OpenPolls(), other=polls.one) == refused
        assert await polls.both(acts.OpenPolls(), other=polls.clerk) == refused
        assert polls.stands() is PollsState.CLOSED
        assert not (await polls.counter.ask_office(RollShareWanted(polls.clerk.authentication.certificate))).point  # type: ignore[union-attr]  # a point, as asked

    play(scene)


def test_what_officers_gave_is_forgotten_when_they_leave(play: Callable[[Scene], None]) -> None:
    async def scene(polls: Polls) -> None:
        assert isinstance(await polls.prove(polls.one, Purpose.SESSION), StaffLetIn)
        await polls.counter.tell_office(StaffLeft())
        polls.one, polls.other = polls.other, polls.one
        assert await polls.both(acts.OpenPolls(), gives_share=False) == StaffDone(OfficersNeededError.code)

    play(scene)


def test_the_officers_cards_add_their_randomness_to_the_keepers_as_polls_open(play: Callable[[Scene], None]) -> None:
    async def scene(polls: Polls) -> None:
        mixed: list[tuple[str, bytes]] = []
        randomness = polls.counter.election.randomness
        blend = randomness._blend

        def watched(source: str, taken: bytes) -> None:
            mixed.append((source, taken))
            blend(source, taken)

        randomness._blend = watched  # type: ignore[method-assign]  # looks on
        polls.challenges = hashlib.shake_256(b"card").digest(1024)
        assert await polls.both(acts.OpenPolls()) == StaffDone()
        assert mixed == [("officer's card", polls.challenges)] * 2

    play(scene)


def test_a_card_whose_generator_is_stuck_opens_no_polls_and_spoils_nothing(play: Callable[[Scene], None]) -> None:
    async def scene(polls: Polls) -> None:
        for challenges in (bytes(1024), b"12345678" * 128, hashlib.shake_256(b"card").digest(1000)):
            polls.challenges = challenges
            assert await polls.both(acts.OpenPolls()) == StaffDone(RandomnessError.code)
            assert polls.stands() is not PollsState.OPEN
            assert len(polls.counter.election.entropy()) > 0
            polls.counter.election.officers_left(VISIT)
        polls.challenges = b""  # a card that has no generator to ask
        assert await polls.both(acts.OpenPolls()) == StaffDone()

    play(scene)


def test_a_clerk_who_helps_between_slip_and_cast_takes_nothing_from_the_person(play: Callable[[Scene], None]) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        await polls.counter.tell_office(StaffLeft())
        assert polls.counter.election.polls is not None
        station = polls.counter.election.polls.station
        election = next(iter(station.setting.checkers))
        assert isinstance(await station.take(VISIT, SlipWanted(election, fingerprint(b"ballot"))), SlipSigned)
        assert isinstance(await polls.prove(polls.clerk, Purpose.SESSION), StaffLetIn)
        await polls.counter.tell_office(StaffLeft())
        assert await station.take(VISIT, BallotOpened("THB1:CODE")) == PollsDone()
        assert polls.record.checked == 1

    play(scene)


def test_polls_pause_and_resume_by_one_officer_and_close_for_good_by_two(
    play: Callable[[Scene], None], key: FileDeviceKey
) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        assert await polls.alone(acts.PausePolls()) == StaffDone()
        assert polls.stands() is PollsState.PAUSED
        assert await polls.alone(acts.ResumePolls()) == StaffDone()
        assert await polls.both(acts.ClosePolls()) == StaffDone()
        assert polls.stands() is PollsState.ENDED
        assert polls.counter.election.polls is not None
        assert polls.counter.election.polls.station.roll is None
        assert verify_polls_report(polls.counter.printer.sheets[-1], key.public_der).record.closed
        assert await polls.both(acts.OpenPolls()) == StaffDone(PollsEndedError.code)
        assert await polls.may_vote() == PollsEndedError.code

    play(scene)


def test_official_polls_are_not_closed_while_hours_of_voting_are_on(play: Callable[..., None]) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        assert await polls.both(acts.ClosePolls()) == StaffDone(NotYetClosingError.code)
        polls.counter.clock.seconds += timedelta(hours=9).total_seconds()
        assert await polls.both(acts.ClosePolls()) == StaffDone()

    play(scene, Mode.OFFICIAL)


def test_a_restart_forgets_the_roll_key_and_two_officers_open_again_where_counts_go_on(
    play: Callable[[Scene], None],
) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        polls.put(Part.BALLOTS, b"a ballot")
        station = polls.counter.election.polls
        assert station is not None
        station.station.use_roll(None)
        assert await polls.may_vote() == RollLockedError.code
        assert await polls.both(acts.OpenPolls()) == StaffDone()
        assert await polls.may_vote() == ""
        assert station.station.sets.read()[Part.BALLOTS] == {b"a ballot"}

    play(scene)


def test_votes_of_another_official_election_are_never_thrown_away(play: Callable[..., None]) -> None:
    async def scene(polls: Polls) -> None:
        await polls.both(acts.OpenPolls())
        assert polls.counter.election.polls is not None
        station = polls.counter.election.polls.station
        other = msgspec.structs.replace(polls.record, definition="0" * 64)
        station.sets.replace({Part.POLLS: frozenset({other.to_bytes()}), Part.BALLOTS: frozenset({b"a ballot"})})
        with pytest.raises(StoreDamagedError):
            _ = station.record
        unreported = msgspec.structs.replace(other, state=PollsState.ENDED)
        station.sets.replace({Part.POLLS: frozenset({unreported.to_bytes()}), Part.BALLOTS: frozenset()})
        with pytest.raises(StoreDamagedError):  # the boards wait for the word that nothing follows
            _ = station.record
        reported = msgspec.structs.replace(unreported, is_reported=True)
        station.sets.replace({Part.POLLS: frozenset({reported.to_bytes()})})
        assert station.record.state is PollsState.CLOSED

    play(scene, Mode.OFFICIAL)


def test_two_officers_open_a_booth_whose_keeper_gets_no_share_of_the_roll_key_and_opens_again_by_itself(
    play: Callable[..., None],
) -> None:
    async def scene(polls: Polls) -> None:
        for officer in (polls.one, polls.other):
            point = await polls.counter.ask_office(RollShareWanted(officer.authentication.certificate))
            assert point == RollPoint(b"")
        assert await polls.may_vote() == PollsClosedError.code
        refused = StaffTurnedAway(StaffRefusedError.code)
        assert await polls.both(acts.OpenPolls(), other=polls.one) == refused
        assert await polls.both(acts.OpenPolls(), other=polls.clerk) == refused
        assert polls.stands() is PollsState.CLOSED
        assert await polls.both(acts.OpenPolls()) == StaffDone()
        assert polls.counter.election.polls is not None
        assert polls.counter.election.polls.station.roll is None
        assert await polls.may_vote() == ""
        assert await polls.alone(acts.PausePolls()) == StaffDone()
        assert await polls.may_vote() == PollsPausedError.code
        assert await polls.alone(acts.ResumePolls()) == StaffDone()
        assert await polls.may_vote() == ""

    play(scene, role=DeviceRole.BOOTH)
