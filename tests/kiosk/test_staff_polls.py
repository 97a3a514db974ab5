# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Officers at the polls: two real cards open the roll, nobody else does, and what waits leaves as two batches."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.kiosk.voting_town import definition

from townhall_crypto.device_key import DeviceKey, FileDeviceKey
from townhall_crypto.envelope import Envelope
from townhall_crypto.recipients import generate_recipient_key
from townhall_crypto.sealed import open_sealed
from townhall_crypto.secret import Secret
from townhall_kiosk.keeper.election_day import FOLDER
from townhall_kiosk.simulation.counter import VISIT, Counter
from townhall_kiosk.simulation.election import SimulatedElection, at_this_kiosk
from townhall_kiosk.simulation.ports import StandingClock
from townhall_kiosk.simulation.staff import line, roster_bytes
from townhall_kiosk.staff import acts
from townhall_kiosk.staff.errors import StaffRefusedError
from townhall_kiosk.staff.messages import (
    Answer,
    FurtherPersonWanted,
    RollPoint,
    RollShareWanted,
    StaffActWanted,
    StaffChallengeWanted,
    StaffDone,
    StaffLeft,
    StaffLetIn,
    StaffProof,
    StaffTurnedAway,
)
from townhall_kiosk.staff.proof import Purpose, StaffChallenge
from townhall_kiosk.staff.roster import Roster
from townhall_kiosk.voting.batching import BALLOT_BOX, ELIGIBILITY_BOARD
from townhall_kiosk.voting.errors import (
    NotYetClosingError,
    OfficersNeededError,
    PackageNotCurrentError,
    PollsClosedError,
    PollsEndedError,
    PollsPausedError,
    RollLockedError,
    StoreDamagedError,
)
from townhall_kiosk.voting.messages import BallotOpened, BallotWanted, PollsDone, SlipSigned, SlipWanted
from townhall_kiosk.voting.polls import PollsRecord, PollsState
from townhall_kiosk.voting.polls_report import verify_polls_report
from townhall_kiosk.voting.sets_on_disk import Part, SetsOnDisk
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import AINO, JUHAN, KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event
from townhall_sync.courier import Courier
from townhall_sync.simulated_kiosk import SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator
from townhall_voting.eligibility.admission import draw_admission
from townhall_voting.eligibility.batches import (
    BALLOTS_KIND,
    STATEMENTS_KIND,
    parse_ballot_batch,
    parse_statement_batch,
)
from townhall_voting.errors import RandomnessError
from townhall_voting.hashing import fingerprint, hex_hash
from townhall_voting.mode import Mode
from townhall_voting.package.definition import Definition, Device, DeviceRole
from townhall_voting.package.package import ElectionPackage
from townhall_voting.package.roll import Roll
from townhall_voting.package.roll_key import wrap_roll_key
from townhall_voting.randomness import MixedRandomness, OperatingSystem
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustee_keys import prove_key
from townhall_voting.trustees.trustee_list import write_trustees

Scene = Callable[["Polls"], Awaitable[None]]


@dataclass(slots=True)
class Polls:
    """A counter with an election, the cards of its officers, and what they do."""

    counter: Counter
    election: SimulatedElection
    package: ElectionPackage
    one: CardKeys
    other: CardKeys
    clerk: CardKeys
    journal: AsyncJournal
    recipients: dict[str, tuple[bytes, ...]]
    token: bytes = b""
    challenges: bytes = b""
    """What the officers' cards give of their generators."""

    async def prove(self, keys: CardKeys, purpose: Purpose, *, gives_share: bool = True) -> Answer:
        card = keys.authentication
        challenge = await self.counter.ask_office(StaffChallengeWanted(purpose))
        if not isinstance(challenge, StaffChallenge):
            return challenge
        point = await self.counter.ask_office(RollShareWanted(card.certificate))
        assert isinstance(point, RollPoint)
        shared = (card.agree(point.point) or b"") if point.point and gives_share else b""
        signature = card.sign_digest(challenge.digest())
        return await self.counter.ask_office(StaffProof(purpose, card.certificate, signature, shared, self.challenges))

    async def both(self, act: acts.StaffAct, *, other: CardKeys | None = None, gives_share: bool = True) -> Answer:
        """Come in, want an act, and have another person agree."""
        answer = await self.prove(self.one, Purpose.SESSION, gives_share=gives_share)
        assert isinstance(answer, StaffLetIn)
        self.token = answer.token
        wanted = await self.counter.ask_office(StaffActWanted(self.token, act))
        if not isinstance(wanted, FurtherPersonWanted):
            return wanted
        return await self.prove(other or self.other, Purpose.AGREEMENT)

    async def alone(self, act: acts.StaffAct) -> Answer:
        return await self.counter.ask_office(StaffActWanted(self.token, act))

    def stands(self) -> PollsState:
        return self.record.state

    @property
    def record(self) -> PollsRecord:
        assert self.counter.election.polls is not None
        return self.counter.election.polls.station.record

    async def may_vote(self) -> str:
        assert self.counter.election.polls is not None
        answer = await self.counter.election.polls.station.take("v", BallotWanted())
        assert isinstance(answer, PollsDone)
        return answer.code

    def put(self, part: Part, *members: bytes) -> None:
        assert self.counter.election.polls is not None
        sets = self.counter.election.polls.station.sets
        sets.replace({part: sets.read()[part] | frozenset(members)})

    async def batches(self) -> list[bytes]:
        pending = await self.journal.pending()
        return [Envelope.from_bytes(await self.journal.envelope_bytes(each.envelope_id)).sealed for each in pending]


