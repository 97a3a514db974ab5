# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One tally is decrypted, after everything was verified, and never a second one, whatever is cut off or exchanged."""

import dataclasses
import json
import os
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from townhall_crypto.checkpoint import Ed25519NoteSigner
from townhall_crypto.device_key import FileDeviceKey
from townhall_kiosk.trustee.counting import count
from townhall_kiosk.trustee.errors import (
    RecordUnfitError,
    SecondTallyError,
    TallyTooSmallError,
    TrusteeHomeError,
)
from townhall_kiosk.trustee.home import TrusteeHome, back_up, restore
from townhall_kiosk.trustee.record_check import StrictVerifier
from townhall_kiosk.verify.run import Published
from townhall_voting.ballot import parse_ballot
from townhall_voting.board.lists import RejectedList, sign_list
from townhall_voting.board.log import BallotsEntry, ClosedEntry, LoggedBallot, write_log
from townhall_voting.election import parse_election
from townhall_voting.errors import KeyRefusedError, ShareRefusal, TooFewSharesError
from townhall_voting.group import Element, Scalar
from townhall_voting.mode import Mode
from townhall_voting.record.archive import read_events, read_head
from townhall_voting.record.ballot_judges import DirectJudge
from townhall_voting.record.events import BallotEvent, SetupEvent
from townhall_voting.record.findings import Verified
from townhall_voting.record.grammar import Phase
from townhall_voting.record.verifier import Evidence, verify_record
from townhall_voting.schnorr_group import BELENIOS_2048, SchnorrGroup
from townhall_voting.trustees.side_car import file_name

if TYPE_CHECKING:
    from tests.kiosk.trustee.conftest import NewVote, Vote

TAMM = ((0, 1, 0, 0), (1, 1, 1, 0, 0, 0, 0))
KASK = ((0, 0, 1, 0), (0, 0, 0, 0, 0, 0, 1))
BLANK = ((1, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0))
RESULT = {"result": [[1, 1, 1, 0], [1, 1, 1, 0, 0, 0, 1]]}


def test_two_of_three_decrypt_and_the_record_convinces_both_verifiers(new_vote: "NewVote") -> None:
    vote = new_vote()
    record = vote.record(TAMM, KASK, BLANK)
    assert [vote.decrypt(place, record) for place in (1, 2, 3)] == [1, 2, 3]
    (record.parent / f"{record.stem}.share.2.json").unlink()  # lost, and only its side-car stays
    desk = vote.desk(2)
    counted = count(desk.home, desk.exchange, record, desk.examine(record))
    assert (json.loads(counted.result.data), counted.used, counted.refused) == (RESULT, (1, 3), ())
    assert_complete(record, 1, 2, 3)
    tool = subprocess.run(["belenios-tool", "election", "verify"], cwd=alone(record), capture_output=True, check=False)
    assert tool.returncode == 0, tool.stderr


def assert_complete(record: Path, *owners: int) -> None:
    side_cars = {owner: (record.parent / file_name(record.stem, owner)).read_bytes() for owner in owners}
    with record.open("rb") as stream:
        outcome = verify_record(stream, Evidence(record.stem, side_cars), DirectJudge())
    assert isinstance(outcome, Verified)
    assert outcome.facts.phase is Phase.COMPLETE


def alone(record: Path) -> Path:
    """Return a folder with nothing but the record, as the tool wants it."""
    folder = record.parent / "public"
    folder.mkdir()
    (folder / record.name).write_bytes(record.read_bytes())
    return folder


