# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every property test is told, so that nothing depends on how fast a shared machine is; and public forms."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("townhall", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("townhall")

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "xforms"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The shared corpus; tests marked ``corpus`` are left out where it is absent."""
    if not CORPUS.is_dir():
        pytest.skip(f"the shared corpus is not at {CORPUS}")
    return CORPUS


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their place, not by what they hold: each worker must collect the same names.

    Bytes that were made while collecting (a key, a signature, a compressed time) differ from worker to worker, and
    pytest-xdist then runs nothing at all.
    """
    return argname if isinstance(val, bytes | bytearray) else None
