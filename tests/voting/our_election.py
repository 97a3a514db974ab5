# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole elections of ours with every secret at hand: what honest and hostile records are made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from townhall_crypto.checkpoint import Ed25519NoteSigner
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.secret import Secret
from townhall_voting.ballot import Ballot
from townhall_voting.ballot_check import BallotChecker
from townhall_voting.ballot_making import BallotMaker, Choices, sign_ballot
from townhall_voting.board.lists import AcceptedBallots, AcceptedList, RejectedBallot, RejectedList, sign_list
from townhall_voting.board.log import BallotsEntry, CheckedEntry, ClosedEntry, LogEntry, LoggedBallot, write_log
from townhall_voting.credential import VotingKey, new_voting_key
from townhall_voting.election import Election, HomomorphicQuestion, Question, RankedQuestion, Title, write_election
from townhall_voting.eligibility.batches import CheckedBallot
from townhall_voting.group import Group, Scalar
from townhall_voting.hashing import Fingerprint, HexHash
from townhall_voting.mode import Mode
from townhall_voting.nonces import Randomness, SeedNonces
from townhall_voting.proofs import Ciphertext
from townhall_voting.ranked.shuffle import shuffle
from townhall_voting.ranked.shuffle_proof import MixContext
from townhall_voting.ranked.shuffle_wire import Shuffle, write_shuffle
from townhall_voting.record.archive import append_event, open_archive
from townhall_voting.record.credentials import PublicCredential, write_credentials
from townhall_voting.record.events import (
    BallotEvent,
    EncryptedTallyEvent,
    EndBallotsEvent,
    EndShufflesEvent,
    Event,
    PartialDecryptionEvent,
    ResultEvent,
    SetupEvent,
    ShuffleEvent,
)
from townhall_voting.record.log_check import AcceptedFile, PublishedFiles
from townhall_voting.schnorr_group import BELENIOS_2048, RFC_3526_2048
from townhall_voting.trustee_keys import prove_key
from townhall_voting.trustees.combination import Combiner, OfferedShare, Requirement
from townhall_voting.trustees.partial_decryption import DecryptionStatement, decrypt_partially
from townhall_voting.trustees.result import open_tally
from townhall_voting.trustees.side_car import prove_side_car
from townhall_voting.trustees.tally import EncryptedTally, Tally
from townhall_voting.trustees.trustee_list import Trustees, write_trustees

UUID: Final = "BXxNnieWzhqs6B"
TIMESTAMP: Final = 1_790_000_000
CHAIR: Final = HomomorphicQuestion("Who chairs?", ("Ada", "Bo", "Çelik"), 1, 2)
BRIDGE: Final = HomomorphicQuestion("Build the bridge?", ("Yes", "No"), 0, 1, is_blank_allowed=True)
PARKS: Final = RankedQuestion("Rank the parks", ("East", "West"))
SUMS: Final = (CHAIR, BRIDGE)
SUM_CHOICES: Final = (((1, 0, 0), (0, 1, 0)), ((0, 1, 1), (1, 0, 0)), ((1, 0, 1), (0, 0, 1)))
LISTS: Final = (BRIDGE, PARKS)
LIST_CHOICES: Final = (((0, 1, 0), (1, 2)), ((1, 0, 0), (2, 1)))


@dataclass(frozen=True, slots=True)
class Voted:
    """A ballot and the key that signed it."""

    key: VotingKey
    ballot: Ballot


