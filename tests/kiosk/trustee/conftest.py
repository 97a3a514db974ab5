# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Trustees with a folder of their own each, and one folder that goes round among them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from townhall_crypto.secret import Secret
from townhall_kiosk.trustee.ceremony import CeremonyDesk, CompareCeremony, Concluded, Progress
from townhall_kiosk.trustee.decryption import DecryptionDesk
from townhall_kiosk.trustee.exchange import Exchange
from townhall_kiosk.trustee.home import TrusteeHome
from townhall_kiosk.trustee.key_number import new_number
from townhall_kiosk.trustee.record_check import StrictVerifier
from townhall_kiosk.trustee.shuffling import BallotsShuffled, shuffle
from townhall_voting.ballot_check import BallotChecker
from townhall_voting.ballot_making import BallotMaker, Choices, sign_ballot
from townhall_voting.credential import new_voting_key
from townhall_voting.election import Election
from townhall_voting.hashing import HexHash
from townhall_voting.nonces import SeedNonces
from townhall_voting.package.authored import read_authored
from townhall_voting.package.contests import Counting
from townhall_voting.package.definition import Definition
from townhall_voting.package.derivation import derive_elections
from townhall_voting.randomness import MixedRandomness, OperatingSystem
from townhall_voting.record.credentials import PublicCredential, write_credentials
from townhall_voting.record.events import (
    BallotEvent,
    EncryptedTallyEvent,
    EndBallotsEvent,
    Event,
    SetupEvent,
)
from townhall_voting.record.record_file import RecordFile
from townhall_voting.schnorr_group import BELENIOS_2048, RFC_3526_2048
from townhall_voting.trustees import key_file
from townhall_voting.trustees.ceremony import Terms
from townhall_voting.trustees.tally import Tally
from townhall_voting.trustees.trustee_list import Trustees, parse_trustees

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def cheap_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let keys open quickly: a ceremony opens them dozens of times. tests/voting/trustees opens them at full cost."""
    monkeypatch.setattr(key_file, "_SCRYPT_COST", 2**4)


@dataclass(slots=True)
class Circle:
    """The trustees of one ceremony, each on a machine of its own."""

    terms: Terms
    exchange: Exchange
    desks: list[CeremonyDesk]
    numbers: list[Secret] = field(default_factory=list, repr=False)

    def begin(self) -> None:
        for place, desk in enumerate(self.desks, start=1):
            self.sit_down(place, desk)

    def sit_down(self, place: int, desk: CeremonyDesk) -> None:
        self.numbers.append(new_number(desk.randomness))
        desk.begin(self.terms, place, self.numbers[-1])

    def round(self, agreed: HexHash | None = None) -> list[Progress]:
        """Let the stick go round once."""
        return [desk.go_on(number, agreed) for desk, number in zip(self.desks, self.numbers, strict=True)]

    def compare(self) -> HexHash:
        """Return the hash that all trustees see before they commit."""
        (hash_seen,) = {each.hash for each in self.round() if isinstance(each, CompareCeremony)}
        return hash_seen

    def hold(self) -> HexHash:
        """Hold the whole ceremony; return the hash of trustees.json."""
        self.begin()
        progress = self.round(self.compare())
        for _ in range(4):
            progress = self.round()
        (concluded,) = {each.hash for each in progress if isinstance(each, Concluded)}
        return concluded


@dataclass(slots=True)
class Vote:
    """An election of the small town whose trustees are a circle's, up to the record that waits for them."""

    circle: Circle
    definition: Definition
    election: Election
    trustees: Trustees

    def record(self, *votes: tuple[tuple[int, ...], ...], until: str = "", weight: int = 1) -> Path:
        """Write the record of these votes onto the stick, up to an event of that kind or to its tally.

        The first voting key counts ``weight`` times.
        """
        randomness, group = self.circle.desks[0].randomness, self.election.group
        keys = sorted((new_voting_key(group, randomness) for _ in votes), key=lambda key: key.public)
        maker, checker, tally = BallotMaker(self.election), BallotChecker(self.election), Tally(self.election)
        ballots = []
        for key, choices in zip(keys, votes, strict=True):
            nonces = SeedNonces(Secret(randomness.read(32)), group, self.election.fingerprint, key.public)
            prepared = maker.prepare(Choices(choices), key.public, nonces)
            ballots.append(checker.check(sign_ballot(group, prepared, key, randomness)))
            tally.add(ballots[-1], weight if key == keys[0] else 1)
        ballots.sort(key=lambda ballot: ballot.tracker)
        sums = tally.encrypted()
        weights = [weight, *(1 for _ in keys[1:])]
        credentials = write_credentials(map(PublicCredential, [key.public for key in keys], weights))
        setup = SetupEvent(self.election.data, self.trustees.data, credentials)
        events: list[Event] = [BallotEvent(ballot.data) for ballot in ballots]
        events += [EndBallotsEvent(), EncryptedTallyEvent(sums.data, sums.num_tallied, sums.total_weight)]
        path = self.circle.exchange.path / f"{self.election.uuid}.bel"
        path.unlink(missing_ok=True)
        with RecordFile.create(path, setup, 1_790_000_000) as file:
            for event in events:
                file.append(event)
                if event.kind == until:
                    break
        return path

    def desk(self, place: int) -> DecryptionDesk:
        """Return a trustee's desk for the decryption."""
        own = self.circle.desks[place - 1]
        return DecryptionDesk(own.home, own.exchange, StrictVerifier(1, None), own.randomness)

    def shuffle(self, place: int, record: Path) -> BallotsShuffled:
        """Have a trustee examine and shuffle."""
        desk = self.desk(place)
        examined = desk.examine(record)
        return shuffle(desk, record, examined, examined.hash, self.circle.numbers[place - 1])

    def decrypt(self, place: int, record: Path) -> int:
        """Have a trustee examine and decrypt."""
        desk = self.desk(place)
        examined = desk.examine(record)
        return desk.decrypt(examined, examined.hash, self.circle.numbers[place - 1])


