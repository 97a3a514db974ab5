# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trustees' ceremony: whole elections with it, and every way to cheat in it named with who did."""

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import pytest

from townhall_voting.errors import (
    CeremonyRefusal,
    CeremonyRefusedError,
    KeyRefusedError,
    ProgrammingError,
    RefusedError,
    TrusteesRefusal,
    TrusteesRefusedError,
)
from townhall_voting.group import Scalar
from townhall_voting.nonces import Randomness
from townhall_voting.schnorr_group import BELENIOS_2048 as GROUP
from townhall_voting.trustees.ceremony import Ceremony, Terms, assemble, make_certificate
from townhall_voting.trustees.ceremony_dealing import Dealing, check_reveals, commit, deal, reveal
from townhall_voting.trustees.ceremony_outcome import check_share, conclude, publish_key, route, take_share
from townhall_voting.trustees.combination import Combiner, Requirement
from townhall_voting.trustees.private_keys import CeremonyKeys, new_ceremony_keys, open_share, seal_share
from townhall_voting.trustees.result import open_tally
from townhall_voting.trustees.signed_message import SignedMessage, sign_message
from townhall_voting.trustees.threshold import Layout, ThresholdTrustees
from townhall_voting.trustees.trustee_list import parse_trustees, write_trustees

if TYPE_CHECKING:
    from tests.voting.trustees.conftest import NewCount

COUNTS = b'{"result":[[1,2,0],[3,2,1]]}'
MINUS_ONE = str(GROUP.modulus - 1)


@dataclass(slots=True)
class Table:
    """All trustees of one ceremony at a table; a test may cheat between any two steps."""

    terms: Terms
    randomness: Randomness
    keys: list[CeremonyKeys] = field(init=False)
    certificates: list[bytes] = field(init=False)
    dealings: list[Dealing] = field(default_factory=list)
    commits: list[bytes] = field(default_factory=list)
    reveals: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = [new_ceremony_keys(self.terms.group, self.randomness) for _ in range(self.terms.size)]
        self.certificates = [
            make_certificate(self.terms, index, keys, self.randomness) for index, keys in enumerate(self.keys, 1)
        ]

    @property
    def ceremony(self) -> Ceremony:
        return assemble(self.terms, self.certificates)

    def commit_all(self) -> None:
        self.dealings = [deal(self.ceremony, keys, self.randomness) for keys in self.keys]
        self.commits = [
            commit(self.ceremony, keys, dealing, self.randomness)
            for keys, dealing in zip(self.keys, self.dealings, strict=True)
        ]

    def reveal_all(self) -> None:
        self.reveals = [
            reveal(self.ceremony, keys, dealing, self.commits, self.randomness)
            for keys, dealing in zip(self.keys, self.dealings, strict=True)
        ]

    def shares(self) -> list[Scalar]:
        inputs = route(self.ceremony, check_reveals(self.ceremony, self.commits, self.reveals))
        return [take_share(self.ceremony, keys, given) for keys, given in zip(self.keys, inputs, strict=True)]

    def published(self, shares: Sequence[Scalar]) -> list[bytes]:
        dealt = check_reveals(self.ceremony, self.commits, self.reveals)
        return [
            publish_key(self.ceremony, keys, share, dealt, self.randomness)
            for keys, share in zip(self.keys, shares, strict=True)
        ]

    def conclude(self, published: Sequence[bytes]) -> ThresholdTrustees:
        dealt = check_reveals(self.ceremony, self.commits, self.reveals)
        return conclude(self.ceremony, dealt, published)

    def resigned(self, message: bytes, trustee: int, **by: object) -> bytes:
        """Return a message of that trustee with members changed, and signed again by the same trustee."""
        return self.signed(trustee, json.loads(json.loads(message)["message"]) | by)

    def signed(self, index: int, step: dict[str, object]) -> bytes:
        signed: SignedMessage = sign_message(GROUP, self.keys[index - 1].signing, compact(step), self.randomness)
        return msgspec.json.encode(signed.wire)


NewTable = Callable[[int, int], Table]


@pytest.fixture
def new_table(randomness: Randomness) -> NewTable:
    return lambda threshold, size: Table(Terms(GROUP, size, threshold), randomness)


