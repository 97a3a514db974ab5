# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Statements, slips and receipts: genuine or refused; and the rule by which one statement of a person counts."""

import asyncio
import hashlib
import random
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto import canonical, namespaces
from townhall_crypto.asice import sign_asice
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.signed_text import sign_text
from townhall_smartcard.simulation.estonian_card_keys import CertifiedKey
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pki import Role, TestPki
from townhall_voting.eligibility.duplicates import Candidate, OpeningHours, Pseudonym, Resolution, resolve
from townhall_voting.eligibility.receipt import VotingReceiptFacts, sign_voting_receipt, verify_voting_receipt
from townhall_voting.eligibility.slip import SlipFacts, read_slip, sign_slip, verify_slip
from townhall_voting.eligibility.statement import (
    StatementFacts,
    read_facts,
    sign_statement,
    validate_statement,
)
from townhall_voting.errors import SlipRefusedError, StatementRefusal, StatementRefusedError
from townhall_voting.hashing import HexHash, fingerprint, hash_bytes, is_fingerprint
from townhall_voting.mode import Mode
from townhall_voting.words import words

KEY = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
OTHER_KEY = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
PHI = fingerprint(b"election")
H = fingerprint(b"ballot")
FACTS = StatementFacts(
    mode=Mode.TEST,
    election=PHI,
    ballot=H,
    place="tamme",
    device="kiosk-1",
    seq=1,
    time=1_700_000_000,
    roll_version=HexHash("ab" * 32),
    language="en",
)
SLIP = SlipFacts(type="commitment", mode=Mode.TEST, election=PHI, ballot=H, admission="123456786", booth="booth-1")
RECEIPT = VotingReceiptFacts(
    mode=Mode.OFFICIAL,
    uuid="BXxNnieWzhqs6B",
    election=PHI,
    ballot=H,
    tracker=fingerprint(b"whole"),
    place="Tamme Library",
    date="2023-11-14",
    device="kiosk-1",
    journal=HexHash("cd" * 32),
    board="",
    board_size=0,
)


def sentence(facts: StatementFacts) -> str:
    return f"I cast the ballot {facts.ballot} at {facts.place}."


NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki()


@pytest.fixture(scope="module")
def card(pki: TestPki) -> CertifiedKey:
    return pki.issue(KADRI, Role.SIGNATURE)


def sign(card: CertifiedKey, files: dict[str, bytes]) -> bytes:
    async def sign_digest(digest: bytes) -> bytes:
        return card.sign_digest(digest)

    return asyncio.run(sign_asice(files, certificate=card.certificate, sign_digest=sign_digest, signed_at=NOW))


def test_a_statement_comes_back_with_who_signed_what(pki: TestPki, card: CertifiedKey) -> None:
    async def sign_digest(digest: bytes) -> bytes:
        return card.sign_digest(digest)

    signing = sign_statement(
        FACTS, sentence(FACTS), certificate=card.certificate, sign_digest=sign_digest, signed_at=NOW
    )
    made = asyncio.run(signing)
    assert read_facts(made) == FACTS
    statement = validate_statement(made, pki.trust_anchors, NOW, sentence)
    assert statement.facts == FACTS
    assert statement.certificate.subject.personal_code == KADRI.personal_code
    assert statement.sha256 == hashlib.sha256(made).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        {"ballot": "A" * 42 + "B"},
        {"election": "short"},
        {"seq": 0},
        {"time": -1},
        {"mode": "rehearsal"},
        {"version": 2},
        {"type": "receipt"},
        {"place": ""},
        {"device": "x" * 201},
        {"roll_version": "AB" * 32},
        {"choice": "Ada"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_facts_that_no_kiosk_writes_are_refused(card: CertifiedKey, change: dict[str, str | int]) -> None:
    spelled = canonical.encode({**msgspec.to_builtins(FACTS), **change})
    made = sign(card, {"statement.json": spelled, "statement.txt": b"?"})
    with pytest.raises(StatementRefusedError) as refused:
        read_facts(made)
    assert refused.value.reason is StatementRefusal.MALFORMED


@pytest.mark.parametrize(
    "files",
    [
        {"statement.json": FACTS.to_bytes()},
        {"statement.txt": b"?", "statement.json": FACTS.to_bytes()},
        {"statement.json": FACTS.to_bytes(), "statement.txt": b"?", "more.txt": b""},
        {"statement.json": FACTS.to_bytes() + b" ", "statement.txt": b"?"},
        {"statement.json": FACTS.to_bytes(), "statement.txt": b"\xff"},
    ],
    ids=["no sentence", "another order", "a third file", "another spelling", "no text"],
)
def test_other_files_than_facts_and_sentence_are_no_statement(card: CertifiedKey, files: dict[str, bytes]) -> None:
    with pytest.raises(StatementRefusedError) as refused:
        read_facts(sign(card, files))
    assert refused.value.reason is StatementRefusal.MALFORMED


def test_nobody_signs_a_sentence_that_they_did_not_read(pki: TestPki, card: CertifiedKey) -> None:
    made = sign(card, {"statement.json": FACTS.to_bytes(), "statement.txt": b"I want a library card."})
    with pytest.raises(StatementRefusedError) as refused:
        validate_statement(made, pki.trust_anchors, NOW, sentence)
    assert refused.value.reason is StatementRefusal.OTHER_SENTENCE


def test_a_statement_by_an_unknown_authoritys_card_is_refused(card: CertifiedKey) -> None:
    made = sign(card, {"statement.json": FACTS.to_bytes(), "statement.txt": sentence(FACTS).encode()})
    with pytest.raises(StatementRefusedError) as refused:
        validate_statement(made, TestPki().trust_anchors, NOW, sentence)
    assert refused.value.reason is StatementRefusal.CERTIFICATE


def test_a_changed_statement_is_no_statement(pki: TestPki, card: CertifiedKey) -> None:
    made = sign(card, {"statement.json": FACTS.to_bytes(), "statement.txt": sentence(FACTS).encode()})
    for place in range(0, len(made), 7):
        changed = bytearray(made)
        changed[place] ^= 1
        with pytest.raises(StatementRefusedError):
            validate_statement(bytes(changed), pki.trust_anchors, NOW, sentence)


def test_a_slip_says_what_the_booth_signed_and_nothing_else_does() -> None:
    text = sign_slip(SLIP, KEY)
    assert read_slip(text) == SLIP == verify_slip(text + "\n", "commitment", KEY.public_der)
    with pytest.raises(SlipRefusedError):
        verify_slip(text, "commitment", OTHER_KEY.public_der)
    with pytest.raises(SlipRefusedError):
        verify_slip(text, "cast", KEY.public_der)
    for place in range(0, len(text), 5):
        with pytest.raises(SlipRefusedError):
            verify_slip(
                text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :], "commitment", KEY.public_der
            )


