# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town votes, and both boards see every kind of trouble: what counts, what does not, and which alarm says so."""

import subprocess
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from townhall_central.errors import DirectoryError, PassphraseRefusedError, VoteStateError
from townhall_central.simulation.polling import PollingDevice
from townhall_central.simulation.town import PASSPHRASE, SimulatedTown
from townhall_central.simulation.town_election import STYLE, TownPlan
from townhall_central.vote import acts
from townhall_central.vote.delivery import Alarm
from townhall_central.vote.home import BoardRole, open_home
from townhall_crypto.device_key import verify_device_signature
from townhall_crypto.namespaces import DESTRUCTION_PROTOCOL
from townhall_crypto.secret import Secret
from townhall_smartcard.simulation.pki import Role, Standing
from townhall_voting.ballot_making import Choices
from townhall_voting.board.lists import Rejection
from townhall_voting.board.log import read_log
from townhall_voting.eligibility.batches import (
    BALLOTS_KIND,
    MAX_CODE,
    STATEMENTS_KIND,
    CheckedBallot,
    StatementBatch,
)
from townhall_voting.hashing import fingerprint, hex_hash
from townhall_voting.record.ballot_judges import DirectJudge
from townhall_voting.record.findings import Verified
from townhall_voting.record.verifier import Evidence, verify_record
from townhall_voting.trustees.side_car import file_name

NOW = int(time.time())
ADA = Choices(((0, 1, 0, 0), (1, 0, 0, 0, 1)))
BO = Choices(((0, 0, 1, 0), (0, 1, 1, 1, 0)))
BLANK = Choices(((1, 0, 0, 0), (1, 0, 0, 0, 1)))


@pytest.fixture
def town(tmp_path: Path) -> SimulatedTown:
    return SimulatedTown.create(tmp_path / "town", TownPlan(NOW))


def close_polls(town: SimulatedTown, *devices: PollingDevice) -> None:
    """Close devices, all without a word, and bring what they have."""
    for device in devices or town.devices:
        device.close(NOW + 60)
        town.put(device, device.envelopes())
    town.pick_up()


def alarms(town: SimulatedTown) -> Counter[str]:
    told = [*acts.status(town.board).alarms, *acts.status(town.box).alarms]
    return Counter(each["alarm"] for each in told)


def counted(town: SimulatedTown, *without: str) -> tuple[Path, tuple[tuple[int, ...], ...]]:
    """Settle, close and count, without the rest of some devices; returns the record and the sums."""
    (closed,) = town.close(town.settle(without=without).accepted, without=without)
    record = town.folder / "public" / closed.record
    result = acts.count(record, [town.trustees.decrypt(record, owner) for owner in (1, 3)]).result
    return record, tuple(tuple(int(number) for number in question) for question in result.questions)  # type: ignore[arg-type]  # sums: no ranked question


def test_a_vote_from_six_cards_to_a_record_that_two_verifiers_accept(town: SimulatedTown, tmp_path: Path) -> None:
    for number, voter in enumerate(town.voters):
        town.devices[number % 2].cast(voter.card, STYLE, (ADA, BO, BLANK)[number % 3], NOW)
    town.devices[0].check(STYLE, ADA)
    close_polls(town)
    assert alarms(town) == Counter()
    record, sums = counted(town)
    assert sums == ((2, 2, 2, 0), (4, 2, 2, 2, 4))
    side_cars = {owner: (record.parent / file_name(record.stem, owner)).read_bytes() for owner in (1, 3)}
    with record.open("rb") as stream:
        outcome = verify_record(stream, Evidence(record.stem, side_cars, town.published), DirectJudge())
    assert isinstance(outcome, Verified), outcome
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / record.name).write_bytes(record.read_bytes())
    subprocess.run(["belenios-tool", "election", "verify"], cwd=alone, check=True, capture_output=True)


def test_batches_in_any_order_and_again_give_the_same(town: SimulatedTown) -> None:
    first, second = town.devices
    sent = []
    for number, voter in enumerate(town.voters):
        device = town.devices[number % 2]
        device.cast(voter.card, STYLE, ADA, NOW)
        if number in {1, 3}:
            sent += [(device, envelope) for device in town.devices for envelope in device.envelopes()]
    for device in town.devices:
        device.close(NOW + 60)
        sent += [(device, envelope) for envelope in device.envelopes()]
    for device, envelope in reversed(sent):
        town.put(device, [envelope])
    town.pick_up()
    for device, envelope in sent:
        town.put(device, [envelope])
    town.pick_up()
    assert alarms(town) == Counter()
    assert acts.status(town.board).numbers == {"good": 6}
    assert acts.status(town.box).numbers == {"town": 6, "checked": 0}
    assert {first.made, second.made} == {3}


