# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What long runs of the fuzzer reached, and bytes near it: read, or refused with a typed error."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from townhall_fuzz.corpus import CORPUS, MENDED, keep, kept, mended
from townhall_fuzz.dialogue import MOST_COMMANDS, EndlessDialogueError, WrittenCard
from townhall_fuzz.targets import TARGETS, Target
from townhall_smartcard.errors import CardMisuseError, CardRemovedError, CardUnreadableError

MOST_BYTES = 32 << 20
EVERY_TARGET = pytest.mark.parametrize("name", list(TARGETS))


@EVERY_TARGET
def test_what_was_kept_is_read_or_refused_and_needs_little_memory(name: str) -> None:
    inputs = kept(name)
    assert inputs
    TARGETS[name].feed(inputs[0])  # what is loaded once
    tracemalloc.start()
    try:
        for each in inputs:
            TARGETS[name].feed(each)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < MOST_BYTES


@pytest.mark.parametrize("path", sorted(MENDED.iterdir()), ids=lambda path: path.name)
def test_what_was_found_once_is_refused_now(path: Path) -> None:
    name = path.name.partition(".")[0]
    assert path.read_bytes() in mended(name)
    TARGETS[name].feed(path.read_bytes())


@EVERY_TARGET
def test_bytes_near_what_was_kept_are_read_or_refused(name: str) -> None:
    inputs = kept(name)

    @settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.sampled_from(inputs), st.data())
    def feed(content: bytes, data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 8)))
        TARGETS[name].feed(content[:start] + data.draw(st.binary(max_size=8)) + content[end:])

    feed()


def test_every_kept_archive_is_of_a_target() -> None:
    assert {path.stem for path in CORPUS.iterdir()} == set(TARGETS)


@pytest.mark.parametrize("error", [ValueError, RecursionError, CardMisuseError])
def test_any_other_error_is_a_finding(error: type[Exception]) -> None:
    def read(_untrusted: bytes) -> None:
        raise error

    with pytest.raises(error):
        Target(read).feed(b"")


def test_a_typed_error_is_none() -> None:
    def read(_untrusted: bytes) -> None:
        raise CardUnreadableError

    Target(read).feed(b"")


def test_a_written_card_answers_what_is_written_and_is_gone_then() -> None:
    card = WrittenCard(b"\x00\x02\x90\x00" + b"\x00\x05\x61")
    assert card.transmit(b"any") == b"\x90\x00"
    assert card.transmit(b"any") == b"\x61"
    with pytest.raises(CardRemovedError):
        card.transmit(b"any")


def test_a_dialogue_without_end_is_a_finding() -> None:
    card = WrittenCard(bytes(2) * (MOST_COMMANDS + 1))
    answers = [card.transmit(b"any") for _ in range(MOST_COMMANDS)]
    assert not any(answers)
    with pytest.raises(EndlessDialogueError):
        card.transmit(b"any")


def test_an_archive_has_the_same_bytes_for_the_same_inputs(tmp_path_factory: pytest.TempPathFactory) -> None:
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    keep("x", [b"a", b"b"], one)
    keep("x", [b"b", b"a", b"a"], other)
    assert sorted(kept("x", one)) == [b"a", b"b"]
    assert (one / "x.zip").read_bytes() == (other / "x.zip").read_bytes()