def ranked(definition: Definition) -> Definition:
    """Return the small town's definition with nothing but a council whose candidates are ranked."""
    council = definition.contests[1]
    council = msgspec.structs.replace(
        council, candidates=council.candidates[:2], minimum=0, maximum=2, seats=1, counting=Counting.SCHULZE
    )
    styles = tuple(msgspec.structs.replace(style, contests=(council.id,)) for style in definition.styles)
    return msgspec.structs.replace(definition, group=RFC_3526_2048.name, contests=(council,), styles=styles)


NewVote = Callable[..., Vote]


@pytest.fixture
def new_vote(new_circle: "NewCircle") -> NewVote:
    """Holds a ceremony and makes the small town's election of it."""

    def make(threshold: int = 2, size: int = 3, minimum: int = 2, *, is_ranked: bool = False) -> Vote:
        circle = new_circle(threshold, size)
        if is_ranked:
            circle.terms = Terms(RFC_3526_2048, size, threshold)
        group = circle.terms.group
        circle.hold()
        trustees = parse_trustees(group, (circle.exchange.path / "trustees.json").read_bytes())
        small_town = ROOT / "elections" / "small-town" / "election.yaml"
        definition = read_authored(small_town.name, small_town.read_bytes())
        rules = msgspec.structs.replace(definition.rules, minimum_tally=minimum)
        definition = msgspec.structs.replace(definition, rules=rules)
        if is_ranked:
            definition = ranked(definition)
        (circle.exchange.path / "definition.json").write_bytes(definition.to_bytes())
        elections = derive_elections(definition, trustees.data, trustees.public_key(group))
        return Vote(circle, definition, elections["town"], trustees)

    return make


NewCircle = Callable[[int, int], Circle]


@pytest.fixture
def new_circle(tmp_path: Path) -> NewCircle:
    """Seats ``size`` trustees of whom ``threshold`` are to decrypt."""

    def make(threshold: int, size: int) -> Circle:
        folder = tmp_path / "stick"
        folder.mkdir()
        exchange = Exchange(folder)
        randomness = MixedRandomness([OperatingSystem()])
        homes = [TrusteeHome(tmp_path / f"trustee-{place}") for place in range(1, size + 1)]
        desks = [CeremonyDesk(home, exchange, randomness) for home in homes]
        return Circle(Terms(BELENIOS_2048, size, threshold), exchange, desks)

    return make