def test_a_double_voter_on_two_offline_kiosks_has_one_vote_the_earlier(town: SimulatedTown) -> None:
    twice, *others = town.voters
    for voter in others:
        town.devices[0].cast(voter.card, STYLE, BO, NOW)
    late = town.devices[0].cast(twice.card, STYLE, BO, NOW + 30)
    town.devices[1].cast(twice.card, STYLE, ADA, NOW)
    close_polls(town)
    _, sums = counted(town)
    assert sums[0] == (0, 1, 5, 0)
    assert [(each.tracker, each.reason) for each in town.rejected.rejected] == [(late.tracker, Rejection.DUPLICATE)]


def test_a_clock_hours_ahead_changes_nothing_for_single_voters(town: SimulatedTown) -> None:
    town.devices[1].skew_s = 5 * 3600
    for number, voter in enumerate(town.voters):
        town.devices[number % 2].cast(voter.card, STYLE, ADA, NOW)
    close_polls(town)
    board = acts.status(town.board)
    assert board.numbers == {"good": 3, "open outside-hours": 3}, (
        "its own hours are outside of the place's: people look"
    )
    for shown in list(acts.open_statements(town.board)):
        acts.decide(town.board, shown.statement, acts.Decision(True, "Ann", "Bob", "the kiosk's clock was ahead"))
    _, sums = counted(town)
    assert sums[0] == (0, 6, 0, 0)


def test_a_paper_vote_voids_the_electronic_one(town: SimulatedTown) -> None:
    for voter in town.voters:
        town.devices[0].cast(voter.card, STYLE, ADA, NOW)
    close_polls(town)
    assert acts.note_paper_voters(town.board, f"EE {town.voters[0].person.personal_code}\n") == 1
    _, sums = counted(town)
    assert sums[0] == (0, 5, 0, 0)
    assert [each.reason for each in town.rejected.rejected] == [Rejection.PAPER_VOTE]


def test_somebody_who_is_not_on_the_roll_cannot_be_noted_as_a_paper_voter(town: SimulatedTown) -> None:
    with pytest.raises(VoteStateError, match="line 2"):
        acts.note_paper_voters(town.board, f"EE {town.voters[0].person.personal_code}\nEE 38001085718\n")


def test_a_card_revoked_since_counts_only_if_two_officers_say_so(town: SimulatedTown) -> None:
    revoked = town.pki.issue(town.voters[0].person, Role.SIGNATURE, Standing.REVOKED)
    for card in (revoked, *(voter.card for voter in town.voters[1:])):
        town.devices[0].cast(card, STYLE, ADA, NOW)
    town.renew_lists()
    close_polls(town)
    (shown,) = acts.open_statements(town.board)
    assert shown.reason == "revoked"
    with pytest.raises(VoteStateError, match="wait for a decision"):
        town.settle()
    acts.decide(town.board, shown.statement, acts.Decision(False, "Ann", "Bob", "reported stolen that morning"))
    with pytest.raises(VoteStateError):
        acts.decide(town.board, shown.statement, acts.Decision(True, "Ann", "Bob", "on second thoughts"))
    _, sums = counted(town)
    assert sums[0] == (0, 5, 0, 0)
    assert [each.reason for each in town.rejected.rejected] == [Rejection.REVOKED]


def test_a_statement_without_its_ballot_raises_an_alarm_with_the_ballots_name(town: SimulatedTown) -> None:
    device = town.devices[0]
    for voter in town.voters:
        lost = device.cast(voter.card, STYLE, ADA, NOW)
    device.ballots.pop()
    close_polls(town)
    with pytest.raises(VoteStateError, match="1 ballots"):
        counted(town)
    counted(town, "kiosk-1")
    assert town.rejected.missing == (lost.ballot,)
    assert alarms(town)[Alarm.NEVER_CAME.value] == 1


def test_a_ballot_that_no_card_cast_is_never_counted(town: SimulatedTown) -> None:
    device = town.devices[0]
    for voter in town.voters:
        device.cast(voter.card, STYLE, ADA, NOW)
    stuffed, _ = device.make_ballot(STYLE, BO)
    device.ballots.append(stuffed)
    close_polls(town)
    _, sums = counted(town)
    assert sums[0] == (0, 6, 0, 0)
    assert [each.reason for each in town.rejected.rejected] == [Rejection.NOT_CONFIRMED]


