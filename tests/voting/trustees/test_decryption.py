# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tallies decrypted by shares: ours and the tool's, with trustees missing or cheating, and the result strictly read."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from townhall_voting.errors import (
    KeyRefusedError,
    ProgrammingError,
    ResultRefusedError,
    ShareRefusal,
    ShareRefusedError,
    TooFewSharesError,
    TrusteesRefusedError,
)
from townhall_voting.group import Scalar
from townhall_voting.record.events import PartialDecryptionEvent, event_of
from townhall_voting.schnorr_group import BELENIOS_2048, RFC_3526_2048
from townhall_voting.trustees.combination import Combiner, OfferedShare, Requirement, lagrange
from townhall_voting.trustees.partial_decryption import parse_partial_decryption
from townhall_voting.trustees.private_keys import open_share, read_ceremony_keys, read_single_key
from townhall_voting.trustees.result import DiscreteLogarithms, open_tally, parse_result

if TYPE_CHECKING:
    from tests.voting.trustees.conftest import Count, NewCount, NewToolTrustees, SingleTrustees, ToolTrustees

    NewSingles = Callable[..., SingleTrustees]

COUNTS = b'{"result":[[1,2,0],[3,2,1]]}'
MINUS_ONE = str(BELENIOS_2048.modulus - 1)


def share_of(held: "ToolTrustees", owner: int) -> Scalar:
    keys = read_ceremony_keys(BELENIOS_2048, held.keys[owner - 1])
    return open_share(keys, held.shares[owner - 1].decode())


def combiner(count: "Count", requirement: Requirement = Requirement.SIDE_CAR) -> Combiner:
    return Combiner(count.election, count.trustees, count.tally.encrypted(), requirement)


@pytest.mark.parametrize(("threshold", "size", "present"), [(2, 3, (1, 3)), (2, 3, (2, 3)), (3, 5, (1, 3, 5))])
def test_trustees_of_the_tool_decrypt_with_ours_and_the_lost_one_is_not_missed(
    new_count: "NewCount",
    new_tool_trustees: "NewToolTrustees",
    threshold: int,
    size: int,
    present: tuple[int, ...],
) -> None:
    held = new_tool_trustees(threshold, size)
    count = new_count(held.trustees)
    tally = count.vote()
    offered = [count.decrypt(tally, owner, share_of(held, owner)) for owner in present]
    combined = combiner(count).combine(offered)
    result = open_tally(count.election, tally, combined.factors)
    assert result.data == COUNTS
    for share in combined.used:
        count.publish(share.owner, share.decryption)
    assert count.tool.run("election", "compute-result").strip() == COUNTS
    count.tool.add("Result", result.data)
    count.tool.verify()


def test_single_and_threshold_trustees_together_with_shares_by_the_tool(
    new_count: "NewCount", new_tool_trustees: "NewToolTrustees", single_trustees: "NewSingles"
) -> None:
    held, single = new_tool_trustees(2, 3), single_trustees(1)
    both = single.trustees.data[:-1] + b"," + held.trustees.data[1:]
    count = new_count(type(single.trustees)(both, single.trustees.groups + held.trustees.groups))
    tally = count.vote()
    ours = count.decrypt(tally, 1, single.privates[0])
    statement = combiner(count).statement(1)
    count.publish(1, parse_partial_decryption(statement, ours.decryption))
    offered = [ours]
    for owner in (2, 4):
        count.tool.write("key", held.keys[owner - 2])
        count.tool.write("dkey", held.shares[owner - 2])
        files = ("--key", "key", "--decryption-key", "dkey", "--trustee-id", str(owner))
        share, owned = count.tool.run("election", "decrypt-threshold", *files).splitlines()
        count.tool.add("PartialDecryption", share, owned)
        assert event_of(PartialDecryptionEvent.kind, (share, owned)) == PartialDecryptionEvent(owner, share)
        offered.append(OfferedShare(owner, share, None))
    combined = combiner(count, Requirement.RECORD).combine(offered)
    assert open_tally(count.election, tally, combined.factors).data == COUNTS
    assert count.tool.run("election", "compute-result").strip() == COUNTS
    with pytest.raises(TooFewSharesError) as refused:
        combiner(count).combine(offered)
    assert [(each.owner, each.reason) for each in refused.value.refused] == [
        (2, ShareRefusal.NO_SIDE_CAR),
        (4, ShareRefusal.NO_SIDE_CAR),
    ]


def test_a_key_file_of_the_tool_decrypts_alone(new_count: "NewCount", single_trustees: "NewSingles") -> None:
    count = new_count(single_trustees(1).trustees)
    count.tool.run("setup", "generate-trustee-key", "--group", "BELENIOS-2048")
    private = read_single_key(BELENIOS_2048, count.tool.read("*.privkey"))
    key = json.loads(count.tool.read("*.pubkey"))["public_key"]
    assert str(int(BELENIOS_2048.secret_power(BELENIOS_2048.generator, private))) == key
    for data in (b"", b"1", b'"-1"', b'"' + str(BELENIOS_2048.order).encode() + b'"'):
        with pytest.raises(KeyRefusedError):
            read_single_key(BELENIOS_2048, data)


