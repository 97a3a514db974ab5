# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the tests of this part share: a device key, a clock that stands, journals, and a centre with its courier."""

import shutil
import time
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_central.repository.working_copy import WorkingCopy
from townhall_central.simulation.catalogue import SimulatedAdministrators, write_content
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.recipients import RecipientPrivateKey, generate_recipient_key
from townhall_crypto.sealed import seal
from townhall_smartcard.simulation.pki import TestPki
from townhall_sync.catalogue_places import KioskPlace
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


@pytest.fixture(scope="session")
def content(tmp_path_factory: pytest.TempPathFactory, recipient: RecipientPrivateKey) -> Path:
    """A directory that a town publishes."""
    pki = TestPki()
    return write_content(
        tmp_path_factory.mktemp("content") / "town",
        services=Path(__file__).resolve().parents[2] / "services",
        recipients={"population-register": recipient.public.to_bytes()},
        anchors=pki.anchors_der,
        intermediates=pki.intermediates_der,
        crls=pki.crls_der,
        groups={"pilot": ["change-of-address"], "rest": []},
        kiosks={"kiosk-1": KioskPlace("Tamme Library", "pilot"), "kiosk-2": KioskPlace("Lepa School", "rest")},
    )


@pytest.fixture(scope="session")
def first_town(tmp_path_factory: pytest.TempPathFactory, content: Path) -> SimulatedAdministrators:
    """Administrators who have published the town's catalogue just now."""
    administrators = SimulatedAdministrators(tmp_path_factory.mktemp("town") / "repository", int(time.time()))
    administrators.publish(content)
    return administrators


@pytest.fixture
def town(tmp_path: Path, first_town: SimulatedAdministrators) -> SimulatedAdministrators:
    """The same people with a repository of the test's own."""
    administrators = copy(first_town)
    administrators.copy = WorkingCopy(shutil.copytree(first_town.copy.path, tmp_path / "repository"))
    return administrators