def in_role(here: Definition, role: DeviceRole, other_key: DeviceKey) -> Definition:
    """Give the kiosk this role; beside a booth stands a desk, beside a desk a booth."""
    (place,) = here.places
    (device,) = place.devices
    devices: tuple[Device, ...] = (msgspec.structs.replace(device, role=role),)
    if role is not DeviceRole.SINGLE:
        beside = DeviceRole.DESK if role is DeviceRole.BOOTH else DeviceRole.BOOTH
        devices = (*devices, Device("kiosk-beside", beside, other_key.public_der))
    return msgspec.structs.replace(here, places=(msgspec.structs.replace(place, devices=devices),))


@pytest.fixture
def play(
    tmp_path: Path, key: FileDeviceKey, pki: TestPki, kadri_keys: CardKeys, juhan_keys: CardKeys
) -> Callable[..., None]:
    aino_keys = pki.issue_card_keys(AINO)
    other_key = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))

    def run(scene: Scene, mode: Mode = Mode.TEST, role: DeviceRole = DeviceRole.SINGLE) -> None:
        clock = StandingClock()
        here = in_role(msgspec.structs.replace(at_this_kiosk(definition(), clock, key), mode=mode), role, other_key)
        election = SimulatedElection.of(here, [(KADRI, "harbour"), (JUHAN, "hill")])
        randomness = MixedRandomness((OperatingSystem(),))
        secret = BELENIOS_2048.scalar(12345678901234567890)
        officers = [each.authentication.certificate for each in (kadri_keys, juhan_keys)]
        wrapped = wrap_roll_key(Secret(election.roll_key), officers, here)
        package = ElectionPackage(
            sha256=hex_hash(here.to_bytes()),
            definition=here,
            elections=election.elections,
            trustees=write_trustees(BELENIOS_2048, [prove_key(BELENIOS_2048, secret, randomness)]),
            roll=Roll.over(memoryview(election.roll), here),
            roll_version=election.roll_version,
            wrapped_roll_key=wrapped,
            officers=tuple(officers),
        )
        kiosk = SimulatedKiosk(tmp_path / "journal", key, clock)
        centre = CentralServiceSimulator(clock.wall)
        centre.add_kiosk(kiosk.name, key.public_der)
        people = [
            *(line(each, "officer", clock.now()) for each in officers),
            line(aino_keys.authentication.certificate, "clerk", clock.now()),
        ]

        async def work(journal: AsyncJournal, _courier: Courier) -> None:
            roster = Roster.read(roster_bytes(*people))
            counter = Counter(tmp_path, journal, key, pki.trust_anchors, roster, clock)
            recipients: dict[str, tuple[bytes, ...]] = {
                ELIGIBILITY_BOARD: (election.board.public.to_bytes(),),
                BALLOT_BOX: (election.ballot_box.public.to_bytes(),),
            }
            assert counter.election.use(package, recipients) is not None
            await scene(Polls(counter, election, package, kadri_keys, juhan_keys, aino_keys, journal, recipients))

        SimulatedLine(kiosk, centre, centre.keys).run(work)

    return run


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


def restarted(polls: Polls) -> Polls:
    """Return the same kiosk after a restart of its keeper, which has looked at no catalogue yet."""
    counter = polls.counter
    again = Counter(counter.home, counter.journal, counter.key, counter.anchors, counter.roster, counter.clock)
    return replace(polls, counter=again)


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


def is_for(sealed: bytes, polls: Polls) -> bool:
    return polls.election.ballot_box.public.key_id.encode() in sealed


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
