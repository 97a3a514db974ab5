# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sources of randomness: a bad one is caught by its health test, refuses for good, and is never dropped in silence."""

import hashlib
import math
import os
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from townhall_voting.errors import ProgrammingError, RandomnessError
from townhall_voting.health_tests import PROPORTION_CUTOFF, REPETITION_CUTOFF, START_UP_BYTES, WINDOW, HealthTests
from townhall_voting.randomness import MixedRandomness, OperatingSystem, RandomSource, Tpm


class Stream:
    """A source whose bytes follow from its name, until after ``good_bytes`` it gives ``spoiled`` again and again."""

    def __init__(self, name: str, spoiled: bytes = b"", good_bytes: int = 10**9) -> None:
        self.name = name
        self._spoiled = spoiled
        self._good_bytes = good_bytes
        self._place = 0

    def read(self, size_bytes: int) -> bytes:
        place, self._place = self._place, self._place + size_bytes
        if place < self._good_bytes:
            return hashlib.shake_256(self.name.encode()).digest(place + size_bytes)[place:]
        return (self._spoiled * size_bytes)[:size_bytes]


class Missing:
    name = "missing"

    def read(self, size_bytes: int) -> bytes:
        raise FileNotFoundError(size_bytes)


class Short:
    name = "short"

    def read(self, size_bytes: int) -> bytes:
        return os.urandom(size_bytes - 1)


STUCK = {
    "zeros": b"\x00",
    "one byte of two": b"\x00\x01",
    "text": b"the same again and again, which no generator says",
    "32 bytes again": hashlib.sha256(b"once").digest(),
    "1,000 bytes again": hashlib.shake_256(b"once").digest(1000),
}


# Health tests


def feed(tests: HealthTests, data: bytes) -> None:
    for place in range(0, len(data), 32):
        tests.check(data[place : place + 32])


def test_the_cutoffs_are_those_of_the_standard() -> None:
    assert REPETITION_CUTOFF == 1 + 40 // 8
    tail = 0.0
    for often in range(WINDOW, -1, -1):
        tail += math.comb(WINDOW, often) * 256.0**-often * (255 / 256) ** (WINDOW - often)
        if tail > 2.0**-40:
            assert often + 1 == PROPORTION_CUTOFF
            return


def test_good_bytes_pass_by_the_million() -> None:
    tests = HealthTests("good")
    for block in range(256):
        tests.check(hashlib.shake_256(b"good %d" % block).digest(4096))


@pytest.mark.parametrize("stuck", STUCK.values(), ids=STUCK)
def test_a_stuck_source_fails_within_two_thousand_bytes_and_for_good(stuck: bytes) -> None:
    tests = HealthTests("stuck")
    with pytest.raises(RandomnessError, match="stuck"):
        feed(tests, (stuck * 2048)[:2048])
    with pytest.raises(RandomnessError):
        tests.check(os.urandom(32))


def test_a_run_is_counted_across_reads() -> None:
    tests = HealthTests("run")
    for _ in range(REPETITION_CUTOFF - 1):
        tests.check(b"\x07")
    with pytest.raises(RandomnessError, match="in a row"):
        tests.check(b"\x07")


def test_a_biased_source_fails_by_its_proportion() -> None:
    tests = HealthTests("biased")
    good = hashlib.shake_256(b"biased").digest(8192)
    biased = bytes(0x55 if place % 16 == 0 else byte for place, byte in enumerate(good))
    with pytest.raises(RandomnessError, match="among others"):
        feed(tests, biased)


# Mixing


def test_what_a_device_gave_is_mixed_in_whole_if_it_passes_the_tests_of_a_start() -> None:
    good = hashlib.shake_256(b"card").digest(START_UP_BYTES)
    reads = set()
    for given in (b"", good, good[:-1] + b"\x00"):
        mixed = MixedRandomness([Stream("a")])
        if given:
            mixed.mix_tested("card", given)
        reads.add(mixed.read(32))
    assert len(reads) == 3


@pytest.mark.parametrize("name", ["zeros", "one byte of two", "text", "32 bytes again", "too few"])
def test_what_a_stuck_device_gave_is_refused_and_changes_nothing(name: str) -> None:
    mixed = MixedRandomness([Stream("a")])
    given = hashlib.shake_256(b"card").digest(START_UP_BYTES - 1)
    if name in STUCK:
        given = (STUCK[name] * START_UP_BYTES)[:START_UP_BYTES]
    with pytest.raises(RandomnessError, match="card"):
        mixed.mix_tested("card", given)
    assert mixed.read(32) == MixedRandomness([Stream("a")]).read(32)


def renew_often(mixed: MixedRandomness) -> None:
    for _ in range(40):
        mixed.renew()


def test_every_source_and_every_byte_of_it_matters() -> None:
    first = MixedRandomness([Stream("a"), Stream("b")]).read(32)
    assert MixedRandomness([Stream("a"), Stream("b")]).read(32) == first
    for others in ([Stream("a"), Stream("c")], [Stream("c"), Stream("b")], [Stream("a")], [Stream("b"), Stream("a")]):
        assert MixedRandomness(others).read(32) != first