@dataclass(slots=True)
class OurElection:
    """An election of two trustees, both of whom are needed."""

    randomness: Randomness = field(repr=False)
    group: Group = BELENIOS_2048
    questions: tuple[Question, ...] = SUMS
    privates: tuple[Scalar, ...] = field(init=False, repr=False)
    trustees: Trustees = field(init=False)
    election: Election = field(init=False)
    side_cars: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        group = self.group
        self.privates = tuple(new_voting_key(group, self.randomness).private for _ in range(2))
        self.trustees = write_trustees(group, [prove_key(group, key, self.randomness) for key in self.privates])
        title = Title(UUID, "Vote", "Düsseldorf")
        self.election = write_election(title, group, self.trustees.public_key(group), self.questions)

    def vote(self, choices: tuple[tuple[int, ...], ...], key: VotingKey | None = None) -> Voted:
        """Make a ballot, by a fresh key if none is given."""
        group = self.group
        key = new_voting_key(group, self.randomness) if key is None else key
        nonces = SeedNonces(Secret(self.randomness.read(32)), group, self.election.fingerprint, key.public)
        prepared = BallotMaker(self.election).prepare(Choices(choices), key.public, nonces)
        return Voted(key, BallotChecker(self.election).check(sign_ballot(group, prepared, key, self.randomness)))

    def setup(self, keys: Iterable[VotingKey]) -> SetupEvent:
        """Return the first event, for these voting keys."""
        credentials = write_credentials(PublicCredential(key.public) for key in keys)
        return SetupEvent(self.election.data, self.trustees.data, credentials)

    def tally(self, ballots: Iterable[Ballot]) -> EncryptedTally:
        """Count the ballots."""
        tally = Tally(self.election)
        for ballot in ballots:
            tally.add(ballot)
        return tally.encrypted()

    def closing(self, ballots: Sequence[Ballot]) -> list[Event]:
        """Return the events from EndBallots to the result of counting ``ballots``."""
        tally = self.tally(ballots)
        events: list[Event] = [EndBallotsEvent(), tally_event(tally)]
        lists = tally.ciphertexts
        if isinstance(self.questions[-1], RankedQuestion):
            for owner in (1, 2):
                event, lists = self.shuffle(owner, lists)
                events.append(event)
            events.append(EndShufflesEvent())
        return [*events, *self.decryption(tally.shuffled(lists))]

    def shuffle(
        self, owner: int, lists: tuple[tuple[Ciphertext, ...], ...]
    ) -> tuple[ShuffleEvent, tuple[tuple[Ciphertext, ...], ...]]:
        """Shuffle the ranked question, which is the last one."""
        context = MixContext(self.group, self.election.public_key, self.election.fingerprint)
        shuffled = shuffle(context, lists[-1], self.randomness)
        return ShuffleEvent(owner, write_shuffle(Shuffle((shuffled,)))), (*lists[:-1], shuffled.ciphertexts)

    def share(self, tally: EncryptedTally, owner: int) -> OfferedShare:
        """Make a trustee's share with its side-car."""
        statement = DecryptionStatement(self.election, tally, owner, self.trustees.keys[owner - 1].public_key)
        share = decrypt_partially(statement, self.privates[owner - 1], self.randomness)
        side_car = prove_side_car(statement, share, self.privates[owner - 1], self.randomness)
        return OfferedShare(owner, share.data, side_car)

    def decryption(self, tally: EncryptedTally) -> list[Event]:
        """Return the shares of both trustees and the result; keep the side-cars."""
        shares = [self.share(tally, owner) for owner in (1, 2)]
        self.side_cars = {each.owner: each.side_car for each in shares if each.side_car is not None}
        combiner = Combiner(self.election, self.trustees, tally, Requirement.SIDE_CAR)
        result = open_tally(self.election, tally, combiner.combine(shares).factors)
        return [*(PartialDecryptionEvent(each.owner, each.decryption) for each in shares), ResultEvent(result.data)]

    def events(self, votes: Sequence[Voted]) -> list[Event]:
        """Return the whole record of these votes, as the centre makes it: voting keys and ballots sorted."""
        return [*self.events_of_votes(votes), *self.closing([each.ballot for each in votes])]

    def events_of_votes(self, votes: Sequence[Voted]) -> list[Event]:
        """Return the record up to its last ballot."""
        ballots = sorted((each.ballot for each in votes), key=lambda ballot: ballot.tracker)
        return [self.setup(each.key for each in votes), *(BallotEvent(ballot.data) for ballot in ballots)]

    def published(self, votes: Sequence[Voted]) -> PublishedFiles:
        """Return what a box published of exactly these votes."""
        return published(self.election.fingerprint, [logged(each.ballot) for each in votes])


