# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ranked ballots shuffled by one trustee after another; the record on the stick carries them to the next."""

from dataclasses import dataclass
from pathlib import Path

from townhall_crypto.secret import Secret
from townhall_kiosk.trustee import durable
from townhall_kiosk.trustee.decryption import DecryptionDesk, Examined
from townhall_kiosk.trustee.errors import ExchangeError, SecondShuffleError, ShuffleRefusedError
from townhall_voting.errors import MalformedError, MembershipError, ProofRefusedError
from townhall_voting.hashing import HexHash
from townhall_voting.record.completion import WaitingTally
from townhall_voting.record.mixing import add_shuffle, end_shuffles, make_shuffle, sign_shuffle


@dataclass(frozen=True, slots=True)
class BallotsShuffled:
    """A trustee's shuffle is in the record; ``missing`` other trustees shuffle before anybody decrypts."""

    owner: int
    missing: int


def shuffle(desk: DecryptionDesk, record: Path, examined: Examined, agreed: HexHash, number: Secret) -> BallotsShuffled:
    """Add this trustee's shuffle to the record whose copy was examined; the copy takes the record's place at once.

    A trustee makes one shuffle of an election: it is kept before the stick has it, and whoever was interrupted, or
    finds it gone from the record, adds the same again. With the last one that is needed, shuffling ends.

    Raises:
        RecordUnfitError: the agreed hash is another one's.
        ShuffleRefusedError: the record takes no shuffle.
        SecondShuffleError: this trustee's shuffle is of other ballots, or the record has another one in their name.
        KeyLockedError, KeyRefusedError: ``DecryptionDesk.identify``.
        TrusteeHomeError, ExchangeError, RecordFileError, RandomnessError: as named; the record is as it was.
    """
    waiting = examined.record.waiting
    examined.check_agreed(agreed)
    if not waiting.is_ranked:
        raise ShuffleRefusedError("no question is ranked")
    _, owner, _ = desk.identify(examined, number)
    desk.check_own_shuffle(waiting, owner)
    is_new = owner not in waiting.shuffled_by
    if is_new and waiting.is_shuffling_over:
        raise ShuffleRefusedError("shuffling is over")
    if is_new:
        _add(desk, waiting, owner)
    _sign(desk, waiting, owner, number)
    missing = max(0, waiting.missing_shuffles - is_new)
    if not missing and not waiting.is_shuffling_over:
        end_shuffles(desk.home.record_copy)
    try:
        durable.replace_by_copy(record, desk.home.record_copy)
    except OSError as error:
        raise ExchangeError("the record cannot be written") from error
    return BallotsShuffled(owner, missing)


def _sign(desk: DecryptionDesk, waiting: WaitingTally, owner: int, number: Secret) -> None:
    """Sign the own shuffle, as the home has it, whatever the record says; before the stick has the record with it."""
    uuid = waiting.election.uuid
    own, signing = desk.home.own_shuffle(uuid), desk.home.open(number).keys.signing
    if own is None:
        raise SecondShuffleError
    signature = sign_shuffle(waiting, owner, own, signing, desk.randomness)
    desk.exchange.replace_shuffle_signature(uuid, owner, signature)


def _add(desk: DecryptionDesk, waiting: WaitingTally, owner: int) -> None:
    """Add the own shuffle to the copy: the one that was made before, or a new one, which is then kept."""
    uuid, copy = waiting.election.uuid, desk.home.record_copy
    own = desk.home.own_shuffle(uuid)
    if own is None:
        fresh = make_shuffle(waiting, desk.randomness)
        add_shuffle(copy, owner, fresh)  # checks every proof: what a faulty machine computes might tell the order
        desk.home.keep_shuffle(uuid, fresh)
        return
    try:
        add_shuffle(copy, owner, own)
    except (MalformedError, MembershipError, ProofRefusedError) as error:
        raise SecondShuffleError from error