def test_a_commitment_is_never_taken_for_the_word_that_it_was_cast() -> None:
    commitment = sign_slip(SLIP, KEY)
    body = msgspec.structs.replace(SLIP, type="cast").to_bytes()
    forged = sign_text("TOWNHALL-CAST-1:", namespaces.VOTING_SLIP, body, KEY)
    for text in (
        forged,
        commitment.replace("SLIP", "CAST"),
        sign_text("TOWNHALL-CAST-1:", namespaces.VOTING_CAST, SLIP.to_bytes(), KEY),
    ):
        with pytest.raises(SlipRefusedError):
            verify_slip(text, "cast", KEY.public_der)


@pytest.mark.parametrize("admission", ["12345678", "1234567866", "12345678a", "١٢٣٤٥٦٧٨٦", "123456789", "123456876"])
def test_an_admission_number_has_eight_digits(admission: str) -> None:
    text = sign_slip(msgspec.structs.replace(SLIP, admission=admission), KEY)
    with pytest.raises(SlipRefusedError):
        read_slip(text)


def test_a_voting_receipt_says_where_and_never_who_what_or_at_what_hour() -> None:
    text = sign_voting_receipt(RECEIPT, KEY)
    assert verify_voting_receipt(text, KEY.public_der) == RECEIPT
    with pytest.raises(SlipRefusedError):
        verify_voting_receipt(text, OTHER_KEY.public_der)
    members = set(msgspec.to_builtins(RECEIPT))
    assert members == {
        *("version", "type", "mode", "uuid", "election", "ballot", "tracker", "place", "date", "device", "journal"),
        *("board", "board_size"),
    }


@pytest.mark.parametrize(
    "change",
    [{"date": "2023-11-14T10:00"}, {"tracker": "x"}, {"journal": ""}, {"board": "zz"}],
    ids=lambda c: next(iter(c)),
)
def test_a_receipt_with_other_facts_is_refused(change: dict[str, str]) -> None:
    body = canonical.encode({**msgspec.to_builtins(RECEIPT), **change})
    text = sign_text("TOWNHALL-VOTE-1:", namespaces.VOTING_RECEIPT, body, KEY)
    with pytest.raises(SlipRefusedError):
        verify_voting_receipt(text, KEY.public_der)


def test_words_are_the_published_proquints() -> None:
    assert words(bytes([127, 0, 0, 1]), 2) == "lusab-babad"
    assert words(bytes([63, 84, 220, 193]), 2) == "gutih-tugad"
    assert words(hash_bytes(H), 16).count("-") == 15
    assert len({words(bytes([high, low]), 1) for high in range(256) for low in range(256)}) == 65536


