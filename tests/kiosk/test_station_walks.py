# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Any messages in any order, by several visits at once: what the keeper of a booth, of a desk, of both never does."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.kiosk.apart_town import a_key
from tests.kiosk.voting_town import definition

from townhall_crypto.recipients import generate_recipient_key
from townhall_crypto.sealed import seal
from townhall_crypto.secret import Secret
from townhall_kiosk.simulation.election import BOOTH, DESK, SimulatedElection, SimulatedPolls, at_booth_and_desk
from townhall_kiosk.simulation.ports import StandingClock
from townhall_kiosk.voting import messages
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_voting.ballot_making import BallotMaker, Choices, sign_ballot
from townhall_voting.check_code import check_code
from townhall_voting.credential import new_voting_key
from townhall_voting.eligibility.batches import STATEMENT_KIND, CheckedBallot
from townhall_voting.eligibility.receipt import read_voting_receipt
from townhall_voting.eligibility.slip import SlipFacts, read_slip, sign_slip
from townhall_voting.hashing import Fingerprint
from townhall_voting.nonces import SEED_BYTES, SeedNonces
from townhall_voting.randomness import MixedRandomness, OperatingSystem

VISITS: Final = ("one", "other")
BALLOTS: Final = 3
NUMBER: Final = "123456786"
CHOICES: Final = Choices(((0, 0, 1, 0), (1, 0, 0, 0, 1, 0, 0)))


class Town:
    """One election with a booth and a desk, and some ballots made and signed before."""

    def __init__(self, pki: TestPki) -> None:
        self.clock, self.pki = StandingClock(), pki
        self.booth_key, self.desk_key = a_key(), a_key()
        here = at_booth_and_desk(definition(), self.clock, self.booth_key, self.desk_key)
        self.election = SimulatedElection.of(here, [(KADRI, "harbour"), (JUHAN, "hill")])
        town, randomness = self.election.elections["town"], MixedRandomness((OperatingSystem(),))
        self.phi = town.fingerprint
        self.ballots: list[tuple[Fingerprint, bytes, str]] = []
        for _ in range(BALLOTS):
            key, seed = new_voting_key(town.group, randomness), Secret(randomness.read(SEED_BYTES))
            nonces = SeedNonces(seed, town.group, town.fingerprint, key.public)
            unsigned = BallotMaker(town).prepare(CHOICES, key.public, nonces)
            code = check_code(town, seed, unsigned, CHOICES)
            self.ballots.append((unsigned.hash, sign_ballot(town.group, unsigned, key, randomness), code))

    @contextmanager
    def polls(self, kiosk: str) -> Iterator[SimulatedPolls]:
        key = self.booth_key if kiosk == BOOTH else self.desk_key
        with tempfile.TemporaryDirectory() as folder:
            yield SimulatedPolls(self.election, Path(folder), key, self.clock, self.pki.trust_anchors, kiosk=kiosk)


@pytest.fixture(scope="module")
def town(pki: TestPki) -> Town:
    return Town(pki)


AT_BOOTH = st.lists(
    st.tuples(st.sampled_from(VISITS), st.sampled_from(("slip", "cast", "open", "gone")), st.integers(0, BALLOTS - 1)),
    max_size=14,
)


@settings(deadline=None, max_examples=60)
@given(AT_BOOTH)
@example([("one", "slip", 0), ("other", "slip", 0), ("one", "cast", 0), ("other", "open", 0)])
@example([("one", "slip", 0), ("other", "slip", 0), ("one", "open", 0), ("other", "cast", 0)])
@example([("one", "slip", 0), ("other", "slip", 0), ("one", "cast", 0), ("other", "cast", 0)])
def test_a_booth_never_signs_that_a_ballot_is_cast_and_takes_what_opens_it(
    town: Town, walk: list[tuple[str, str, int]]
) -> None:
    cast: list[str] = []

    async def play(polls: SimulatedPolls) -> None:
        for visit, act, number in walk:
            h, ballot, code = town.ballots[number]
            if act == "gone":
                polls.station.gone(visit)
                continue
            acts: dict[str, messages.ToPolls] = {
                "slip": messages.SlipWanted(town.phi, h, NUMBER),
                "cast": messages.BallotCast(ballot),
                "open": messages.BallotOpened(code),
            }
            answer = await polls.station.take(visit, acts[act])
            if isinstance(answer, messages.SlipSigned) and (slip := read_slip(answer.text)).type == "cast":
                cast.append(slip.ballot)

    with town.polls(BOOTH) as polls:
        asyncio.run(play(polls))
        stored = polls.members(Part.BALLOTS)
        opened = [msgspec.json.decode(each, type=CheckedBallot).ballot for each in polls.members(Part.CHECKED)]
        assert not set(cast) & set(opened)
        assert len(cast) == len(set(cast)) == len(stored) == polls.station.record.ballots
        assert len(opened) == len(set(opened)) == polls.station.record.checked
        assert {ballot for h, ballot, _code in town.ballots if h in cast} == stored


AT_DESK = st.lists(
    st.tuples(st.sampled_from(VISITS), st.sampled_from(("number", "slip", "card", "sign")), st.integers(0, 1)),
    max_size=20,
)


@settings(deadline=None, max_examples=60)
@given(AT_DESK)
def test_a_desk_takes_one_statement_of_a_person_and_only_for_a_slip_under_their_newest_number(
    town: Town, kadri_keys: CardKeys, juhan_keys: CardKeys, walk: list[tuple[str, str, int]]
) -> None:
    certificates = [each.signature.certificate for each in (kadri_keys, juhan_keys)]
    newest: dict[int, str] = {}
    asked: dict[str, int] = {}
    brought: dict[str, SlipFacts] = {}
    voted: list[tuple[int, SlipFacts]] = []
    board = generate_recipient_key().public

    async def play(polls: SimulatedPolls) -> None:
        for visit, act, person in walk:
            match act:
                case "number":
                    given = await polls.station.take(visit, messages.AdmissionAsked(certificates[person]))
                    if isinstance(given, messages.NumberGiven):
                        newest[person] = given.admission
                case "slip":
                    facts = SlipFacts(
                        type="cast",
                        mode=town.election.definition.mode,
                        election=town.phi,
                        ballot=town.ballots[person][0],
                        admission=newest.get(person, NUMBER),
                        booth=BOOTH,
                    )
                    slip = messages.SlipBrought(sign_slip(facts, town.booth_key))
                    assert await polls.station.take(visit, slip) == messages.PollsDone()
                    brought[visit] = facts
                case "card":
                    answer = await polls.station.take(visit, messages.VoterAsked(certificates[person]))
                    asked.pop(visit, None)
                    if isinstance(answer, messages.VoterAdmitted):
                        asked[visit] = person
                        assert brought[visit].admission == newest[person]
                case _:
                    sealed = seal(b"R", kind=STATEMENT_KIND, recipients=(board,))
                    taken = await polls.station.take(visit, messages.StatementGiven(sealed))
                    if isinstance(taken, messages.VoteTaken):
                        voted.append((asked[visit], brought[visit]))
                        assert read_voting_receipt(taken.receipt).ballot == brought[visit].ballot
                        assert brought[visit].admission == newest[asked[visit]]

    with town.polls(DESK) as polls:
        asyncio.run(play(polls))
        people = [person for person, _slip in voted]
        assert len(people) == len(set(people)) == polls.station.record.statements
        assert len(polls.members(Part.MARKS)) == len(polls.members(Part.ELIGIBILITY)) == len(people)
        assert len(polls.members(Part.ADMITTED)) == len(set(newest) - set(people))
