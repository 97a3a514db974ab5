# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is sealed for the agency: strict to read, one encoding each."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto import canonical
from townhall_crypto.trust_revocation import ListTimes
from townhall_crypto.trust_verdict import Doubt, Outcome, TrustEvidence, TrustVerdict
from townhall_forms.errors import ProgrammingError, TransactionRefusedError
from townhall_forms.record import PageFacts, SessionRecord
from townhall_forms.transaction import MAX_DOCUMENT_BYTES, IdentityEvidence, Transaction

EXAMPLE = Transaction(
    service="change-of-address",
    form_id="change-of-address",
    form_version="2026112200",
    form_sha256="ab" * 32,
    language="et",
    provenance=(("/data/person/surname", "eid:surname"), ("/data/person/personal_code", "eid:personal_code")),
    evidence=IdentityEvidence(challenge="00" * 32, signature="01" * 96, certificate="3082"),
    trust=TrustVerdict(
        Outcome.PROVISIONAL,
        (Doubt.LIST_OLD, Doubt.CRL_ENDED),
        TrustEvidence(ListTimes(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)), None),
    ),
    session=SessionRecord(
        datetime(2026, 11, 22, 10, 30, tzinfo=timezone(timedelta(hours=2))), bytes(range(32)), (("/data/p[1]", 2),)
    ),
    page=PageFacts("Tamme Library", datetime(2026, 11, 22, 10, 45, 7, tzinfo=timezone(timedelta(hours=2)))),
    document=b"%PDF-1.7\nbinary \x00\xff\n%%EOF\n",
    corrections=(("/data/address/street", "register:population/address/street"),),
)

PAGE: dict[str, canonical.CanonicalValue] = {"made": "2026-11-22T10:45:07+02:00", "place": "Tamme Library"}
SESSION: dict[str, canonical.CanonicalValue] = {
    "births": [],
    "opened": "2026-11-22T10:30:00+02:00",
    "seed": "00" * 32,
}
TRUST: dict[str, canonical.CanonicalValue] = {
    "doubts": ["list-old"],
    "list_at": 1_700_000_000,
    "next_update": 1_800_000_000,
    "outcome": "provisional",
    "this_update": 1_799_000_000,
}


def header_of(encoded: bytes) -> dict[str, canonical.DecodedValue]:
    header = canonical.decode(encoded.partition(b"\n")[0])
    assert isinstance(header, dict)
    return header


def with_header(encoded: bytes, **changes: canonical.CanonicalValue) -> bytes:
    return canonical.encode({**header_of(encoded), **changes}) + b"\n" + encoded.partition(b"\n")[2]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_parser_in_another_way_than_its_own_error(noise: bytes) -> None:
    with pytest.raises(TransactionRefusedError):
        Transaction.from_bytes(noise)


@given(st.integers(0, len(EXAMPLE.to_bytes()) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_refused_or_gives_another_transaction(place: int, flip: int) -> None:
    encoded = bytearray(EXAMPLE.to_bytes())
    encoded[place] ^= flip
    try:
        assert Transaction.from_bytes(bytes(encoded)) != EXAMPLE
    except TransactionRefusedError:
        return


@given(st.integers(0, len(EXAMPLE.to_bytes()) - 1))
def test_a_part_is_refused(length: int) -> None:
    with pytest.raises(TransactionRefusedError):
        Transaction.from_bytes(EXAMPLE.to_bytes()[:length])


def test_something_behind_the_document_is_refused() -> None:
    with pytest.raises(TransactionRefusedError):
        Transaction.from_bytes(EXAMPLE.to_bytes() + b"x")


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "townhall-ballot"},
        {"version": 2},
        {"version": "1"},
        {"version": 0},
        {"service": ""},
        {"service": 7},
        {"service": "x" * 201},
        {"form_id": ""},
        {"form_id": ["a"]},
        {"form_version": 3},
        {"form_sha256": "AB" * 32},
        {"form_sha256": "ab" * 31},
        {"form_sha256": ""},
        {"language": "e"},
        {"language": "et et"},
        {"language": "../et"},
        {"challenge": ""},
        {"challenge": "0"},
        {"challenge": "0G"},
        {"signature": "AA"},
        {"certificate": "aa" * 9000},
        {"certificate": 5},
        {"page": []},
        {"page": {**PAGE, "more": 1}},
        {"page": {**PAGE, "place": ""}},
        {"page": {**PAGE, "place": "x" * 201}},
        {"page": {**PAGE, "made": "2026-11-22T10:45:07"}},
        {"page": {**PAGE, "made": "2026-11-22T10:45:07.500000+02:00"}},
        {"page": {**PAGE, "made": 0}},
        {"session": []},
        {"session": {**SESSION, "more": 1}},
        {"session": {**SESSION, "seed": "00" * 31}},
        {"session": {**SESSION, "seed": 0}},
        {"session": {**SESSION, "opened": "2026-11-22T10:30:00"}},
        {"session": {**SESSION, "opened": "2026-11-22 10:30:00+02:00"}},
        {"session": {**SESSION, "opened": "1970-01-01T00:00:00+00:00"}},
        {"session": {**SESSION, "opened": "9999-12-31T00:00:00+00:00"}},
        {"session": {**SESSION, "opened": "soon"}},
        {"session": {**SESSION, "births": [["/data/p[1]", 0]]}},
        {"session": {**SESSION, "births": [["/data/p[1]", "1"]]}},
        {"session": {**SESSION, "births": [["/data/p[1]"]]}},
        {"session": {**SESSION, "births": [["x", 1]] * 501}},
        {"provenance": "x"},
        {"provenance": ["x"]},
        {"provenance": [["a"]]},
        {"provenance": [["a", "b", "c"]]},
        {"provenance": [["a", 1]]},
        {"provenance": [["", "b"]]},
        {"provenance": [["a", "b"]] * 501},
        {"document_bytes": 1},
        {"document_bytes": "27"},
        {"extra": "x"},
        {"document_format": "cades"},
        {"document_format": ""},
        {"document_format": 1},
        {"trust": "accepted"},
        {"trust": {}},
        *(
            {"trust": {**TRUST, **change}}
            for change in (
                {"outcome": "refused"},
                {"outcome": "Accepted"},
                {"outcome": 1},
                {"doubts": ["no-such-doubt"]},
                {"doubts": "list-old"},
                {"doubts": ["list-old"] * 7},
                {"list_at": -1},
                {"list_at": 2**53 - 1},
                {"list_at": "0"},
                {"this_update": 0},
                {"surprise": 1},
            )
        ),
    ],
)
def test_a_field_outside_the_format_is_refused(changes: dict[str, canonical.CanonicalValue]) -> None:
    with pytest.raises(TransactionRefusedError):
        Transaction.from_bytes(with_header(EXAMPLE.to_bytes(), **changes))


