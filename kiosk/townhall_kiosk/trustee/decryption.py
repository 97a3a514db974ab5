# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Decryption as one trustee does it: verify everything, show the hash, bind to one tally for ever, then compute."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from townhall_crypto.secret import Secret
from townhall_kiosk.trustee import durable
from townhall_kiosk.trustee.errors import (
    ForeignShuffleError,
    RecordUnfitError,
    SecondShuffleError,
    ShufflesMissingError,
    TallyTooSmallError,
)
from townhall_kiosk.trustee.exchange import Exchange
from townhall_kiosk.trustee.home import Decrypted, TrusteeHome
from townhall_voting.election import Election
from townhall_voting.errors import KeyRefusedError, MalformedError, ProofRefusedError, VotingError
from townhall_voting.group import Element, Scalar
from townhall_voting.hashing import HexHash, hex_hash
from townhall_voting.nonces import Randomness
from townhall_voting.package.definition import Definition
from townhall_voting.package.definition_check import read_definition
from townhall_voting.package.derivation import derive_elections
from townhall_voting.record.completion import WaitingTally
from townhall_voting.record.mixing import check_shuffle_signature
from townhall_voting.trustees.ceremony_outcome import check_share
from townhall_voting.trustees.key_file import TrusteeSecrets
from townhall_voting.trustees.partial_decryption import (
    DecryptionStatement,
    check_partial_decryption,
    decrypt_partially,
)
from townhall_voting.trustees.private_keys import open_share
from townhall_voting.trustees.side_car import check_side_car, prove_side_car
from townhall_voting.trustees.tally import EncryptedTally
from townhall_voting.trustees.threshold import Layout, ThresholdTrustees
from townhall_voting.trustees.trustee_list import Trustees
from townhall_voting.wire import ciphertext_wire


@dataclass(frozen=True, slots=True)
class VerifiedRecord:
    """What waits in a record that holds: a tally, and as many shuffles of it as there are."""

    waiting: WaitingTally
    is_published: bool
    """Whether its ballots were compared with the log that was published during the vote."""

    @property
    def election(self) -> Election:
        """Whose tally it is."""
        return self.waiting.election

    @property
    def trustees(self) -> Trustees:
        """Who decrypt it."""
        return self.waiting.trustees

    @property
    def tally(self) -> EncryptedTally:
        """What is decrypted."""
        return self.waiting.tally


class RecordVerifier(Protocol):
    """Port: the strict verification of a whole record."""

    def verify(self, record: Path, uuid: str, watch: Callable[[int], None]) -> VerifiedRecord:
        """Return what the file ``record`` says, everything in it checked; ``watch`` is told how many bytes are done.

        Raises:
            RecordUnfitError: it does not hold, or is not at the point where a tally waits for decryption.
        """


@dataclass(frozen=True, slots=True)
class Examined:
    """A tally that may be decrypted: of a verified record, of its election's definition, large enough."""

    record: VerifiedRecord
    style: str
    minimum: int

    @property
    def hash(self) -> HexHash:
        """What all trustees must see before anybody shuffles or decrypts."""
        return self.record.tally.hash

    def check_agreed(self, agreed: HexHash) -> None:
        """Check that this is the tally that all trustees saw; raises RecordUnfitError."""
        if agreed != self.hash:
            raise RecordUnfitError("another tally than was agreed on")


