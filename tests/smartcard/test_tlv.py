# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Data objects: torn ones are refused, whole ones come back."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.tlv import DataObject, encoded_length, parse_all, value_at

TAGS = st.sampled_from([0x62, 0x80, 0x9A, 0xA0, 0x7F49, 0xBF8101, 0x5F20])


def encode(tag: int, value: bytes) -> bytes:
    head = tag.to_bytes((tag.bit_length() + 7) // 8, "big")
    if len(value) < 0x80:
        return head + bytes((len(value),)) + value
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return head + bytes((0x80 | len(length),)) + length + value


@given(st.lists(st.tuples(TAGS, st.binary(max_size=400)), max_size=5))
def test_what_was_encoded_is_read_back(objects: list[tuple[int, bytes]]) -> None:
    raw = b"".join(encode(tag, value) for tag, value in objects)
    assert parse_all(raw) == tuple(DataObject(tag, value) for tag, value in objects)


@given(TAGS, st.binary(min_size=1, max_size=400), st.data())
def test_every_torn_object_is_refused(tag: int, value: bytes, data: st.DataObject) -> None:
    raw = encode(tag, value)
    cut = data.draw(st.integers(1, len(raw) - 1))
    with pytest.raises(CardUnreadableError):
        parse_all(raw[:cut])


@given(st.binary(max_size=60))
def test_any_bytes_are_objects_or_refused(untrusted: bytes) -> None:
    with contextlib.suppress(CardUnreadableError):
        assert sum(len(each.value) + 2 for each in parse_all(untrusted)) <= len(untrusted)


def test_a_value_is_found_along_its_path() -> None:
    raw = bytes.fromhex("701ebf81011aa0189a01039b0103a1108c06f300007343009c06f30000734300")
    assert value_at(raw, 0x70, 0xBF8101, 0xA0, 0x9B) == b"\x03"


@pytest.mark.parametrize("raw", ["", "6200", "6206800100800100", "6204820100"])
def test_a_tag_that_is_not_there_exactly_once_is_refused(raw: str) -> None:
    with pytest.raises(CardUnreadableError):
        value_at(bytes.fromhex(raw), 0x62, 0x80)


@pytest.mark.parametrize("raw", ["30", "3080", "3084000000ff", "3082ff", "bfffffff01", "bf81"])
def test_headers_that_no_card_writes_are_refused(raw: str) -> None:
    with pytest.raises(CardUnreadableError):
        encoded_length(bytes.fromhex(raw))


def test_the_encoded_length_counts_the_header() -> None:
    assert encoded_length(bytes.fromhex("30820403")) == 0x403 + 4
    assert encoded_length(bytes.fromhex("3005")) == 7