LOG_KEY: Final = Ed25519NoteSigner("tamme.example/vote", Ed25519PrivateKey.generate())
BOX_PRIVATE: Final = ec.generate_private_key(ec.SECP256R1())
BOX_KEY: Final = FileDeviceKey(BOX_PRIVATE)
BOARD_KEY: Final = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))


def logged(ballot: Ballot) -> LoggedBallot:
    return LoggedBallot(ballot.tracker, ballot.hash)


def published(
    election: Fingerprint,
    ballots: Iterable[LoggedBallot],
    rejected: Iterable[RejectedBallot] = (),
    *,
    checked: Iterable[Fingerprint] = (),
    missing: Iterable[Fingerprint] = (),
    is_closed: bool = True,
) -> PublishedFiles:
    """Return a box's files: a log of one batch, the list of what is not counted; and what the other board accepted."""
    ballots, rejected, missing = tuple(ballots), tuple(rejected), tuple(missing)
    refused = {each.tracker for each in rejected}
    good = [each.ballot for each in ballots if each.tracker not in refused]
    opened = tuple(CheckedBallot(h, "code") for h in checked)
    entries: list[LogEntry] = [BallotsEntry(election, tuple(sorted(ballots)))]
    entries += [CheckedEntry(opened)] if opened else []
    entries += [ClosedEntry()] if is_closed else []
    lines, checkpoint = write_log(entries, LOG_KEY)
    listed = RejectedList(
        mode=Mode.TEST, election=election, rejected=tuple(sorted(rejected)), missing=tuple(sorted(missing))
    )
    beside = accepted(election, [*good, *missing])
    return PublishedFiles(lines, checkpoint, sign_list(listed, BOX_KEY), LOG_KEY.verifier, BOX_KEY.public_der, beside)


def accepted(election: Fingerprint, ballots: Iterable[Fingerprint]) -> AcceptedFile:
    """Return the eligibility board's list of exactly these ballots."""
    listed = AcceptedList(
        mode=Mode.TEST,
        definition=HexHash("0" * 64),
        elections=(AcceptedBallots(election, tuple(sorted(set(ballots)))),),
        refused=(),
    )
    return AcceptedFile(sign_list(listed, BOARD_KEY), BOARD_KEY.public_der)


def tally_event(tally: EncryptedTally) -> EncryptedTallyEvent:
    return EncryptedTallyEvent(tally.data, tally.num_tallied, tally.total_weight)


def archive(events: Iterable[Event], timestamp: int = TIMESTAMP) -> bytes:
    """Return the bytes of these events, in whatever order they are."""
    data, head = open_archive(timestamp)
    for event in events:
        added, head = append_event(head, event)
        data += added
    return data


@dataclass(frozen=True, slots=True)
class GoodRecord:
    """An honest record with what stands beside it, and all that is needed to make a false one of it."""

    town: OurElection
    votes: tuple[Voted, ...]
    events: tuple[Event, ...]
    side_cars: dict[int, bytes]
    published: PublishedFiles

    @property
    def data(self) -> bytes:
        return archive(self.events)

    def with_events(self, events: Iterable[Event]) -> "GoodRecord":
        return replace(self, events=tuple(events))


def good_record(randomness: Randomness, *, is_ranked: bool = False) -> GoodRecord:
    """Hold an election of sums, or one with a ranked question."""
    town = OurElection(randomness, RFC_3526_2048, LISTS) if is_ranked else OurElection(randomness)
    votes = tuple(town.vote(choices) for choices in (LIST_CHOICES if is_ranked else SUM_CHOICES))
    events = tuple(town.events(votes))
    return GoodRecord(town, votes, events, dict(town.side_cars), town.published(votes))