@dataclass(slots=True)
class DecryptionDesk:
    """One trustee at the decryption: own folder, folder that goes round, verifier."""

    home: TrusteeHome
    exchange: Exchange
    verifier: RecordVerifier
    randomness: Randomness

    def examine(self, record: Path, watch: Callable[[int], None] = lambda _done: None) -> Examined:
        """Copy a record to the trustee's own medium, verify the copy, and hold it against the definition.

        Raises:
            RecordUnfitError: record, trustees or definition are not what a trustee decrypts.
            TallyTooSmallError: fewer ballots than the definition's rules let anybody decrypt.
            ExchangeError: the definition cannot be read.
        """
        try:
            self.home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            durable.copy_in(record, self.home.record_copy)
        except OSError as error:
            raise RecordUnfitError("the record cannot be copied") from error
        verified = self.verifier.verify(self.home.record_copy, record.stem, watch)
        definition = _definition(self.exchange)
        style = _style_of(definition, verified)
        if verified.tally.total_weight != verified.tally.num_tallied:
            raise RecordUnfitError("a ballot that counts more than once")
        if verified.trustees.layout is not Layout.BOUND:
            raise RecordUnfitError("trustees whose certificates name no ceremony")
        minimum = definition.rules.minimum_tally
        if verified.tally.num_tallied < minimum:
            raise TallyTooSmallError(verified.tally.num_tallied, minimum)
        return Examined(verified, style, minimum)

    def decrypt(self, examined: Examined, agreed: HexHash, number: Secret) -> int:
        """Decrypt this trustee's part of the tally that all agreed on; put share and side-car into the folder.

        The tally is bound before anything is computed (``TrusteeHome.bind_tally``). Returns the trustee's number in the
        record.

        Raises:
            RecordUnfitError: the agreed hash is another one's.
            ShufflesMissingError, SecondShuffleError: ``check_shuffled``, ``check_own_shuffle``.
            ForeignShuffleError: a shuffle that its trustee has not signed.
            SecondTallyError: this trustee has begun with another tally of the election.
            KeyLockedError, KeyRefusedError: the number does not open the key, or the key is none of the record's.
            TrusteeHomeError, ExchangeError, RandomnessError: as named.
        """
        election, tally = examined.record.election, examined.record.tally
        examined.check_agreed(agreed)
        check_shuffled(examined.record.waiting)
        self._check_signed_shuffles(examined.record.waiting)
        share, owner, public = self.identify(examined, number)
        self.check_own_shuffle(examined.record.waiting, owner)
        bound = Decrypted(election.fingerprint, tally.hash, _ciphertexts_hash(tally))
        self.home.bind_tally(election.uuid, bound)
        statement = DecryptionStatement(election, tally, owner, public)
        decryption = decrypt_partially(statement, share, self.randomness)
        side_car = prove_side_car(statement, decryption, share, self.randomness)
        check_partial_decryption(statement, decryption)  # what a faulty machine computes might give the key away
        check_side_car(statement, decryption, side_car)
        self.exchange.replace_share(election.uuid, owner, decryption.data, side_car)
        return owner

    def identify(self, examined: Examined, number: Secret) -> tuple[Scalar, int, Element]:
        """Open this trustee's key; return its share, and the trustee's number and public key in the record.

        Raises:
            KeyLockedError, KeyRefusedError: the number does not open the key, or the key is none of the record's.
            TrusteeHomeError: no key is here.
        """
        secrets = self.home.open(number)
        if secrets.share is None:
            raise KeyRefusedError("the ceremony of this key has not ended")
        share = open_share(secrets.keys, secrets.share)
        return share, *_owner(examined.record.trustees, secrets, share)

    def check_own_shuffle(self, waiting: WaitingTally, owner: int) -> None:
        """Check that what the record has as this trustee's shuffle is theirs: whoever made them all knows every vote.

        Raises:
            SecondShuffleError: it is not.
            TrusteeHomeError: the own one cannot be read.
        """
        own = self.home.own_shuffle(waiting.election.uuid)
        if any(each.owner == owner and each.shuffle != own for each in waiting.shuffles):
            raise SecondShuffleError

    def _check_signed_shuffles(self, waiting: WaitingTally) -> None:
        """Check that each shuffle is its trustee's: else one trustee, or whoever carries the stick, could make all."""
        for each in waiting.shuffles:
            signature = self.exchange.shuffle_signature(waiting.election.uuid, each.owner)
            try:
                check_shuffle_signature(waiting, each, signature or b"")
            except (MalformedError, ProofRefusedError) as error:
                raise ForeignShuffleError(each.owner) from error


def check_shuffled(waiting: WaitingTally) -> None:
    """Check that ranked ballots, if any, were shuffled by as many trustees as decrypt, and that no shuffle follows.

    Raises:
        ShufflesMissingError: they were not.
    """
    if waiting.missing_shuffles or not waiting.is_ready:
        raise ShufflesMissingError


def _definition(exchange: Exchange) -> Definition:
    data = exchange.read("definition.json")
    if data is None:
        raise RecordUnfitError("definition.json is missing: it says how many ballots are decrypted at least")
    try:
        return read_definition(data)
    except VotingError as error:
        raise RecordUnfitError("definition.json is no definition of an election") from error


def _style_of(definition: Definition, record: VerifiedRecord) -> str:
    """Return the ballot style whose election this is: its uuid is a hash over definition and trustees."""
    election = record.election
    try:
        derived = derive_elections(definition, record.trustees.data, election.public_key)
    except VotingError as error:
        raise RecordUnfitError("a definition that makes no election") from error
    for style, each in derived.items():
        if each == election:
            return style
    raise RecordUnfitError("the record is of none of the definition's elections")


def _owner(trustees: Trustees, secrets: TrusteeSecrets, share: Scalar) -> tuple[int, Element]:
    first = 1
    for group in trustees.groups:
        if isinstance(group, ThresholdTrustees):
            with contextlib.suppress(KeyRefusedError):
                place = check_share(group, secrets.keys, share)
                return first + place - 1, group.keys[place - 1].public_key
            first += len(group.keys)
        else:
            first += 1
    raise KeyRefusedError("a key of none of this election's trustees")


def _ciphertexts_hash(tally: EncryptedTally) -> HexHash:
    return hex_hash(msgspec.json.encode([[ciphertext_wire(each) for each in column] for column in tally.ciphertexts]))
