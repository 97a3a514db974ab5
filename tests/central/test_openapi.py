# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""schemathesis, an outside judge, calls a real server by its own OpenAPI document and finds nothing."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select

from townhall_central import agencies
from townhall_central.agencies import AgencyFile
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import MemoryDeviceKey
from townhall_central.tables import ENVELOPE
from townhall_crypto.recipients import generate_recipient_key
from townhall_sync import wire

HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
SECRET = 4711


@pytest.fixture
def recipient(centre: SimulatedCentre) -> bytes:
    """An agency and a kiosk with the keys that the hooks hold."""
    public = generate_recipient_key().public.to_bytes()
    key = MemoryDeviceKey(SECRET)
    stated = AgencyFile(
        name="Registry", recipient_key=wire.encode_base64(public), request_key=wire.encode_base64(key.public_der)
    )
    with centre.database.write() as connection:
        agencies.add(connection, msgspec.json.encode(stated), by="Ann", now=centre.now)
    centre.enrol("kiosk-1", [], key=key)
    return public


def test_schemathesis_finds_nothing(centre: SimulatedCentre, recipient: bytes, tmp_path: Path) -> None:
    serve = [sys.executable, "-m", "townhall_central", "serve", "--data", str(centre.path), "--port", "0"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().split()[-1]
        judge = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "-n", "25", "--seed", "7"]
        environment = os.environ | {"SCHEMATHESIS_HOOKS": str(HOOKS), "TOWNHALL_TEST_RECIPIENT": recipient.hex()}
        ended = subprocess.run(
            [*judge, "--no-color"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        server.terminate()
    assert ended.returncode == 0, ascii(ended.stdout[-3000:] + ended.stderr[-2000:])
    assert "Tested: 7" in ended.stdout
    with centre.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(ENVELOPE)), "it got past the door"
