# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A polling device without a kiosk: it makes ballots and statements as a kiosk does, and keeps them until they leave.

It has no window, no disk and no reader; a person is the keys of their card. Its clock is its own.
"""

import asyncio
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime

from townhall_central.simulation.kiosk import SimulatedKiosk
from townhall_crypto.envelope import Envelope
from townhall_crypto.recipients import RecipientPublicKey
from townhall_crypto.sealed import seal
from townhall_crypto.secret import Secret
from townhall_smartcard.simulation.estonian_card_keys import CertifiedKey
from townhall_voting.ballot_making import BallotMaker, Choices, sign_ballot
from townhall_voting.check_code import check_code
from townhall_voting.credential import new_voting_key
from townhall_voting.eligibility.batches import (
    BALLOTS_KIND,
    STATEMENT_KIND,
    STATEMENTS_KIND,
    BallotBatch,
    CheckedBallot,
    StatementBatch,
    sorted_by_hash,
)
from townhall_voting.eligibility.sentence import sentence_of, statement_language
from townhall_voting.eligibility.statement import StatementFacts, sign_statement
from townhall_voting.hashing import Fingerprint, fingerprint, hex_hash
from townhall_voting.nonces import SEED_BYTES, SeedNonces
from townhall_voting.package.definition import DeviceRole
from townhall_voting.package.package import ElectionPackage


class OsRandomness:
    """The operating system's randomness."""

    def read(self, size_bytes: int) -> bytes:
        """Return fresh bytes."""
        return os.urandom(size_bytes)


RANDOMNESS = OsRandomness()


@dataclass(frozen=True, slots=True)
class Cast:
    """What a voter takes home: h and tracker."""

    ballot: Fingerprint
    tracker: Fingerprint


@dataclass
class PollingDevice:
    """A device of an election. ``skew_s`` is by how much its clock is ahead."""

    kiosk: SimulatedKiosk
    package: ElectionPackage
    board: RecipientPublicKey
    box: RecipientPublicKey
    opened: int
    role: DeviceRole = DeviceRole.SINGLE
    skew_s: int = 0
    closed: int = 0
    made: int = 0
    ballots: list[bytes] = field(default_factory=list)
    statements: list[bytes] = field(default_factory=list)
    checked: list[CheckedBallot] = field(default_factory=list)
    cast_count: int = 0
    checked_count: int = 0
    _makers: dict[str, BallotMaker] = field(default_factory=dict)
    _seq: int = 0

    def cast(self, card: CertifiedKey, style: str, choices: Choices, at: int) -> Cast:
        """Make a ballot and have the voter's card cast it, at that true time."""
        cast = self.keep_ballot(style, choices)
        self.state(card, style, cast.ballot, at)
        return cast

    def keep_ballot(self, style: str, choices: Choices) -> Cast:
        """Make a ballot and keep it, whether or not a card will ever cast it."""
        signed, ballot = self.make_ballot(style, choices)
        self.ballots.append(signed)
        self.cast_count += 1
        return Cast(ballot, fingerprint(signed))

    def make_ballot(self, style: str, choices: Choices) -> tuple[bytes, Fingerprint]:
        """Return a signed ballot and its h, of choices that nobody keeps."""
        maker = self._maker(style)
        group = maker.election.group
        key = new_voting_key(group, RANDOMNESS)
        with Secret(RANDOMNESS.read(SEED_BYTES)) as seed:
            nonces = SeedNonces(seed, group, maker.election.fingerprint, key.public)
            prepared = maker.prepare(choices, key.public, nonces)
            nonces.wipe()
        return sign_ballot(group, prepared, key, RANDOMNESS), prepared.hash

    def state(self, card: CertifiedKey, style: str, ballot: Fingerprint, at: int) -> bytes:
        """Have the voter's card sign the statement that casts ``ballot``; returns R, unsealed, for the tests' eyes."""
        self.made += 1
        definition = self.package.definition
        place = definition.place_of(self.kiosk.name)
        facts = StatementFacts(
            mode=self.package.mode,
            election=self.package.elections[style].fingerprint,
            ballot=ballot,
            place="" if place is None else place.id,
            device=self.kiosk.name,
            seq=self.made,
            time=at + self.skew_s,
            roll_version=self.package.roll_version,
            language=statement_language("et", definition),
        )

        async def sign_digest(digest: bytes) -> bytes:
            return card.sign_digest(digest)

        signing = sign_statement(
            facts,
            sentence_of(facts, definition),
            certificate=card.certificate,
            sign_digest=sign_digest,
            signed_at=datetime.fromtimestamp(facts.time, UTC),
        )
        statement = asyncio.run(signing)
        self.statements.append(seal(statement, kind=STATEMENT_KIND, recipients=[self.board]))
        return statement

    def check(self, style: str, choices: Choices, shown: Choices | None = None) -> CheckedBallot:
        """Make a ballot of ``choices`` and open it as one of ``shown``: a cheating device's are different."""
        _, opened = self.make_and_open(style, choices, shown)
        self.checked.append(opened)
        self.checked_count += 1
        return opened

    def make_and_open(self, style: str, choices: Choices, shown: Choices | None = None) -> tuple[bytes, CheckedBallot]:
        """Make a signed ballot and what opens it: no honest device makes both."""
        maker = self._maker(style)
        group = maker.election.group
        key = new_voting_key(group, RANDOMNESS)
        seed = Secret(RANDOMNESS.read(SEED_BYTES))
        nonces = SeedNonces(seed, group, maker.election.fingerprint, key.public)
        prepared = maker.prepare(choices, key.public, nonces)
        opened = CheckedBallot(prepared.hash, check_code(maker.election, seed, prepared, shown or choices))
        return sign_ballot(group, prepared, key, RANDOMNESS), opened

    def close(self, at: int) -> None:
        """Close for good, at that true time."""
        self.closed = at + self.skew_s

    def envelopes(self) -> list[Envelope]:
        """Return everything that has not left yet in batches, one for each board that this device has to do with."""
        batches = []
        if self.role is not DeviceRole.BOOTH:
            batches.append(self.seal_batch(self._statement_batch().to_bytes(), STATEMENTS_KIND, self.board))
        if self.role is not DeviceRole.DESK:
            batches.append(self.seal_batch(self._ballot_batch().to_bytes(), BALLOTS_KIND, self.box))
        self.ballots, self.statements, self.checked = [], [], []
        return batches

    def _statement_batch(self) -> StatementBatch:
        return StatementBatch(
            mode=self.package.mode,
            definition=hex_hash(self.package.definition.to_bytes()),
            device=self.kiosk.name,
            opened=self.opened + self.skew_s,
            closed=self.closed,
            made=self.made,
            statements=sorted_by_hash(self.statements),
        )

    def _ballot_batch(self) -> BallotBatch:
        return BallotBatch(
            mode=self.package.mode,
            definition=hex_hash(self.package.definition.to_bytes()),
            device=self.kiosk.name,
            is_final=bool(self.closed),
            cast=self.cast_count,
            checked=self.checked_count,
            ballots=sorted_by_hash(self.ballots),
            opened=tuple(sorted(self.checked, key=lambda each: each.ballot)),
        )

    def seal_batch(self, batch: bytes, kind: str, board: RecipientPublicKey) -> Envelope:
        """Return the next envelope of this device's journal."""
        self._seq += 1
        return self.kiosk.wrap(seal(batch, kind=kind, recipients=[board]), self._seq)

    def _maker(self, style: str) -> BallotMaker:
        if style not in self._makers:
            self._makers[style] = BallotMaker(self.package.elections[style])
        return self._makers[style]