def test_statements_that_a_device_holds_back_are_missed(town: SimulatedTown) -> None:
    device = town.devices[0]
    for voter in town.voters:
        device.cast(voter.card, STYLE, ADA, NOW)
    device.statements.pop()
    close_polls(town)
    with pytest.raises(VoteStateError, match="1 statements that kiosk-1 made"):
        town.settle()
    town.settle(without=["kiosk-1"])
    assert alarms(town)[Alarm.STATEMENTS_MISSING.value] == 1


def test_one_ballot_under_two_peoples_statements_counts_for_nobody_and_is_told(town: SimulatedTown) -> None:
    device = town.devices[0]
    cast = device.cast(town.voters[0].card, STYLE, ADA, NOW)
    device.state(town.voters[1].card, STYLE, cast.ballot, NOW)
    for voter in town.voters[2:]:
        device.cast(voter.card, STYLE, BO, NOW)
    close_polls(town)
    _, sums = counted(town)
    assert sums[0] == (0, 0, 4, 0)
    assert [each.reason for each in town.rejected.rejected] == [Rejection.SHARED]
    assert alarms(town)[Alarm.SHARED_BALLOT.value] == 2


def test_a_checked_ballot_is_void_even_if_a_card_casts_it(town: SimulatedTown) -> None:
    device = town.devices[0]
    opened = device.check(STYLE, BO)
    device.state(town.voters[0].card, STYLE, opened.ballot, NOW)
    for voter in town.voters[1:]:
        device.cast(voter.card, STYLE, ADA, NOW)
    close_polls(town)
    _, sums = counted(town)
    assert sums[0] == (0, 5, 0, 0)
    assert town.rejected.missing == ()


def test_a_device_that_opens_a_ballot_and_casts_it_is_caught(town: SimulatedTown) -> None:
    device = town.devices[0]
    for voter in town.voters:
        device.cast(voter.card, STYLE, ADA, NOW)
    device.ballots[-1], opened = device.make_and_open(STYLE, ADA)
    device.state(town.voters[5].card, STYLE, opened.ballot, NOW - 1)
    device.checked.append(opened)
    close_polls(town)
    assert alarms(town)[Alarm.CHECKED_AND_CAST.value] == 1
    _, sums = counted(town)
    assert sums[0] == (0, 5, 0, 0)
    assert [each.reason for each in town.rejected.rejected] == [Rejection.CHECKED]


@pytest.mark.parametrize("is_thief_first", [False, True], ids=["after the ballot", "before the ballot"])
def test_a_device_that_says_a_ballot_of_another_was_opened_voids_nothing(
    town: SimulatedTown, *, is_thief_first: bool
) -> None:
    victim, thief = town.devices
    for voter in town.voters:
        cast = victim.cast(voter.card, STYLE, ADA, NOW)
    never_cast = thief.make_ballot(STYLE, BO)[1]
    thief.checked += [CheckedBallot(each, "THB1:") for each in (cast.ballot, never_cast)]
    close_polls(town, *((thief, victim) if is_thief_first else (victim, thief)))
    assert alarms(town) == Counter({Alarm.OPENING_FALSE.value: 2})
    record, sums = counted(town)
    assert sums[0] == (0, 6, 0, 0)
    assert (town.rejected.rejected, town.rejected.missing) == ((), ())
    public = acts.public_log(town.box).files
    log = read_log(public["log.jsonl"], public["checkpoint"].decode(), town.box.log_signer().verifier)
    assert log.checked == {never_cast}, "what it said of a ballot that never came is published"
    side_cars = {owner: (record.parent / file_name(record.stem, owner)).read_bytes() for owner in (1, 3)}
    with record.open("rb") as stream:
        outcome = verify_record(stream, Evidence(record.stem, side_cars, town.published), DirectJudge())
    assert isinstance(outcome, Verified), outcome


def test_false_openings_without_measure_keep_nobody_from_closing_the_box(town: SimulatedTown) -> None:
    for voter in town.voters:
        town.devices[0].cast(voter.card, STYLE, ADA, NOW)
    false = [CheckedBallot(fingerprint(b"%d" % number), "\x01" * MAX_CODE) for number in range(100)]
    town.devices[1].checked += false
    close_polls(town)
    town.devices[1].checked = [CheckedBallot(fingerprint(b"longer"), "1" * (MAX_CODE + 1))]
    town.put(town.devices[1], town.devices[1].envelopes())
    town.pick_up()
    assert alarms(town) == Counter({Alarm.OPENING_FALSE.value: 100, Alarm.BATCH_MALFORMED.value: 1})
    (closed,) = town.close(town.settle().accepted)
    assert closed.counted == 6
    public = acts.public_log(town.box).files
    log = read_log(public["log.jsonl"], public["checkpoint"].decode(), town.box.log_signer().verifier)
    assert log.checked == {each.ballot for each in false}


