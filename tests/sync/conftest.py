# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the tests of this part share: a device key, a clock that stands, journals, and a centre with its courier."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.recipients import RecipientPrivateKey, generate_recipient_key
from townhall_crypto.sealed import seal
from townhall_sync.clock import SimulatedClock
from townhall_sync.simulated_kiosk import SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator


@pytest.fixture
def key() -> FileDeviceKey:
    return FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture(scope="session")
def recipient() -> RecipientPrivateKey:
    return generate_recipient_key()


@pytest.fixture(scope="session")
def sealed(recipient: RecipientPrivateKey) -> Callable[[int], bytes]:
    """The n-th sealed payload: the same bytes each time, and other bytes for another n."""
    made: dict[int, bytes] = {}

    def nth(number: int) -> bytes:
        if number not in made:
            made[number] = seal(f"transaction {number}".encode(), kind="service", recipients=[recipient.public])
        return made[number]

    return nth


@pytest.fixture
def kiosk(tmp_path: Path, key: FileDeviceKey, clock: SimulatedClock) -> Iterator[SimulatedKiosk]:
    made = SimulatedKiosk(tmp_path / "journal", key, clock)
    yield made
    made.close()


@pytest.fixture
def centre(kiosk: SimulatedKiosk) -> CentralServiceSimulator:
    made = CentralServiceSimulator(kiosk.clock.wall)
    made.add_kiosk(kiosk.name, kiosk.key.public_der)
    return made


@pytest.fixture
def line(kiosk: SimulatedKiosk, centre: CentralServiceSimulator) -> SimulatedLine:
    return SimulatedLine(kiosk, centre, centre.keys)
