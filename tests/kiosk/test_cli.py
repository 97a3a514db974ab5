# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command line: what it checks, what it prints, and that a failure has its code and no traceback."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.device_key import FileDeviceKey
from townhall_kiosk.cli import main
from townhall_kiosk.receipt import ReceiptFacts, sign_receipt

FACTS = ReceiptFacts(
    number="4F2K-9QXT-07MB",
    service="تغيير العنوان",
    place="Tamme Library",
    date="2026-11-22T09:30+02:00",
    kiosk="kiosk-1",
    envelope="ab" * 32,
    checkpoint="kiosk-1/log\n3\n",
)
PRIVATE = ec.generate_private_key(ec.SECP256R1())
TEXT = sign_receipt(FACTS, FileDeviceKey(PRIVATE)).to_text()


def certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kiosk-1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
    return builder.not_valid_after(now + timedelta(days=90)).sign(key, hashes.SHA256())


@pytest.fixture(params=[serialization.Encoding.DER, serialization.Encoding.PEM], ids=["DER", "PEM"])
def certificate_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.cer"
    path.write_bytes(certificate(PRIVATE).public_bytes(request.param))
    return path


def test_a_genuine_receipt_is_told_with_what_it_says(
    certificate_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["receipt", "verify", "--certificate", str(certificate_file), TEXT]) == 0
    told = capsys.readouterr().out
    assert "genuine" in told
    for fact in (FACTS.number, FACTS.service, FACTS.place, FACTS.date, FACTS.kiosk, FACTS.envelope):
        assert fact in told


def test_a_receipt_may_come_from_standard_input(
    certificate_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(TEXT + "\n"))
    assert main(["receipt", "verify", "--certificate", str(certificate_file), "-"]) == 0
    assert FACTS.number in capsys.readouterr().out


def test_a_changed_receipt_is_refused_with_its_code(certificate_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = TEXT.replace("A", "B", 1)
    assert main(["receipt", "verify", "--certificate", str(certificate_file), changed]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("TH-KIOS-002: ")


def test_another_kiosk_s_receipt_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.der"
    other = certificate(ec.generate_private_key(ec.SECP256R1()))
    path.write_bytes(other.public_bytes(serialization.Encoding.DER))
    assert main(["receipt", "verify", "--certificate", str(path), TEXT]) == 1
    assert "TH-KIOS-002" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----", b"\x30\x00"])
def test_what_is_no_certificate_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    path = tmp_path / "kiosk.der"
    if content is not None:
        path.write_bytes(content)
    assert main(["receipt", "verify", "--certificate", str(path), TEXT]) == 1
    assert capsys.readouterr().err.startswith("TH-KIOS-001: ")


@pytest.mark.parametrize("arguments", [["kiosk"], ["enrol", "kiosk-1", "code"]])
def test_a_home_that_is_not_whole_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    command, *rest = arguments
    assert main([command, "--home", str(tmp_path), *rest]) == 1
    assert "TH-KIOS-001: kiosk.toml" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["receipt"], ["form"], ["kiosk"], ["dance"], ["demo", "--language", "xx"]])
def test_a_command_that_is_none_is_told_by_its_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: townhall" in capsys.readouterr().err