def test_neither_board_ends_while_what_a_device_made_is_on_its_way(town: SimulatedTown) -> None:
    device, other = town.devices
    for voter in town.voters[:3]:
        device.cast(voter.card, STYLE, ADA, NOW)
    device.envelopes()  # on a stick
    for voter in town.voters[3:]:
        device.cast(voter.card, STYLE, BO, NOW)
    close_polls(town, device, other)
    with pytest.raises(VoteStateError, match="3 statements that kiosk-1 made have not come"):
        town.settle()
    with pytest.raises(VoteStateError, match="3 ballots that devices cast have not come"):
        town.close(town.settle(without=["kiosk-1"]).accepted)


def test_what_came_by_a_stick_after_the_last_word_of_its_device_counts(town: SimulatedTown) -> None:
    device, other = town.devices
    for voter in town.voters[:3]:
        device.cast(voter.card, STYLE, ADA, NOW)
    on_a_stick = device.envelopes()
    for voter in town.voters[3:]:
        device.cast(voter.card, STYLE, BO, NOW)
    close_polls(town, device, other)
    town.put(device, on_a_stick)
    town.pick_up()
    _, sums = counted(town)
    assert sums[0] == (0, 3, 3, 0)


def test_a_booth_that_encrypts_another_choice_is_caught_by_its_opening(town: SimulatedTown) -> None:
    town.devices[0].check(STYLE, BO, shown=ADA)
    close_polls(town)
    assert alarms(town)[Alarm.OPENING_FALSE.value] == 1


def test_rubbish_instead_of_a_ballot_is_kept_as_evidence_and_told(town: SimulatedTown) -> None:
    town.devices[0].ballots.append(b"rubbish")
    close_polls(town)
    assert alarms(town) == Counter({Alarm.BALLOT_REFUSED.value: 1})


def test_what_comes_after_the_closing_is_not_counted(town: SimulatedTown) -> None:
    for voter in town.voters:
        town.devices[0].cast(voter.card, STYLE, ADA, NOW)
    close_polls(town)
    town.close(town.settle().accepted)
    town.devices[0].ballots.append(town.devices[0].make_ballot(STYLE, BO)[0])
    town.put(town.devices[0], town.devices[0].envelopes())
    town.pick_up()
    assert alarms(town)[Alarm.AFTER_CLOSING.value] == 1
    assert acts.status(town.box).numbers["town"] == 6


def test_nothing_is_settled_or_closed_while_a_device_is_silent_unless_officers_name_it(town: SimulatedTown) -> None:
    for voter in town.voters:
        town.devices[0].cast(voter.card, STYLE, ADA, NOW)
    close_polls(town, town.devices[0])
    with pytest.raises(VoteStateError, match="kiosk-2"):
        town.settle()
    settled = town.settle(without=["kiosk-2"]).accepted
    with pytest.raises(VoteStateError, match="kiosk-2"):
        town.close(settled)
    (closed,) = town.close(settled, without=["kiosk-2"])
    assert closed.counted == 6


def test_fewer_ballots_than_the_minimum_are_not_tallied(tmp_path: Path) -> None:
    town = SimulatedTown.create(tmp_path / "town", TownPlan(NOW, voters=3, minimum_tally=4))
    for voter in town.voters:
        town.devices[0].cast(voter.card, STYLE, ADA, NOW)
    close_polls(town)
    (closed,) = town.close(town.settle().accepted)
    assert (closed.record, closed.counted) == ("", 3)
    assert not list((town.folder / "public").glob("*.bel"))


def test_a_batch_in_another_devices_name_or_for_another_election_is_refused(town: SimulatedTown) -> None:
    first, second = town.devices
    first.kiosk, second.kiosk = second.kiosk, first.kiosk  # each now signs with the other's key
    town.put(first, [first.seal_batch(b"{}", STATEMENTS_KIND, first.board)])
    town.put(second, [second.seal_batch(b"{}", BALLOTS_KIND, second.box)])
    stolen = msgspec.json.decode(first_batch(first))
    stolen["device"] = "kiosk-1"
    town.put(first, [first.seal_batch(msgspec.json.encode(stolen), STATEMENTS_KIND, first.board)])
    stolen["device"], stolen["mode"] = "kiosk-2", "official"
    town.put(first, [first.seal_batch(msgspec.json.encode(stolen), STATEMENTS_KIND, first.board)])
    town.pick_up()
    assert alarms(town) == Counter(
        {Alarm.BATCH_MALFORMED.value: 2, Alarm.OTHER_DEVICE.value: 1, Alarm.OTHER_ELECTION.value: 1}
    )