@pytest.mark.parametrize("field", sorted(header_of(EXAMPLE.to_bytes())))
def test_a_missing_field_is_refused(field: str) -> None:
    encoded = EXAMPLE.to_bytes()
    header: dict[str, canonical.CanonicalValue] = {k: v for k, v in header_of(encoded).items() if k != field}
    with pytest.raises(TransactionRefusedError):
        Transaction.from_bytes(canonical.encode(header) + b"\n" + EXAMPLE.document)


def test_another_spelling_of_the_header_is_refused() -> None:
    encoded = EXAMPLE.to_bytes()
    spaced = json.dumps(header_of(encoded)).encode()
    with pytest.raises(TransactionRefusedError):
        Transaction.from_bytes(spaced + b"\n" + EXAMPLE.document)


def test_an_overlong_header_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(TransactionRefusedError, match="header line"):
        Transaction.from_bytes(b"{" * 100_000 + b"\n")


def test_an_oversized_document_is_refused() -> None:
    with pytest.raises(ProgrammingError):
        replace(EXAMPLE, document=bytes(MAX_DOCUMENT_BYTES + 1)).to_bytes()


def test_an_empty_document_is_refused() -> None:
    with pytest.raises(ProgrammingError):
        replace(EXAMPLE, document=b"").to_bytes()


@pytest.mark.parametrize(
    "wrong",
    [
        {"service": ""},
        {"form_sha256": "AB" * 32},
        {"language": ""},
        {"provenance": (("a", "b"),) * 501},
        {"evidence": IdentityEvidence("", "", "")},
    ],
)
def test_a_transaction_outside_the_format_is_never_written(wrong: dict[str, str]) -> None:
    with pytest.raises(ProgrammingError):
        replace(EXAMPLE, **wrong).to_bytes()  # type: ignore[arg-type]  # wrong on purpose


def test_what_was_written_is_read_back() -> None:
    encoded = EXAMPLE.to_bytes()
    assert Transaction.from_bytes(encoded) == EXAMPLE
    assert Transaction.from_bytes(encoded).to_bytes() == encoded


@given(st.binary(min_size=1, max_size=100), st.text(min_size=1, max_size=50).filter(lambda text: text.isprintable()))
def test_any_document_and_any_names_survive(document: bytes, name: str) -> None:
    transaction = replace(EXAMPLE, document=document, form_id=name, provenance=((name, name),))
    assert Transaction.from_bytes(transaction.to_bytes()) == transaction


def test_the_form_on_paper_is_the_form_of_the_format_page() -> None:
    line, _, document = EXAMPLE.to_bytes().partition(b"\n")
    assert document == EXAMPLE.document
    assert line.startswith(b'{"algorithm":"ecdsa-sha384","certificate":"3082","challenge":"00')
    assert b'"corrections":[["/data/address/street","register:population/address/street"]],' in line
    assert b'"format":"townhall-transaction","language":"et"' in line
    assert line.endswith(b'"version":6}')


def test_no_repr_shows_what_is_inside() -> None:
    assert "eid" not in repr(EXAMPLE)
    assert "3082" not in repr(EXAMPLE.evidence)
