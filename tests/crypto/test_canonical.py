# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Canonical JSON has one spelling, and no other is read."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto import canonical
from townhall_crypto.canonical import CanonicalValue
from townhall_crypto.errors import NotCanonicalError, ProgrammingError

SAFE_INTEGERS = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
VALUES = st.recursive(
    st.text() | SAFE_INTEGERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(b'{"b":1,"a":2}', id="keys out of order"),
        pytest.param(b'{"a":1,"a":1}', id="a key twice, same value"),
        pytest.param(b'{"a":1,"a":2}', id="a key twice"),
        pytest.param(b'{"a": 1}', id="a space"),
        pytest.param(b'{"a":1}\n', id="a newline at the end"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', id="a byte order mark"),
        pytest.param('{"a":1}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'"\xff"', id="no UTF-8"),
        pytest.param(b'"\xc0\xaf"', id="overlong UTF-8"),
        pytest.param(b'"\xed\xa0\x80"', id="a surrogate in UTF-8"),
        pytest.param(b'"\\u0041"', id="an escape for a plain letter"),
        pytest.param(b'"\\ud800"', id="half a surrogate pair"),
        pytest.param(b'{"\\ud800":1}', id="half a surrogate pair as a key"),
        pytest.param(b'"\\/"', id="an escaped slash"),
        pytest.param(b'"\x01"', id="a control character"),
        pytest.param(b'"\\u001F"', id="an escape in capitals"),
        pytest.param(b"1.0", id="a fraction"),
        pytest.param(b"1e3", id="an exponent"),
        pytest.param(b"-0", id="minus zero"),
        pytest.param(b"01", id="a leading zero"),
        pytest.param(b"9007199254740992", id="an integer beyond 2**53 - 1"),
        pytest.param(b"9" * 5000, id="an endless integer"),
        pytest.param(b"NaN", id="not a number"),
        pytest.param(b"-Infinity", id="infinity"),
        pytest.param(b"true", id="a boolean"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"a":[null]}', id="null inside"),
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"a":1', id="cut off"),
        pytest.param(b'{"a":1}{"a":1}', id="two values"),
        pytest.param(b"[" * 17 + b"1" + b"]" * 17, id="too deep"),
        pytest.param(b"[" * 200_000, id="far too deep"),
        pytest.param(b'{"a":' * 100_000, id="far too deep objects"),
        pytest.param(b'"' + b"a" * canonical.MAX_BYTES + b'"', id="too long"),
    ],
)
def test_other_spellings_are_refused(spelling: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        canonical.decode(spelling)


@given(VALUES)
def test_what_was_encoded_decodes_to_itself(value: CanonicalValue) -> None:
    assert canonical.decode(canonical.encode(value)) == value


@given(st.binary(max_size=64))
def test_bytes_that_decode_are_the_only_spelling_of_their_value(data: bytes) -> None:
    try:
        value = canonical.decode(data)
    except NotCanonicalError:
        return
    assert canonical.encode(value) == data


@given(VALUES)
def test_any_json_reader_understands_the_canonical_form(value: CanonicalValue) -> None:
    assert json.loads(canonical.encode(value)) == value


def test_keys_are_sorted_by_utf_16_units_as_the_rfc_demands() -> None:
    # RFC 8785 section 3.2.3: U+1F600 is the surrogate D83D and sorts before U+FB33.
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    order = [item.partition(":")[2] for item in canonical.encode(value).decode()[1:-1].split(",")]
    assert order == ["2", "4", "6", "7", "1", "5", "3"]


def test_every_character_is_written_as_the_library_for_the_rfc_writes_it() -> None:
    everything = [chr(point) for point in range(0x110000) if not 0xD800 <= point <= 0xDFFF]
    for start in range(0, len(everything), 50_000):
        part = everything[start : start + 50_000]
        assert canonical.encode(part) == rfc8785.dumps(part)


@given(st.recursive(
    st.text() | SAFE_INTEGERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
    max_leaves=12,
))  # fmt: skip
def test_every_value_is_written_as_the_library_for_the_rfc_writes_it(value: CanonicalValue) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)


def test_strings_of_other_libraries_are_written_as_strings() -> None:
    class Text(str):
        __slots__ = ()

    assert canonical.encode({"a": Text("b")}) == b'{"a":"b"}'


def test_tuples_are_written_as_lists() -> None:
    assert canonical.encode({"a": ("b", 1)}) == b'{"a":["b",1]}'


@pytest.mark.parametrize("bad", [1.5, True, None, b"bytes", {1: "a"}, 2**53, -(2**53), "\ud800", {"\ud800": 1}, {"a"}])
def test_what_has_no_canonical_form_is_not_written(bad: object) -> None:
    with pytest.raises(ProgrammingError):
        canonical.encode({"a": [bad]})  # type: ignore[list-item]  # the point of the test


def test_the_deepest_value_goes_both_ways_and_one_level_more_goes_neither() -> None:
    deepest = b"[" * canonical.MAX_DEPTH + b"1" + b"]" * canonical.MAX_DEPTH
    assert canonical.encode(canonical.decode(deepest)) == deepest
    with pytest.raises(ProgrammingError):
        canonical.encode([json.loads(deepest)])


def test_the_longest_value_goes_both_ways_and_one_byte_more_is_not_written() -> None:
    longest = "a" * (canonical.MAX_BYTES - 2)
    assert canonical.decode(canonical.encode(longest)) == longest
    with pytest.raises(ProgrammingError):
        canonical.encode(longest + "a")


def test_a_refusal_does_not_quote_what_it_refuses() -> None:
    with pytest.raises(NotCanonicalError) as refusal:
        canonical.decode(b'{"name":"Mari", "name":"Mari"}')
    assert "Mari" not in str(refusal.value)
    assert refusal.value.__cause__ is None