@pytest.mark.parametrize(("threshold", "size", "present"), [(2, 3, (1, 3)), (3, 5, (2, 4, 5)), (1, 1, (1,))])
def test_a_whole_election_with_our_trustees_and_a_lost_one_is_verified_by_the_tool(
    new_table: NewTable, new_count: "NewCount", threshold: int, size: int, present: tuple[int, ...]
) -> None:
    table = new_table(threshold, size)
    table.commit_all()
    table.reveal_all()
    shares = table.shares()
    trustees = write_trustees(GROUP, [table.conclude(table.published(shares))])
    assert trustees.layout is Layout.BOUND
    count = new_count(trustees)
    tally = count.vote()
    offered = [count.decrypt(tally, owner, shares[owner - 1]) for owner in present]
    combined = Combiner(count.election, trustees, tally, Requirement.SIDE_CAR).combine(offered)
    assert open_tally(count.election, tally, combined.factors).data == COUNTS
    for share in combined.used:
        count.publish(share.owner, share.decryption)
    result = count.tool.run("election", "compute-result").strip()
    assert result == COUNTS
    count.tool.add("Result", result)
    count.tool.verify()


def test_the_tool_goes_on_with_key_files_of_ours(new_table: NewTable, new_count: "NewCount") -> None:
    table = new_table(2, 3)
    table.commit_all()
    table.reveal_all()
    shares = table.shares()
    count = new_count(write_trustees(GROUP, [table.conclude(table.published(shares))]))
    count.vote()
    for owner in (2, 3):
        keys = table.keys[owner - 1]
        count.tool.write("key", keys.seed.encode())
        count.tool.write("dkey", seal_share(keys, shares[owner - 1], table.randomness).encode())
        files = ("--key", "key", "--decryption-key", "dkey", "--trustee-id", str(owner))
        count.tool.add("PartialDecryption", *count.tool.run("election", "decrypt-threshold", *files).splitlines())
    count.tool.add("Result", count.tool.run("election", "compute-result").strip())
    count.tool.verify()


def test_a_trustee_finds_its_place_and_no_share_of_another_ceremony_fits(new_table: NewTable) -> None:
    table, other = new_table(2, 2), new_table(2, 2)
    for each in (table, other):
        each.commit_all()
        each.reveal_all()
    shares = table.shares()
    trustees = table.conclude(table.published(shares))
    sealed = seal_share(table.keys[1], shares[1], table.randomness)
    assert check_share(trustees, table.keys[1], open_share(table.keys[1], sealed)) == 2
    for keys, share in ((table.keys[0], shares[1]), (other.keys[0], shares[0]), (table.keys[0], other.shares()[0])):
        with pytest.raises(KeyRefusedError):
            check_share(trustees, keys, share)
    with pytest.raises(KeyRefusedError):
        open_share(table.keys[0], sealed)


# Certificates


def test_a_certificate_for_another_place_terms_or_key_is_refused(new_table: NewTable) -> None:
    table, other = new_table(2, 3), new_table(2, 2)
    first, second, third = table.certificates
    for certificates, refusal, trustee in (
        ([first, third, second], TrusteesRefusal.CONTEXT, 2),
        ([first, first, third], TrusteesRefusal.CONTEXT, 2),
        ([other.certificates[0], second, third], TrusteesRefusal.CONTEXT, 1),
        (
            [first, make_certificate(table.terms, 2, table.keys[0], table.randomness), third],
            TrusteesRefusal.REPEATED,
            None,
        ),
        ([first, spoiled(second, "0", "signature", "response"), third], TrusteesRefusal.CERTIFICATE, 2),
        ([first, table.resigned(second, 1), third], TrusteesRefusal.CERTIFICATE, 2),
    ):
        with pytest.raises(TrusteesRefusedError) as refused:
            assemble(table.terms, certificates)
        assert (refused.value.reason, refused.value.owner) == (refusal, trustee)