def test_a_bad_share_is_left_out_and_named_while_enough_good_ones_remain(
    new_count: "NewCount", new_tool_trustees: "NewToolTrustees"
) -> None:
    held = new_tool_trustees(2, 3)
    count = new_count(held.trustees)
    tally = count.vote()
    good = {owner: count.decrypt(tally, owner, share_of(held, owner)) for owner in (1, 2, 3)}
    whole = combiner(count)
    for reason, bad in spoiled(good[1], good[2]):
        with pytest.raises(ShareRefusedError) as refused:
            whole.check(bad)
        assert (refused.value.owner, refused.value.reason) == (bad.owner, reason)
        combined = whole.combine([bad, good[2], good[3]])
        assert [each.owner for each in combined.used] == [2, 3]
        assert [(each.owner, each.reason) for each in combined.refused] == [(bad.owner, reason)]
        assert open_tally(count.election, tally, combined.factors).data == COUNTS
        with pytest.raises(TooFewSharesError) as too_few:
            whole.combine([bad, good[2]])
        assert (too_few.value.needed, too_few.value.valid) == (2, 1)
        assert f"trustee {bad.owner}" in str(too_few.value)


def spoiled(share: OfferedShare, other: OfferedShare) -> list[tuple[ShareRefusal, OfferedShare]]:
    assert share.side_car is not None
    parts, beside = json.loads(share.decryption), json.loads(share.side_car)
    others = json.loads(other.decryption)

    def changed(by: object, *path: str | int) -> OfferedShare:
        return replace(share, decryption=spoil(parts, by, *path))

    def changed_beside(by: object, *path: str | int) -> OfferedShare:
        return replace(share, side_car=spoil(beside, by, *path))

    factors, proofs = parts["decryption_factors"], parts["decryption_proofs"]
    reason = ShareRefusal
    return [
        (reason.UNKNOWN_TRUSTEE, replace(share, owner=0)),
        (reason.UNKNOWN_TRUSTEE, replace(share, owner=-1)),
        (reason.UNKNOWN_TRUSTEE, replace(share, owner=4)),
        (reason.PROOF, replace(share, owner=3)),
        (reason.MALFORMED, replace(share, decryption=share.decryption + b"\n")),
        (reason.MALFORMED, replace(share, decryption=b"{}")),
        (reason.MALFORMED, changed(factors[:1], "decryption_factors")),
        (reason.MALFORMED, changed(proofs[:1], "decryption_proofs")),
        (reason.MALFORMED, changed("-5", "decryption_factors", 0, 0)),
        (reason.MALFORMED, changed(str(BELENIOS_2048.order), "decryption_proofs", 0, 0, "response")),
        (reason.MEMBERSHIP, changed("0", "decryption_factors", 0, 0)),
        (reason.MEMBERSHIP, changed(MINUS_ONE, "decryption_factors", 0, 0)),
        (reason.PROOF, changed("1", "decryption_factors", 0, 0)),
        (reason.PROOF, changed(factors[0][1], "decryption_factors", 0, 0)),
        (reason.PROOF, changed(others["decryption_factors"], "decryption_factors")),
        (reason.PROOF, changed("0", "decryption_proofs", 1, 2, "response")),
        (reason.NO_SIDE_CAR, replace(share, side_car=None)),
        (reason.SIDE_CAR_MALFORMED, replace(share, side_car=other.side_car)),
        (reason.SIDE_CAR_MALFORMED, replace(share, side_car=share.side_car + b" ")),
        (reason.SIDE_CAR_MALFORMED, changed_beside("A" * 43, "election")),
        (reason.SIDE_CAR_MALFORMED, changed_beside("0" * 64, "tally")),
        (reason.SIDE_CAR_MALFORMED, changed_beside(2, "owner")),
        (reason.SIDE_CAR_MALFORMED, changed_beside(2, "version")),
        (reason.SIDE_CAR_MALFORMED, changed_beside(beside["proofs"][:1], "proofs")),
        (reason.SIDE_CAR_PROOF, changed_beside(beside["proofs"][0][1], "proofs", 0, 0)),
        (reason.SIDE_CAR_PROOF, changed_beside(proofs, "proofs")),
    ]


def spoil(value: object, by: object, *path: str | int) -> bytes:
    copy = json.loads(json.dumps(value))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = by
    return json.dumps(copy, separators=(",", ":")).encode()


def test_a_share_handed_in_twice_counts_once_and_another_of_the_same_trustee_is_refused(
    new_count: "NewCount", new_tool_trustees: "NewToolTrustees"
) -> None:
    held = new_tool_trustees(2, 3)
    count = new_count(held.trustees)
    tally = count.vote()
    share, again = (count.decrypt(tally, 1, share_of(held, 1)) for _ in range(2))
    with pytest.raises(TooFewSharesError) as refused:
        combiner(count).combine([share, share, again])
    assert refused.value.valid == 1
    assert [each.reason for each in refused.value.refused] == [ShareRefusal.REPEATED]


