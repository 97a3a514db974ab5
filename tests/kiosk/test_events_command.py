# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall events``: a real journal's audit trail as an event log that is valid, verified, and names nobody."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema_rs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from townhall_crypto.device_key import FileDeviceKey
from townhall_kiosk.cli import main
from townhall_sync.audit import Event
from townhall_sync.clock import SimulatedClock
from townhall_sync.journal import Journal
from townhall_sync.simulated_kiosk import SMALL

SCHEMA = Path(__file__).resolve().parents[1] / "voting" / "data" / "nist-cdf" / "NIST_V1_election_event_logging.json"
KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kiosk-1")])
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begins).not_valid_after(begins + timedelta(days=90))
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    journal = Journal.open(
        tmp_path / "journal", kiosk="kiosk-1", key=FileDeviceKey(KEY), clock=SimulatedClock(), policy=SMALL
    )
    journal.audit(Event.KIOSK_STARTED, {"version": "0.1.0"})
    journal.audit(Event.STAFF_CAME_IN, {"visit": "visit-7", "staff": "6e340b9cffb37a98", "role": "OFFICER"})
    journal.audit(Event.STAFF_ACT_ENDED, {"visit": "visit-7", "act": "OPENPOLLS", "outcome": "DONE"})
    journal.audit(Event.STAFF_ACT_ENDED, {"visit": "visit-7", "act": "OPENPOLLS", "outcome": "TH-VOTE-123"})
    journal.audit(Event.CARD_REFUSED, {"visit": "visit-8", "reason": "EXPIRED"})
    journal.close()
    (tmp_path / "device.der").write_bytes(certificate(KEY))
    return tmp_path


def arguments(home: Path, kiosk: str = "kiosk-1") -> list[str]:
    certificate = ["--certificate", str(home / "device.der")]
    return ["events", str(home / "journal"), "--kiosk", kiosk, *certificate, "--election", "small-town-2026"]


def test_the_audit_trail_is_a_valid_event_log_without_people(
    home: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main([*arguments(home), "--role", "single"]) == 0
    written = capsysbinary.readouterr().out
    log = json.loads(written)
    jsonschema_rs.Draft4Validator(json.loads(SCHEMA.read_bytes()), validate_formats=True).validate(log)
    (device,) = log["Device"]
    assert (device["Type"], device["Version"]) == ("dre", "0.1.0")
    told = [(event["Id"], event["Disposition"], event.get("Details")) for event in device["Event"]][-5:]
    assert told == [
        ("KIOSK_STARTED", "na", "version=0.1.0"),
        ("STAFF_CAME_IN", "na", "role=OFFICER"),
        ("STAFF_ACT_ENDED", "success", "act=OPENPOLLS outcome=DONE"),
        ("STAFF_ACT_ENDED", "failure", "act=OPENPOLLS outcome=TH-VOTE-123"),
        ("CARD_REFUSED", "failure", "reason=EXPIRED"),
    ]
    assert [event["Sequence"] for event in device["Event"]] == [str(number) for number in range(len(device["Event"]))]
    assert b"visit-7" not in written
    assert b"6e340b9c" not in written


def test_what_is_no_journal_or_another_kiosks_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(home, "kiosk-2")) == 1
    assert "TH-SYNC-013" in capsys.readouterr().err
    (home / "device.der").write_bytes(certificate(ec.generate_private_key(ec.SECP256R1())))
    assert main(arguments(home)) == 1
    assert "TH-SYNC-013" in capsys.readouterr().err
    (home / "journal" / "journal.db").unlink()
    assert main(arguments(home)) == 1
    assert "TH-KIOS-001" in capsys.readouterr().err
    (home / "device.der").unlink()
    assert main(arguments(home)) == 1
    assert "TH-KIOS-001" in capsys.readouterr().err


def test_a_changed_entry_is_not_exported(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = home / "journal" / "journal.db"
    changed = database.read_bytes().replace(b"EXPIRED", b"EXPIRES")
    assert changed != database.read_bytes()
    database.write_bytes(changed)
    assert main(arguments(home)) == 1
    assert "TH-SYNC-011" in capsys.readouterr().err