def first_batch(device: PollingDevice) -> bytes:
    batch = StatementBatch(
        mode=device.package.mode,
        definition=hex_hash(device.package.definition.to_bytes()),
        device=device.kiosk.name,
        opened=1,
        closed=0,
        made=0,
        statements=(),
    )
    return batch.to_bytes()


@pytest.mark.parametrize("is_thief_first", [False, True], ids=["after its own", "before its own"])
def test_a_statement_that_another_device_delivers_again_stays_what_it_was(
    town: SimulatedTown, *, is_thief_first: bool
) -> None:
    victim, thief = town.devices
    for voter in town.voters[:5]:
        victim.cast(voter.card, STYLE, ADA, NOW)
    thief.cast(town.voters[5].card, STYLE, BO, NOW)
    thief.statements.append(victim.statements[0])
    close_polls(town, *((thief, victim) if is_thief_first else (victim, thief)))
    assert acts.status(town.board).numbers == {"good": 6}
    assert alarms(town) == Counter({Alarm.OTHER_DEVICE.value: 1})
    _, sums = counted(town)
    assert sums[0] == (0, 5, 1, 0)


def test_the_settlement_is_said_again_byte_for_byte_and_needs_the_passphrase(town: SimulatedTown) -> None:
    town.devices[0].cast(town.voters[0].card, STYLE, ADA, NOW)
    close_polls(town)
    assert town.settle() == town.settle()
    with pytest.raises(PassphraseRefusedError):
        town.board.signing_key(Secret(b"another"))


def test_after_the_destruction_the_board_can_open_nothing(town: SimulatedTown) -> None:
    for voter in town.voters:
        town.devices[0].cast(voter.card, STYLE, ADA, NOW)
    close_polls(town)
    key = town.board.signing_key(Secret(PASSPHRASE))
    with pytest.raises(VoteStateError, match="not settled"):
        acts.destroy(town.board, key, ("Ann", "Bob"), NOW)
    report = msgspec.json.decode(town.settle().report)["list"]
    person = town.voters[0].person.personal_code.encode()
    for left_behind in ("board.db-journal", "board.db-wal"):
        (town.board.directory / left_behind).write_bytes(person)
    protocol, signature = acts.destroy(town.board, key, ("Ann", "Bob"), NOW).split(b"\n")[:2]
    told = msgspec.json.decode(protocol)
    assert told["statements"] == report["statements"]
    verify_device_signature(key.public_der, DESTRUCTION_PROTOCOL, protocol, bytes.fromhex(signature.decode()))
    with pytest.raises(DirectoryError):
        open_home(town.board.directory, BoardRole.ELIGIBILITY)
    assert not list(town.board.directory.glob("board.db*"))
    left = b"".join(path.read_bytes() for path in town.board.directory.rglob("*") if path.is_file())
    assert not any(voter.person.personal_code.encode() in left for voter in town.voters)
    assert not (town.board.directory / "keys" / "recipient.key").exists()


def test_the_public_log_names_no_device_beside_a_ballot_and_no_time(town: SimulatedTown) -> None:
    for number, voter in enumerate(town.voters):
        town.devices[number % 2].cast(voter.card, STYLE, ADA, NOW)
    close_polls(town)
    public = acts.public_log(town.box).files
    log = read_log(public["log.jsonl"], public["checkpoint"].decode(), town.box.log_signer().verifier)
    assert len(log.trackers(town.box.package.elections[STYLE].fingerprint)) == 6
    lines = [line for line in public["log.jsonl"].split(b"\n") if b"tracker" in line]
    assert lines
    assert not any(b"kiosk" in line or b"time" in line for line in lines)
    assert b"kiosk" not in public["log.jsonl"], "nor in a line beside them"
    town.close(town.settle().accepted)
    told = acts.public_log(town.box).files["log.jsonl"].removeprefix(public["log.jsonl"])
    assert told.index(b"kiosk-1") < told.index(b"kiosk-2") < told.index(b"closed")
    assert b"tracker" not in told