def test_reads_renewals_and_cards_change_all_that_follows() -> None:
    mixed, renewed, with_card = (MixedRandomness([Stream("a"), Stream("b")]) for _ in range(3))
    renewed.renew()
    with_card.mix(Stream("card"))
    outputs = [mixed.read(32), mixed.read(32), renewed.read(32), with_card.read(32)]
    assert len(set(outputs)) == 4
    assert len(mixed.read(1)) == 1
    assert len(mixed.read(1000)) == 1000


def test_the_operating_system_is_a_source_and_no_two_mixtures_agree() -> None:
    outputs = {MixedRandomness([OperatingSystem()]).read(16) for _ in range(20)}
    assert len(outputs) == 20
    assert MixedRandomness([OperatingSystem(), Stream("b")]).sources == ("operating system", "b")


@pytest.mark.parametrize("bad", [Missing(), Short(), *(Stream(name, stuck, 0) for name, stuck in STUCK.items())])
def test_a_source_that_is_missing_or_fails_at_the_start_lets_nothing_begin(bad: RandomSource) -> None:
    for sources in ([bad], [OperatingSystem(), bad], [bad, OperatingSystem()]):
        with pytest.raises(RandomnessError, match=bad.name):
            MixedRandomness(sources)


@pytest.mark.parametrize("stuck", STUCK.values(), ids=STUCK)
def test_a_source_that_fails_later_refuses_everything_from_then_on(stuck: bytes) -> None:
    mixed = MixedRandomness([OperatingSystem(), Stream("TPM", stuck, 1024 + 64)])
    mixed.renew()
    with pytest.raises(RandomnessError, match="TPM"):
        renew_often(mixed)
    for use in (lambda: mixed.read(1), mixed.renew, lambda: mixed.mix(Stream("card"))):
        with pytest.raises(RandomnessError, match="TPM"):
            use()


def test_a_failing_first_source_gives_no_byte_more() -> None:
    mixed = MixedRandomness([Stream("first", b"\x00", 1024 + 64)])
    mixed.read(32)
    with pytest.raises(RandomnessError):
        mixed.read(32)


def test_a_card_with_a_bad_generator_is_refused() -> None:
    mixed = MixedRandomness([OperatingSystem()])
    with pytest.raises(RandomnessError, match="card"):
        mixed.mix(Stream("card", b"\x00", 0))
    with pytest.raises(RandomnessError):
        mixed.read(32)


def test_without_a_source_there_is_no_randomness() -> None:
    with pytest.raises(ProgrammingError):
        MixedRandomness([])


# TPM


class TpmSimulator:
    """The far side of the kernel's device file: a terminal line without any treatment of its bytes."""

    def __init__(self) -> None:
        self._ours, theirs = os.openpty()
        tty.setraw(theirs)
        self.path = Path(os.ttyname(theirs))
        self._theirs = theirs
        self.commands: list[bytes] = []
        self.answer: bytes | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def good(self, size_bytes: int) -> bytes:
        given = os.urandom(min(size_bytes, 20))  # a TPM may give less than it was asked for
        return (
            bytes.fromhex("8001")
            + (12 + len(given)).to_bytes(4, "big")
            + bytes(4)
            + len(given).to_bytes(2, "big")
            + given
        )

    def close(self) -> None:
        os.close(self._theirs)
        self._thread.join()
        os.close(self._ours)

    def _serve(self) -> None:
        try:
            while command := os.read(self._ours, 4096):
                self.commands.append(command)
                os.write(self._ours, self.answer or self.good(int.from_bytes(command[10:], "big")))
        except OSError:
            return  # the last user of the line is gone


@pytest.fixture
def tpm() -> Iterator[TpmSimulator]:
    simulator = TpmSimulator()
    yield simulator
    simulator.close()


def test_a_tpm_is_asked_by_its_device_file_until_it_has_given_enough(tpm: TpmSimulator) -> None:
    source = Tpm(tpm.path)
    assert len(source.read(64)) == 64
    assert tpm.commands[0] == bytes.fromhex("80010000000c0000017b0020")
    assert MixedRandomness([OperatingSystem(), source]).sources == ("operating system", "TPM")


def test_a_tpm_that_answers_anything_else_is_no_source(tpm: TpmSimulator) -> None:
    good = tpm.good(16)
    for answer in (
        bytes.fromhex("80010000000a00000101"),  # TPM_RC_FAILURE
        good[:-1],
        good + b"\x00",
        good[:2] + (99).to_bytes(4, "big") + good[6:],
        bytes.fromhex("80010000000c000000000000"),
        b"\x00",
    ):
        tpm.answer = answer
        with pytest.raises(OSError, match="TPM"):
            Tpm(tpm.path).read(16)
    with pytest.raises(RandomnessError, match="TPM: gives nothing"):
        MixedRandomness([OperatingSystem(), Tpm(tpm.path.with_name("no-such-device"))])