def test_a_bad_share_is_named_and_left_out_and_too_few_open_nothing(new_vote: "NewVote") -> None:
    vote = new_vote()
    record = vote.record(TAMM, KASK, BLANK)
    before = record.read_bytes()
    for place in (1, 2):
        vote.decrypt(place, record)
    share = record.parent / f"{record.stem}.share.1.json"
    side_car = record.parent / file_name(record.stem, 2)
    kept = side_car.read_bytes()
    share.write_bytes(share.read_bytes().replace(b'"challenge":"', b'"challenge":"1', 1))
    side_car.unlink()
    desk = vote.desk(3)
    with pytest.raises(TooFewSharesError) as refused:
        count(desk.home, desk.exchange, record, desk.examine(record))
    assert [each.owner for each in refused.value.refused] == [1, 2]
    assert refused.value.refused[1].reason is ShareRefusal.NO_SIDE_CAR
    assert record.read_bytes() == before
    side_car.write_bytes(kept)
    vote.decrypt(3, record)
    counted = count(desk.home, desk.exchange, record, desk.examine(record))
    assert (counted.used, [each.owner for each in counted.refused]) == ((2, 3), [1])


# One tally only


def test_a_second_tally_of_the_same_election_is_refused_and_the_same_one_goes_on(new_vote: "NewVote") -> None:
    vote = new_vote()
    record = vote.record(TAMM, KASK, BLANK)
    first = record.read_bytes()
    vote.decrypt(1, record)
    vote.record(TAMM, KASK)  # the difference would show the third voter's choices
    share = record.parent / f"{record.stem}.share.1.json"
    kept = share.read_bytes()
    with pytest.raises(SecondTallyError):
        vote.decrypt(1, record)
    assert share.read_bytes() == kept
    record.write_bytes(first)
    assert vote.decrypt(1, record) == 1
    factors = [json.loads(each)["decryption_factors"] for each in (kept, share.read_bytes())]
    assert factors[0] == factors[1]


@dataclasses.dataclass(frozen=True, slots=True)
class KillingGroup(SchnorrGroup):
    """Computes nothing with a secret exponent: the process is killed the moment before."""

    def secret_power(self, base: Element, exponent: Scalar) -> Element:  # noqa: ARG002  # the port's signature
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def killed_before_its_first_factor(vote: "Vote", place: int, record: Path) -> None:
    """Decrypt in a process of its own that is killed before anything is computed with the key."""
    desk = vote.desk(place)
    examined = desk.examine(record)
    group = BELENIOS_2048
    killing = KillingGroup(group.name, group.modulus, group.order, group.generator, group.holds_numbers)
    election = dataclasses.replace(examined.record.election, group=killing)
    waiting = dataclasses.replace(examined.record.waiting, election=election)
    trap = dataclasses.replace(examined, record=dataclasses.replace(examined.record, waiting=waiting))
    child = os.fork()
    if child == 0:
        try:
            desk.decrypt(trap, trap.hash, vote.circle.numbers[place - 1])
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def test_the_tally_is_bound_before_the_first_factor_and_stays_bound_if_the_process_is_killed_there(
    new_vote: "NewVote",
) -> None:
    vote = new_vote()
    record = vote.record(TAMM, KASK, BLANK)
    first = record.read_bytes()
    killed_before_its_first_factor(vote, 2, record)
    assert vote.desk(2).exchange.share(record.stem, 2) == (None, None)
    vote.record(TAMM, KASK)
    with pytest.raises(SecondTallyError):
        vote.decrypt(2, record)
    record.write_bytes(first)
    assert vote.decrypt(2, record) == 2


