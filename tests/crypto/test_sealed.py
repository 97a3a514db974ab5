# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sealing and opening: what goes in comes out, for each recipient, and the size tells little."""

import gc
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_crypto.errors import PayloadTooLargeError, ProgrammingError, SuiteRefusedError
from townhall_crypto.inner_header import MAX_SEALED_BYTES
from townhall_crypto.sealed import (
    MAX_PAYLOAD_BYTES,
    MAX_RECIPIENTS,
    SIZE_CLASSES,
    InnerHeader,
    RecipientPublicKey,
    Suite,
    generate_recipient_key,
    open_sealed,
    read_inner_header,
    seal,
)
from townhall_crypto.secret import Secret

KEY = generate_recipient_key()
OTHER_KEY = generate_recipient_key()
WRAP_BYTES = 1120 + 32 + 16


def live_secrets() -> list[Secret]:
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, Secret) and not each.is_wiped]


def test_more_than_the_largest_payload_is_refused() -> None:
    with pytest.raises(PayloadTooLargeError):
        seal(bytes(MAX_PAYLOAD_BYTES + 1), kind="transaction", recipients=[KEY.public])


def test_the_largest_payload_goes_both_ways() -> None:
    payload = b"\x01" * MAX_PAYLOAD_BYTES
    sealed = seal(payload, kind="transaction", recipients=[KEY.public])
    assert open_sealed(sealed, KEY).payload == payload
    assert len(sealed) <= MAX_SEALED_BYTES


@settings(max_examples=50)
@given(st.binary(max_size=20_000), st.booleans())
def test_each_recipient_opens_what_was_sealed(payload: bytes, is_second: bool) -> None:  # noqa: FBT001
    sealed = seal(payload, kind="transaction", recipients=[KEY.public, OTHER_KEY.public])
    assert open_sealed(sealed, OTHER_KEY if is_second else KEY).payload == payload


@pytest.mark.parametrize(("smaller", "size_class"), list(itertools.pairwise((0, *SIZE_CLASSES))))
def test_a_size_class_holds_payloads_from_the_one_below_up_to_its_size_less_four(smaller: int, size_class: int) -> None:
    least = max(0, smaller - 3)
    for payload_bytes in (least, size_class - 4):
        sealed = seal(bytes(payload_bytes), kind="transaction", recipients=[KEY.public])
        header = read_inner_header(sealed)
        assert header.size_class == size_class
        assert len(open_sealed(sealed, KEY).payload) == payload_bytes
        assert len(sealed) == 29 + len(header.to_bytes()) + WRAP_BYTES + size_class + 16


def test_the_size_classes_are_those_of_the_architecture() -> None:
    kib, mib = 1024, 1024 * 1024
    assert (4 * kib, 16 * kib, 64 * kib, 256 * kib, mib, 4 * mib, 16 * mib) == SIZE_CLASSES


def test_two_seals_of_one_payload_have_nothing_in_common_but_the_open_facts() -> None:
    one, other = (seal(b"same", kind="transaction", recipients=[KEY.public]) for _ in range(2))
    assert one[-4096:] != other[-4096:]
    first, second = read_inner_header(one), read_inner_header(other)
    assert first.salt != second.salt
    assert first.commitment != second.commitment
    assert (first.suite, first.kind, first.recipients) == (second.suite, second.kind, second.recipients)


def test_the_header_is_readable_without_a_key_and_says_what_the_sealer_said() -> None:
    header = read_inner_header(seal(b"x", kind="test.kind-1", recipients=[KEY.public, OTHER_KEY.public]))
    assert header.suite is Suite.HYBRID
    assert header.kind == "test.kind-1"
    assert header.recipients == (KEY.public.key_id, OTHER_KEY.public.key_id)
    assert (len(header.commitment), len(header.salt)) == (32, 16)


def test_the_payload_appears_nowhere_in_the_sealed_bytes() -> None:
    payload = b"a sentence that would be found"
    assert payload not in seal(payload, kind="transaction", recipients=[KEY.public])


def test_as_many_recipients_as_a_header_holds_can_open() -> None:
    keys = [generate_recipient_key() for _ in range(MAX_RECIPIENTS)]
    sealed = seal(b"x", kind="k" * 64, recipients=[key.public for key in keys])
    assert {open_sealed(sealed, key).payload for key in keys} == {b"x"}


@pytest.mark.parametrize(
    ("kind", "recipients"),
    [
        ("transaction", []),
        ("transaction", [KEY.public, KEY.public]),
        ("transaction", [KEY.public] * (MAX_RECIPIENTS + 1)),
        ("", [KEY.public]),
        ("With Capitals", [KEY.public]),
        ("a" * 65, [KEY.public]),
    ],
)
def test_impossible_requests_are_the_callers_fault(kind: str, recipients: list[RecipientPublicKey]) -> None:
    with pytest.raises(ProgrammingError):
        seal(b"x", kind=kind, recipients=recipients)


def test_sealing_and_opening_leave_no_secret_behind() -> None:
    before = len(live_secrets())
    open_sealed(seal(b"x", kind="transaction", recipients=[KEY.public]), KEY)
    assert len(live_secrets()) == before


def test_a_failing_seal_leaves_no_secret_behind() -> None:
    before = len(live_secrets())
    with pytest.raises(ProgrammingError):
        seal(b"x", kind="No", recipients=[KEY.public])
    assert len(live_secrets()) == before


def test_sealing_needs_two_draws_of_randomness_of_its_own() -> None:
    drawn: list[int] = []

    def randomness(size_bytes: int) -> bytes:
        drawn.append(size_bytes)
        return bytes(size_bytes)

    sealed = seal(b"x", kind="transaction", recipients=[KEY.public], randomness=randomness)
    assert drawn == [32, 16]
    assert read_inner_header(sealed).salt == bytes(16)


def test_the_classic_suite_is_no_way_round_for_a_caller_who_allows_nothing() -> None:
    with pytest.raises(SuiteRefusedError):
        seal(b"x", kind="transaction", recipients=[KEY.public], allow=frozenset())


def test_a_header_survives_its_own_form() -> None:
    header = read_inner_header(seal(b"x", kind="transaction", recipients=[KEY.public]))
    assert InnerHeader.from_bytes(header.to_bytes()) == header