def test_a_certificate_with_a_number_that_is_no_element_is_refused(new_table: NewTable) -> None:
    table = new_table(2, 2)
    for number in (MINUS_ONE, "0", "-1", "", str(GROUP.modulus), "1e3"):
        bad = table.resigned(table.certificates[1], 2, encryption=number)
        with pytest.raises(CeremonyRefusedError) as refused:
            assemble(table.terms, [table.certificates[0], bad])
        assert (refused.value.reason, refused.value.trustee) == (CeremonyRefusal.MALFORMED, 2)
    with pytest.raises(TrusteesRefusedError) as one:
        assemble(table.terms, [table.certificates[0], table.resigned(table.certificates[1], 2, encryption="1")])
    assert one.value.reason is TrusteesRefusal.MEMBERSHIP


def test_certificates_are_one_for_each_place_and_a_trustee_finds_its_own(new_table: NewTable) -> None:
    table, other = new_table(2, 3), new_table(2, 3)
    for certificates in (table.certificates[:2], [*table.certificates, table.certificates[0]], []):
        with pytest.raises(CeremonyRefusedError) as refused:
            assemble(table.terms, certificates)
        assert refused.value.reason is CeremonyRefusal.MISSING
    exchanged = assemble(table.terms, [other.certificates[0], *table.certificates[1:]])
    with pytest.raises(CeremonyRefusedError) as not_mine:
        deal(exchanged, table.keys[0], table.randomness)
    assert not_mine.value.reason is CeremonyRefusal.NOT_MINE
    assert exchanged.hash != table.ceremony.hash
    for index in (0, -1, 4):
        with pytest.raises(ProgrammingError):
            make_certificate(table.terms, index, table.keys[0], table.randomness)
    for threshold, size in ((0, 3), (-1, 3), (4, 3), (1, 65), (0, 0)):
        with pytest.raises(ProgrammingError):
            Terms(GROUP, size, threshold)


# Commitments before anything is shown


def test_nobody_shows_anything_before_everybody_has_committed(new_table: NewTable) -> None:
    table, other = new_table(2, 3), new_table(2, 3)
    table.commit_all()
    other.commit_all()
    first, second, third = table.commits
    for commits, reason, trustee in (
        ([first, second], CeremonyRefusal.MISSING, None),
        ([first, second, b""], CeremonyRefusal.MALFORMED, 3),
        ([first, second, second], CeremonyRefusal.SIGNATURE, 3),
        ([first, second, other.commits[2]], CeremonyRefusal.SIGNATURE, 3),
        ([first, second, table.resigned(second, 3)], CeremonyRefusal.OTHER_CEREMONY, 3),
        ([first, second, table.resigned(third, 3, ceremony=other.ceremony.hash)], CeremonyRefusal.OTHER_CEREMONY, 3),
        ([first, second, table.resigned(third, 3, kind="townhall.ceremony.key.v1")], CeremonyRefusal.OTHER_CEREMONY, 3),
        ([table.resigned(first, 1, commitment="0" * 64), second, third], CeremonyRefusal.NOT_COMMITTED, 1),
    ):
        with pytest.raises(CeremonyRefusedError) as refused:
            reveal(table.ceremony, table.keys[0], table.dealings[0], commits, table.randomness)
        assert (refused.value.reason, refused.value.trustee) == (reason, trustee)


def test_a_trustee_who_waits_for_the_others_cannot_choose_its_part_any_more(new_table: NewTable) -> None:
    table = new_table(2, 3)
    table.commit_all()
    table.reveal_all()
    # Having seen what the others dealt, the last one prefers another polynomial to the one it committed to.
    preferred = deal(table.ceremony, table.keys[2], table.randomness)
    honest = json.loads(json.loads(table.reveals[2])["message"])
    late = table.signed(3, honest | {"dealing": preferred.text, "blind": preferred.blind})
    with pytest.raises(CeremonyRefusedError) as refused:
        check_reveals(table.ceremony, table.commits, [*table.reveals[:2], late])
    assert (refused.value.reason, refused.value.trustee) == (CeremonyRefusal.NOT_COMMITTED, 3)


