# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Health tests of one source of randomness (NIST SP 800-90B, section 4.4): a source that fails once has failed."""

from collections import deque
from typing import Final

from townhall_voting.errors import RandomnessError

START_UP_BYTES: Final = 1024
"""What a source must show before anything of it is used (section 4.3)."""

# A sample is a byte, claimed to have its full 8 bits: these sources are conditioned. False alarms: 2^-40 a sample.
REPETITION_CUTOFF: Final = 6  # 1 + 40 / 8
WINDOW: Final = 512
PROPORTION_CUTOFF: Final = 19  # 1 + the critical value of the binomial distribution of 512 and 1/256

_BLOCK_BYTES: Final = 8
_BLOCKS_KEPT: Final = 128


class HealthTests:
    """Watches every byte of one source: repetition count, adaptive proportion, and blocks that come again."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._failure: str | None = None
        self._run_value = -1
        self._run_length = 0
        self._window_value = -1
        self._window_count = 0
        self._window_place = 0
        self._blocks: deque[bytes] = deque(maxlen=_BLOCKS_KEPT)

    def check(self, data: bytes) -> bytes:
        """Return ``data``, the next bytes of the source.

        Raises:
            RandomnessError: they fail a test, or earlier ones did.
        """
        if self._failure is None:
            self._failure = self._first_failure(data)
        if self._failure is not None:
            raise RandomnessError(f"{self._source}: {self._failure}")
        return data

    def fail(self, reason: str) -> RandomnessError:
        """Count the source as failed for good; return the error to raise."""
        self._failure = self._failure or reason
        return RandomnessError(f"{self._source}: {self._failure}")

    def _first_failure(self, data: bytes) -> str | None:
        for sample in data:
            if self._repeats(sample):
                return "the same byte too often in a row"
            if self._dominates(sample):
                return "one byte too often among others"
        if self._has_come_before(data):
            return "bytes that came before"
        return None

    def _repeats(self, sample: int) -> bool:
        """Section 4.4.1."""
        self._run_length = self._run_length + 1 if sample == self._run_value else 1
        self._run_value = sample
        return self._run_length >= REPETITION_CUTOFF

    def _dominates(self, sample: int) -> bool:
        """Section 4.4.2: how often the first byte of a window stands in it."""
        if self._window_place == 0:
            self._window_value, self._window_count = sample, 0
        self._window_count += sample == self._window_value
        self._window_place = (self._window_place + 1) % WINDOW
        return self._window_count >= PROPORTION_CUTOFF

    def _has_come_before(self, data: bytes) -> bool:
        """Ours (section 4.5): a stuck device gives whole blocks again, which look good byte by byte."""
        for start in range(0, len(data) - _BLOCK_BYTES + 1, _BLOCK_BYTES):
            block = data[start : start + _BLOCK_BYTES]
            if block in self._blocks:
                return True
            self._blocks.append(block)
        return False
