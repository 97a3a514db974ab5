# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The randomness of this machine: of the operating system, and of a TPM where there is one."""

from pathlib import Path
from typing import Final

from townhall_voting.randomness import MixedRandomness, OperatingSystem, Tpm

ENTROPY_BYTES: Final = 64
"""So many fresh bytes a visit gets."""
_TPM: Final = Path("/dev/tpmrm0")


def machine_randomness() -> MixedRandomness:
    """Return the mixed randomness of this machine.

    Raises:
        RandomnessError: a source that is there failed its start-up test.
    """
    has_tpm = _TPM.exists()
    return MixedRandomness((OperatingSystem(), Tpm(_TPM)) if has_tpm else (OperatingSystem(),))