def test_a_trustee_who_commits_to_different_things_before_different_trustees_is_found_out(new_table: NewTable) -> None:
    table = new_table(2, 3)
    table.commit_all()
    other = deal(table.ceremony, table.keys[2], table.randomness)
    second_commit = commit(table.ceremony, table.keys[2], other, table.randomness)
    seen_by_second = [*table.commits[:2], second_commit]
    reveals = [
        reveal(table.ceremony, table.keys[0], table.dealings[0], table.commits, table.randomness),
        reveal(table.ceremony, table.keys[1], table.dealings[1], seen_by_second, table.randomness),
        reveal(table.ceremony, table.keys[2], other, seen_by_second, table.randomness),
    ]
    for commits, trustee in ((table.commits, 2), (seen_by_second, 1)):
        with pytest.raises(CeremonyRefusedError) as refused:
            check_reveals(table.ceremony, commits, reveals)
        assert (refused.value.reason, refused.value.trustee) == (CeremonyRefusal.NOT_COMMITTED, trustee)


def test_the_same_dealing_commits_to_another_number_under_another_blind(new_table: NewTable) -> None:
    table = new_table(1, 1)
    table.commit_all()
    (dealing,) = table.dealings
    again = commit(table.ceremony, table.keys[0], Dealing(dealing.text, "00" * 32), table.randomness)
    committed = [json.loads(json.loads(each)["message"])["commitment"] for each in (again, table.commits[0])]
    assert committed[0] != committed[1]


# What is dealt


def cheating(table: Table, changes: dict[str, object]) -> None:
    """Have trustee 3 change members of what it deals, before it commits to it."""
    honest = table.dealings[2]
    table.dealings[2] = Dealing(compact(json.loads(honest.text) | changes), honest.blind)
    table.commits[2] = commit(table.ceremony, table.keys[2], table.dealings[2], table.randomness)
    table.reveal_all()
    table.dealings[2] = honest


def test_commitments_that_are_not_the_dealer_s_or_not_of_the_threshold_are_refused(new_table: NewTable) -> None:
    table = new_table(2, 3)
    table.commit_all()
    (message,) = [json.loads(json.loads(table.dealings[2].text)["coefexps"]["message"])["coefexps"]]
    signature = json.loads(table.dealings[0].text)["signature"]
    others = json.loads(table.dealings[0].text)["coefexps"]

    def signed(elements: list[str]) -> object:
        text = compact({"coefexps": elements})
        return json.loads(msgspec.json.encode(sign_message(GROUP, table.keys[2].signing, text, table.randomness).wire))

    for reason, member, value in (
        (CeremonyRefusal.SIGNATURE, "coefexps", others),
        (CeremonyRefusal.SIGNATURE, "coefexps", signed([message[1], message[0]])),
        (CeremonyRefusal.SIGNATURE, "coefexps", signed(message[:1])),
        (CeremonyRefusal.SIGNATURE, "coefexps", signed(["1", message[1]])),
        (CeremonyRefusal.MALFORMED, "coefexps", signed([MINUS_ONE, message[1]])),
        (CeremonyRefusal.MALFORMED, "coefexps", signed(["0", message[1]])),
        (CeremonyRefusal.MALFORMED, "coefexps", signed(["-2", message[1]])),
        (CeremonyRefusal.SIGNATURE, "signature", signature),
        (CeremonyRefusal.MALFORMED, "secrets", json.loads(table.dealings[2].text)["secrets"][:2]),
        (CeremonyRefusal.MALFORMED, "more", 1),
    ):
        cheating(table, {member: value})
        with pytest.raises(CeremonyRefusedError) as refused:
            check_reveals(table.ceremony, table.commits, table.reveals)
        assert (refused.value.reason, refused.value.trustee) == (reason, 3)


