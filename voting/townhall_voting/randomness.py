# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Randomness of several sources mixed, each under health tests: as good as the best of them, and none fails unnoticed.

A source is here because its machine has it; one that is missing or fails makes everything refuse, for good. What a
machine does not have is not in the list, and a card's bytes, which only a visit has, are mixed in beside.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from townhall_crypto.secret import Secret
from townhall_voting.errors import ProgrammingError, RandomnessError
from townhall_voting.health_tests import START_UP_BYTES, HealthTests

_SEED: Final = b"townhall.randomness.seed.v1\x00"
_OUTPUT: Final = b"townhall.randomness.output.v1\x00"
_NEXT: Final = b"townhall.randomness.next.v1\x00"
_STATE_BYTES: Final = 64
_FRESH_BYTES: Final = 64
_MIXED_BYTES: Final = 64


class RandomSource(Protocol):
    """Port: something that gives random bytes: the operating system, a TPM, a card by GET CHALLENGE."""

    @property
    def name(self) -> str:
        """What staff call it."""

    def read(self, size_bytes: int) -> bytes:
        """Return so many fresh bytes.

        Raises:
            OSError: it cannot.
        """


class OperatingSystem:
    """The kernel's generator; it answers only once the kernel has seeded it."""

    name = "operating system"

    def read(self, size_bytes: int) -> bytes:
        """Return bytes of getrandom(2)."""
        return os.urandom(size_bytes)


class Tpm:
    """The random number generator of a TPM 2.0, by the kernel's device file alone (TPM2_GetRandom)."""

    name = "TPM"

    def __init__(self, device: Path = Path("/dev/tpmrm0")) -> None:
        self._device = device

    def read(self, size_bytes: int) -> bytes:
        """Return bytes of the TPM, asked for 32 at a time: what every TPM gives in one answer."""
        with self._device.open("r+b", buffering=0) as device:
            read = b""
            while len(read) < size_bytes:
                read += _tpm_random(device, min(32, size_bytes - len(read)))
        return read


class _Device(Protocol):
    def write(self, data: bytes, /) -> int | None: ...
    def read(self, size: int, /) -> bytes | None: ...


def _tpm_random(device: _Device, size_bytes: int) -> bytes:
    """One TPM2_GetRandom (TPM 2.0 Library, part 3, section 16.1): tag, length, command 0x17B, number of bytes."""
    device.write(bytes.fromhex("80010000000c0000017b") + size_bytes.to_bytes(2, "big"))
    answer = device.read(4096) or b""
    head = bytes.fromhex("8001") + len(answer).to_bytes(4, "big") + bytes(4)
    given = int.from_bytes(answer[10:12], "big")
    if answer[:10] != head or len(answer) != 12 + given or not 0 < given <= size_bytes:
        raise OSError("the TPM gives no random bytes")
    return answer[12:]


class MixedRandomness:
    """A source of uniform bytes for all of this part, fed by several sources.

    All of them make the first state; the first, which must be quick, adds fresh bytes to each read. Whoever knows all
    sources but one, or reads the state later, still knows nothing of what was read.
    """

    def __init__(self, sources: Sequence[RandomSource]) -> None:
        """Test and mix ``sources``: all that this machine has, the operating system first.

        Raises:
            ProgrammingError: no source.
            RandomnessError: one is missing or fails its start-up test.
        """
        if not sources:
            raise ProgrammingError("no source of randomness")
        self._watched = [(source, HealthTests(source.name)) for source in sources]
        self._failure: RandomnessError | None = None
        self._state = Secret(bytes(_STATE_BYTES))
        for source, tests in self._watched:
            self._stir(source, tests, START_UP_BYTES)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the standing sources, for a readiness report."""
        return tuple(source.name for source, _ in self._watched)

    def renew(self) -> None:
        """Mix in fresh bytes of every standing source: before each visit, ceremony or decryption.

        Raises:
            RandomnessError: one failed, now or before.
        """
        for source, tests in self._watched:
            self._stir(source, tests, _MIXED_BYTES)

    def mix(self, source: RandomSource) -> None:
        """Mix in bytes of a source that is here for a while, such as a card.

        It adds to what is here already and is not counted on: its start-up test would keep the person waiting.

        Raises:
            RandomnessError: it gave nothing, or bytes that fail the tests.
        """
        self._stir(source, HealthTests(source.name), _MIXED_BYTES)

    def mix_tested(self, name: str, given: bytes) -> None:
        """Mix in what a device that is gone again has given, if it passes the tests of a source's start.

        Raises:
            RandomnessError: it does not, or is less than they want; nothing was mixed, and the other sources stand.
        """
        tests = HealthTests(name)
        if len(given) < START_UP_BYTES:
            raise tests.fail("fewer bytes than asked for")
        self._blend(name, tests.check(given))

    def read(self, size_bytes: int) -> bytes:
        """Return fresh bytes.

        Raises:
            RandomnessError: a source failed, now or before.
        """
        source, tests = self._watched[0]
        fresh = self._take(source, tests, _FRESH_BYTES)
        state = bytes(self._state.reveal())
        output = hashlib.shake_256(_OUTPUT + state + fresh).digest(size_bytes)
        self._advance(_NEXT + state + fresh)
        return output

    def _stir(self, source: RandomSource, tests: HealthTests, size_bytes: int) -> None:
        self._blend(source.name, self._take(source, tests, size_bytes))

    def _blend(self, source: str, taken: bytes) -> None:
        name = source.encode()
        lengths = len(name).to_bytes(4, "big") + len(taken).to_bytes(4, "big")
        self._advance(_SEED + bytes(self._state.reveal()) + lengths + name + taken)

    def _take(self, source: RandomSource, tests: HealthTests, size_bytes: int) -> bytes:
        if self._failure is not None:
            raise self._failure
        try:
            taken = source.read(size_bytes)
            if len(taken) != size_bytes:
                raise tests.fail("fewer bytes than asked for")
            return tests.check(taken)
        except OSError as error:
            self._failure = tests.fail("gives nothing")
            raise self._failure from error
        except RandomnessError as error:
            self._failure = error
            raise

    def _advance(self, material: bytes) -> None:
        state = self._state
        self._state = Secret(hashlib.sha512(material).digest())
        state.wipe()