def test_power_cut_at_any_write_of_a_decryption_leaves_one_tally_only(
    new_vote: "NewVote", monkeypatch: pytest.MonkeyPatch
) -> None:
    vote = new_vote(1, 1)
    record = vote.record(TAMM, KASK)
    desk = vote.desk(1)
    examined = desk.examine(record)
    other = vote.desk(1).examine(vote.record(KASK, BLANK))
    real = os.fsync

    class PowerCutError(BaseException):
        pass

    for writes in range(12):
        left = [writes]

        def cut(descriptor: int, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise PowerCutError
            real(descriptor)

        monkeypatch.setattr(os, "fsync", cut)
        try:
            desk.decrypt(examined, examined.hash, vote.circle.numbers[0])
        except PowerCutError:
            bound = list((desk.home.path / "decrypted").glob("[!.]*"))
            monkeypatch.setattr(os, "fsync", real)
            if bound:
                with pytest.raises(SecondTallyError):
                    desk.decrypt(other, other.hash, vote.circle.numbers[0])
        else:
            break
    monkeypatch.setattr(os, "fsync", real)
    assert None not in desk.exchange.share(record.stem, 1)
    with pytest.raises(SecondTallyError):
        desk.decrypt(other, other.hash, vote.circle.numbers[0])


@pytest.mark.parametrize("content", [b"", b"{}", b"nonsense", b'{"election":"x"}'])
def test_a_note_of_the_decrypted_tally_that_cannot_be_read_lets_nothing_be_decrypted(
    new_vote: "NewVote", content: bytes
) -> None:
    vote = new_vote(1, 1)
    record = vote.record(TAMM, KASK)
    vote.decrypt(1, record)
    (note,) = (vote.desk(1).home.path / "decrypted").iterdir()
    note.write_bytes(content)
    with pytest.raises(TrusteeHomeError):
        vote.decrypt(1, record)


# What is decrypted at all


def test_only_a_plain_file_of_the_stick_is_taken_for_a_record(new_vote: "NewVote", tmp_path: Path) -> None:
    vote = new_vote(1, 1)
    record = vote.record(TAMM, KASK)
    elsewhere = record.rename(tmp_path / "elsewhere.bel")
    record.symlink_to(elsewhere)
    with pytest.raises(RecordUnfitError, match="copied"):
        vote.desk(1).examine(record)
    record.unlink()
    os.mkfifo(record)
    with pytest.raises(RecordUnfitError, match="copied"):
        vote.desk(1).examine(record)


def test_a_ballot_that_a_box_counts_more_than_once_is_not_decrypted(new_vote: "NewVote") -> None:
    vote = new_vote(1, 1)
    with pytest.raises(RecordUnfitError, match="more than once"):
        vote.desk(1).examine(vote.record(TAMM, KASK, BLANK, weight=2))


def test_a_tally_below_the_minimum_is_not_decrypted_and_the_definition_says_what_that_is(new_vote: "NewVote") -> None:
    vote = new_vote(1, 1, minimum=3)
    desk = vote.desk(1)
    with pytest.raises(TallyTooSmallError) as refused:
        desk.examine(vote.record(TAMM, KASK))
    assert (refused.value.ballots, refused.value.minimum) == (2, 3)
    # Who lowers the minimum has another definition, of which the record's election is none.
    rules = msgspec.structs.replace(vote.definition.rules, minimum_tally=2)
    definition = desk.exchange.path / "definition.json"
    definition.write_bytes(msgspec.structs.replace(vote.definition, rules=rules).to_bytes())
    with pytest.raises(RecordUnfitError):
        desk.examine(vote.record(TAMM, KASK))
    definition.write_bytes(b"{}")
    with pytest.raises(RecordUnfitError):
        desk.examine(vote.record(TAMM, KASK))
    definition.unlink()
    with pytest.raises(RecordUnfitError):
        desk.examine(vote.record(TAMM, KASK))
    assert not (desk.home.path / "decrypted").exists()


@pytest.mark.parametrize("until", ["Ballot", "EndBallots"])
def test_a_record_without_its_tally_is_not_decrypted(new_vote: "NewVote", until: str) -> None:
    vote = new_vote(1, 1)
    with pytest.raises(RecordUnfitError):
        vote.decrypt(1, vote.record(TAMM, KASK, until=until))


def test_a_record_that_does_not_verify_is_not_decrypted(new_vote: "NewVote") -> None:
    vote = new_vote(1, 1)
    record = vote.record(TAMM, KASK)
    good = record.read_bytes()
    for place in (len(good) // 3, len(good) // 2, len(good) - 600):
        record.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(RecordUnfitError):
            vote.decrypt(1, record)
    record.rename(record.with_name("11111111111111.bel"))
    with pytest.raises(RecordUnfitError):
        vote.decrypt(1, record.with_name("11111111111111.bel"))
    with pytest.raises(RecordUnfitError):
        vote.decrypt(1, record)


def test_another_hash_than_was_agreed_on_decrypts_nothing(new_vote: "NewVote") -> None:
    vote = new_vote(1, 1)
    desk = vote.desk(1)
    examined = desk.examine(vote.record(TAMM, KASK))
    other = desk.examine(vote.record(TAMM, BLANK))
    with pytest.raises(RecordUnfitError):
        desk.decrypt(examined, other.hash, vote.circle.numbers[0])
    assert not (desk.home.path / "decrypted").exists()


def test_a_key_of_another_ceremony_decrypts_nothing(new_vote: "NewVote", tmp_path: Path) -> None:
    vote = new_vote(1, 1)
    desk, number = vote.desk(1), vote.circle.numbers[0]
    examined = desk.examine(vote.record(TAMM, KASK))
    copies = tmp_path / "copies"
    copies.mkdir()
    copy = back_up(desk.home, copies)
    elsewhere = TrusteeHome(tmp_path / "elsewhere")
    restore(elsewhere, copy)
    secrets = elsewhere.open(number)
    elsewhere.save(dataclasses.replace(secrets, share=None), number, desk.randomness)
    with pytest.raises(KeyRefusedError):
        dataclasses.replace(desk, home=elsewhere).decrypt(examined, examined.hash, number)
    assert not (elsewhere.path / "decrypted").exists()


# What was published during the vote


def publish(record: Path, *, without: int = 0) -> Published:
    """Lay the ballot box's log beside a record, without some of its ballots; return where it is, with its keys."""
    log_key, box = (
        Ed25519NoteSigner("log.example", Ed25519PrivateKey.generate()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    with record.open("rb") as stream:
        events = [recorded.event for recorded in read_events(stream, read_head(stream))]
    (setup,) = (event for event in events if isinstance(event, SetupEvent))
    election = parse_election(setup.election)
    ballots = [parse_ballot(election, event.ballot) for event in events if isinstance(event, BallotEvent)]
    logged = sorted(LoggedBallot(ballot.tracker, ballot.hash) for ballot in ballots[without:])
    lines, checkpoint = write_log([BallotsEntry(election.fingerprint, tuple(logged)), ClosedEntry()], log_key)
    rejected = RejectedList(mode=Mode.TEST, election=election.fingerprint, rejected=(), missing=())
    folder = record.parent
    (folder / "log.jsonl").write_bytes(lines)
    (folder / "checkpoint").write_text(checkpoint, "utf-8")
    (folder / f"{record.stem}.rejected.json").write_bytes(sign_list(rejected, FileDeviceKey(box)))
    (folder / "box.der").write_bytes(self_signed(box))
    return Published(folder, log_key.verifier.vkey, folder / "box.der")


def self_signed(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "box")])
    start = datetime(2026, 11, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + timedelta(days=90))
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def test_a_record_is_decrypted_only_if_it_holds_exactly_what_was_published(new_vote: "NewVote") -> None:
    vote = new_vote(1, 1)
    record = vote.record(TAMM, KASK)
    desk = vote.desk(1)
    assert not desk.examine(record).record.is_published
    published = publish(record)
    comparing = dataclasses.replace(desk, verifier=StrictVerifier(1, published))
    assert comparing.examine(record).record.is_published
    other = dataclasses.replace(desk, verifier=StrictVerifier(1, publish(record, without=1)))
    with pytest.raises(RecordUnfitError):
        other.examine(record)
    (record.parent / "checkpoint").unlink()
    with pytest.raises(RecordUnfitError):
        other.examine(record)