def test_a_share_of_another_tally_of_the_same_election_is_refused(
    new_count: "NewCount", single_trustees: "NewSingles"
) -> None:
    singles = single_trustees(1)
    count = new_count(singles.trustees)
    count.tally.add(count.ballot(0, ((1, 0, 0), (0, 1, 1))))
    early = count.tally.encrypted()
    count.tally.add(count.ballot(1, ((1, 0, 0), (0, 1, 1))))
    with pytest.raises(ShareRefusedError) as refused:
        combiner(count).check(count.decrypt(early, 1, singles.privates[0]))
    assert refused.value.reason is ShareRefusal.PROOF


def test_the_key_of_another_trustee_decrypts_nothing(new_count: "NewCount", single_trustees: "NewSingles") -> None:
    singles = single_trustees(2)
    count = new_count(singles.trustees)
    with pytest.raises(ProgrammingError):
        count.decrypt(count.tally.encrypted(), 1, singles.privates[1])
    with pytest.raises(TrusteesRefusedError):
        Combiner(count.election, single_trustees(2).trustees, count.tally.encrypted(), Requirement.SIDE_CAR)


def test_an_election_without_ballots_opens_to_zeros(new_count: "NewCount", single_trustees: "NewSingles") -> None:
    singles = single_trustees(1)
    count = new_count(singles.trustees)
    tally = count.vote(())
    combined = combiner(count).combine([count.decrypt(tally, 1, singles.privates[0])])
    assert open_tally(count.election, tally, combined.factors).data == b'{"result":[[0,0,0],[0,0,0]]}'


def test_ranked_ballots_open_to_their_numbers_and_to_no_more(
    new_count: "NewCount", single_trustees: "NewSingles"
) -> None:
    ranked = {"type": "NonHomomorphic", "value": {"answers": ["x", "y"], "question": "Rank"}}
    singles = single_trustees(1, RFC_3526_2048)
    count = new_count(singles.trustees, ranked, group="RFC-3526-2048")
    for voter, numbers in enumerate(((1, 255), (0, 7))):
        count.tally.add(count.ballot(voter, (numbers,)))
    tally = count.tally.encrypted()
    combined = combiner(count).combine([count.decrypt(tally, 1, singles.privates[0])])
    result = open_tally(count.election, tally, combined.factors)
    assert sorted(json.loads(result.data)["result"][0]) == [[0, 7], [1, 255]]
    assert parse_result(count.election, result.data) == result
    wrong = tuple(tuple(RFC_3526_2048.multiply(one, one) for one in column) for column in combined.factors)
    with pytest.raises(ResultRefusedError):
        open_tally(count.election, tally, wrong)


def test_a_count_above_the_ballots_is_no_result() -> None:
    group = BELENIOS_2048
    for bound in (0, 1, 2, 3, 99):
        found = DiscreteLogarithms(group, bound)
        for number in range(bound + 1):
            assert found.find(group.power(group.generator, group.scalar(number))) == number
        for number in (bound + 1, bound + 2, -1):
            with pytest.raises(ResultRefusedError):
                found.find(group.power(group.generator, group.scalar(number)))


def test_a_result_in_another_form_or_spelling_is_refused(new_count: "NewCount", single_trustees: "NewSingles") -> None:
    election = new_count(single_trustees(1).trustees).election
    assert parse_result(election, COUNTS).questions == ((1, 2, 0), (3, 2, 1))
    large = b'{"result":[["1073741824",1073741823,0],[3,2,1]]}'
    assert parse_result(election, large).questions[0] == (2**30, 2**30 - 1, 0)
    for data in (
        COUNTS + b"\n",
        COUNTS.replace(b"[1,2,0],", b""),
        COUNTS.replace(b"0]", b"0,0]"),
        COUNTS.replace(b"1,2", b"-1,2"),
        COUNTS.replace(b"1,2", b'"1",2'),
        COUNTS.replace(b"1,2", b"1.0,2"),
        COUNTS.replace(b"1,2", b"01,2"),
        large.replace(b'"1073741824"', b"1073741824"),
        large.replace(b'"1073741824"', b'" 1073741824"'),
        COUNTS.replace(b"result", b"results"),
    ):
        with pytest.raises(ResultRefusedError):
            parse_result(election, data)


def test_coefficients_lead_from_any_shares_to_the_value_at_zero() -> None:
    group, polynomial = BELENIOS_2048, (5, 7, 11)
    for indices in ((1, 2, 3), (1, 3, 5), (2, 4, 5)):
        values = [sum(a * x**k for k, a in enumerate(polynomial)) for x in indices]
        total = sum(lagrange(group, indices, x) * value for x, value in zip(indices, values, strict=True))
        assert group.scalar(total) == 5