def test_a_wrong_replayed_or_misdirected_secret_names_its_dealer(new_table: NewTable) -> None:
    table = new_table(2, 3)
    table.commit_all()
    old = [json.loads(each.text)["secrets"] for each in table.dealings]
    fresh = json.loads(deal(table.ceremony, table.keys[2], table.randomness).text)["secrets"]

    for secret in (
        old[2][1],  # meant for the second trustee
        old[0][0],  # of another sender
        fresh[0],  # of another polynomial of the same sender
        "{}",
        "nonsense",
        json.dumps(json.loads(old[2][0]) | {"data": "00" * 40}),
        json.dumps(json.loads(old[2][0]) | {"alpha": MINUS_ONE}),
        json.dumps(json.loads(old[2][0]) | {"data": "xyz"}),
    ):
        cheating(table, {"secrets": [secret, *json.loads(table.dealings[2].text)["secrets"][1:]]})
        ceremony = table.ceremony
        inputs = route(ceremony, check_reveals(ceremony, table.commits, table.reveals))
        with pytest.raises(CeremonyRefusedError) as refused:
            take_share(ceremony, table.keys[0], inputs[0])
        assert (refused.value.reason, refused.value.trustee) == (CeremonyRefusal.WRONGLY_DEALT, 3)
        assert take_share(ceremony, table.keys[1], inputs[1])
        with pytest.raises(CeremonyRefusedError) as not_mine:
            take_share(ceremony, table.keys[1], inputs[0])
        assert not_mine.value.reason is CeremonyRefusal.NOT_MINE


# Keys


def test_a_public_key_that_is_not_the_share_s_or_of_another_view_is_refused(new_table: NewTable) -> None:
    table = new_table(2, 3)
    table.commit_all()
    table.reveal_all()
    shares = table.shares()
    good = table.published(shares)
    dealt = check_reveals(table.ceremony, table.commits, table.reveals)
    key = json.loads(json.loads(good[1])["message"])["public_key"]
    unsigned = {name: value for name, value in key.items() if name != "signature"}
    wrong_share = publish_key(table.ceremony, table.keys[1], shares[0], dealt, table.randomness)
    for bad, reason in (
        (wrong_share, TrusteesRefusal.KEY),
        (table.resigned(good[1], 2, public_key=key | {"pok": key["signature"]}), TrusteesRefusal.KEY_PROOF),
        (table.resigned(good[1], 2, public_key=key | {"signature": key["pok"]}), TrusteesRefusal.KEY_SIGNATURE),
        (table.resigned(good[1], 2, public_key=unsigned), CeremonyRefusal.SIGNATURE),
        (table.resigned(good[1], 2, public_key=key | {"public_key": MINUS_ONE}), CeremonyRefusal.MALFORMED),
        (table.resigned(good[1], 2, public_key=key | {"public_key": "0"}), CeremonyRefusal.MALFORMED),
        (table.resigned(good[1], 2, reveals="0" * 64), CeremonyRefusal.OTHER_VIEW),
        (table.resigned(good[1], 2, index=3), CeremonyRefusal.OTHER_CEREMONY),
        (good[0], CeremonyRefusal.SIGNATURE),
    ):
        with pytest.raises(RefusedError) as refused:
            table.conclude([good[0], bad, good[2]])
        assert str(refused.value) == f"trustee 2: {reason.value}"
    with pytest.raises(CeremonyRefusedError) as missing:
        table.conclude(good[:2])
    assert missing.value.reason is CeremonyRefusal.MISSING


def test_the_bound_layout_loses_no_signature_unnoticed(new_table: NewTable) -> None:
    table = new_table(2, 2)
    table.commit_all()
    table.reveal_all()
    data = write_trustees(GROUP, [table.conclude(table.published(table.shares()))]).data
    entries = json.loads(data)
    for path, reason in (
        ((0, 1, "signatures"), TrusteesRefusal.MALFORMED),
        ((0, 1, "verification_keys", 0, "signature"), TrusteesRefusal.MALFORMED),
    ):
        changed = copy.deepcopy(entries)
        place = changed
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]
        with pytest.raises(TrusteesRefusedError) as refused:
            parse_trustees(GROUP, compact(changed).encode())
        assert refused.value.reason is reason
    swapped = copy.deepcopy(entries)
    swapped[0][1]["signatures"].reverse()
    with pytest.raises(TrusteesRefusedError) as other:
        parse_trustees(GROUP, compact(swapped).encode())
    assert (other.value.reason, other.value.owner) == (TrusteesRefusal.COMMITMENT, 1)


def spoiled(message: bytes, by: object, *path: str) -> bytes:
    value = json.loads(message)
    place = value
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = by
    return compact(value).encode()


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
