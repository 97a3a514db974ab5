# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Identity and address files of Belgian cards: whatever they hold, it is read or refused with a typed error."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.national.belgian_records import (
    address_in,
    identity_in,
    parse_records,
    photo_digest_in,
)
from townhall_smartcard.simulation.belgian_person import record_file

RECORDS = st.dictionaries(st.integers(1, 255), st.binary(max_size=300), max_size=20)


@given(RECORDS, st.integers(0, 50))
def test_what_is_written_is_read_and_zeros_behind_it_are_nothing(records: dict[int, bytes], zeros: int) -> None:
    assert parse_records(record_file(records) + bytes(zeros)) == records


@given(RECORDS, st.data())
def test_a_file_that_is_cut_is_refused_or_ends_at_a_record(records: dict[int, bytes], data: st.DataObject) -> None:
    whole = record_file(records)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    try:
        found = parse_records(cut)
    except CardUnreadableError:
        return
    assert found.items() <= records.items()
    assert record_file(found) == cut


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        records = parse_records(content)
        stated, address = identity_in(records), address_in(records)
    except CardUnreadableError:
        return
    assert all(text.isprintable() for text in (stated.surname, stated.given_names, *address))
    assert photo_digest_in(records) in content


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31)))
def test_a_validity_is_read_as_it_is_written(day: date) -> None:
    stated = identity_in({3: day.strftime("%d.%m.%Y").encode(), 4: day.strftime("%d.%m.%Y").encode()})
    assert stated.issuing_date == stated.expiry_date == day


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("15 MARS 1984", date(1984, 3, 15)),
        ("01 MAAR 1984", date(1984, 3, 1)),
        ("01.MÄR.1984", date(1984, 3, 1)),
        ("1  JAN  1960", date(1960, 1, 1)),
        ("31 AOUT 2001", date(2001, 8, 31)),
        ("31 DEZ 2001", date(2001, 12, 31)),
        ("02 MEI 1970", date(1970, 5, 2)),
        ("31 FEB 2001", None),
        ("1956", None),
        ("00 XXX 1956", None),
        ("", None),
    ],
)
def test_a_birth_date_is_read_in_three_languages_or_not_told(said: str, day: date | None) -> None:
    assert identity_in({12: said.encode()}).birth_date == day


@pytest.mark.parametrize(("said", "told"), [("M", "M"), ("F", "F"), ("V", "F"), ("W", "F"), ("?", "?"), ("", "")])
def test_sex_is_told_as_elsewhere_where_it_is_known(said: str, told: str) -> None:
    assert identity_in({13: said.encode()}).sex == told


def test_the_version_of_the_structure_may_come_first() -> None:
    assert parse_records(bytes.fromhex("000101 0701 41".replace(" ", ""))) == {0: b"\x01", 7: b"A"}


@pytest.mark.parametrize(
    "content",
    ["07", "0705", "07054142", "070141070142", "0701410000FF", "07818181", "0781"],
)
def test_records_that_are_none_are_refused(content: str) -> None:
    with pytest.raises(CardUnreadableError):
        parse_records(bytes.fromhex(content))


@pytest.mark.parametrize(
    "records",
    [{7: b"\xff"}, {7: b"A\x1bB"}, {4: b"31.02.2030"}, {4: b"2030-01-01"}, {3: b"\xd9\xa3\xd9\xa1.01.2030"}],
)
def test_a_text_or_a_validity_that_is_none_is_refused(records: dict[int, bytes]) -> None:
    with pytest.raises(CardUnreadableError):
        identity_in(records)