@given(st.binary(min_size=32, max_size=32))
def test_a_fingerprint_has_one_spelling(data: bytes) -> None:
    spelled = fingerprint(data)
    assert is_fingerprint(spelled)
    assert hash_bytes(spelled) == hashlib.sha256(data).digest()
    assert not is_fingerprint(spelled[:-1])
    assert not is_fingerprint(spelled + "\n")


HOURS = {"a": OpeningHours(100, 200), "b": OpeningHours(120, 180)}


def candidate(number: int, person: str, *, device: str = "a", time: int = 150, ballot: str | None = None) -> Candidate:
    return Candidate(
        HexHash(f"{number:064x}"),
        Pseudonym(person.encode()),
        fingerprint((ballot or f"ballot {number}").encode()),
        device,
        time,
        number,
    )


def outcome(*candidates: Candidate, paper: tuple[str, ...] = ()) -> list[Resolution]:
    resolved = resolve(candidates, HOURS, [Pseudonym(name.encode()) for name in paper])
    return [resolved[each.sha256] for each in candidates]


COUNTED, LATER = Resolution.COUNTED, Resolution.LATER_DUPLICATE


def test_the_earliest_statement_of_a_person_counts() -> None:
    assert outcome(candidate(1, "p", time=160), candidate(2, "p", time=150)) == [LATER, COUNTED]
    assert outcome(candidate(1, "p"), candidate(2, "q")) == [COUNTED, COUNTED]


def test_a_clock_that_lies_gains_nothing_outside_the_signed_hours() -> None:
    # b opened at 120: its claim of 5 counts as 120, after a's honest 110.
    assert outcome(candidate(1, "p", device="b", time=5), candidate(2, "p", time=110)) == [LATER, COUNTED]
    assert outcome(candidate(1, "p", device="b", time=9999), candidate(2, "p", time=190)) == [COUNTED, LATER]


def test_at_one_time_the_devices_count_decides_and_then_the_hash() -> None:
    first, second = candidate(7, "p"), candidate(3, "p", device="b")
    assert outcome(first, second) == [LATER, COUNTED]
    same_seq = [replace(candidate(1, "p"), seq=5), replace(candidate(2, "p", device="b"), seq=5)]
    assert outcome(*same_seq) == [COUNTED, LATER]


def test_a_paper_vote_voids_every_electronic_one() -> None:
    assert outcome(candidate(1, "p"), candidate(2, "p"), candidate(3, "q"), paper=("p",)) == [
        Resolution.PAPER_VOTE,
        Resolution.PAPER_VOTE,
        COUNTED,
    ]


def test_one_ballot_for_two_people_counts_for_neither_until_somebody_looked() -> None:
    shared = [candidate(1, "p", ballot="same"), candidate(2, "q", ballot="same")]
    assert outcome(*shared, candidate(3, "q")) == [Resolution.SHARED_BALLOT, Resolution.SHARED_BALLOT, LATER]


def test_one_card_at_a_false_device_cancels_one_vote_however_many_ballots_it_names() -> None:
    people = [candidate(number, f"person {number}") for number in range(1, 9)]
    thief = [candidate(100 + each.seq, "thief", device="b", ballot=f"ballot {each.seq}") for each in people]
    resolved = outcome(*people, *thief)
    assert resolved[: len(people)].count(COUNTED) == len(people) - 1
    assert COUNTED not in resolved[len(people) :]
    assert outcome(*people, *thief, paper=("thief",))[: len(people)] == [COUNTED] * len(people)


def test_one_ballot_twice_by_one_person_is_one_vote() -> None:
    assert sorted(each.value for each in outcome(candidate(1, "p", ballot="x"), candidate(2, "p", ballot="x"))) == [
        "counted",
        "later-duplicate",
    ]


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.integers(1, 40),
        st.sampled_from("pqr"),
        device=st.sampled_from("ab"),
        time=st.integers(50, 250),
        ballot=st.sampled_from(["one", "two", None]),
    ),
    max_size=12,
    unique_by=lambda each: each.sha256,
)


@given(CANDIDATES, st.randoms(use_true_random=False), st.sets(st.sampled_from("pqr")))
def test_neither_order_nor_repetition_changes_what_counts(
    candidates: list[Candidate], shuffle: random.Random, paper: set[str]
) -> None:
    paper_voters = [Pseudonym(name.encode()) for name in sorted(paper)]
    resolved = resolve(candidates, HOURS, paper_voters)
    again = [*candidates, *candidates]
    shuffle.shuffle(again)
    assert resolve(again, HOURS, paper_voters) == resolved
    counted = [each for each in candidates if resolved[each.sha256] is COUNTED]
    assert len({each.person for each in counted}) == len(counted), "one person, one vote"
    assert len({each.ballot for each in counted}) == len(counted), "one ballot, one voter"
    assert len({each.ballot for each in counted}) == len(counted), "one ballot, one person"
    assert not {each.person for each in counted} & set(paper_voters)
