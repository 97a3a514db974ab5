# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall receipt verify`` of a voter's receipt: the device's signature, and the box held to what it showed."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from townhall_crypto.checkpoint import Ed25519NoteSigner
from townhall_crypto.device_key import FileDeviceKey
from townhall_kiosk.cli import main
from townhall_voting.board.log import (
    BallotsEntry,
    ClosedEntry,
    DeviceEntry,
    LogEntry,
    LoggedBallot,
    log_tree,
    write_log,
)
from townhall_voting.eligibility.receipt import VotingReceiptFacts, sign_voting_receipt
from townhall_voting.hashing import HexHash, fingerprint
from townhall_voting.mode import Mode

BOX = Ed25519NoteSigner("townhall/simulated.test/ballots", Ed25519PrivateKey.from_private_bytes(bytes(32)))
KEY = FileDeviceKey(ec.derive_private_key(4711, ec.SECP256R1()))
PHI, H, TRACKER = (fingerprint(each) for each in (b"election", b"ballot", b"whole"))
EARLIER: tuple[LogEntry, ...] = (
    BallotsEntry(PHI, (LoggedBallot(fingerprint(b"another whole"), fingerprint(b"another")),)),
    DeviceEntry("kiosk-2", 1, 0, 0),
)
OURS = BallotsEntry(PHI, (LoggedBallot(TRACKER, H),))
FACTS = VotingReceiptFacts(
    mode=Mode.TEST,
    uuid="BXxNnieWzhqs6B",
    election=PHI,
    ballot=H,
    tracker=TRACKER,
    place="library",
    date="2026-11-26",
    device="kiosk-1",
    journal=HexHash("cd" * 32),
    board=HexHash(log_tree(EARLIER).root().hex()),
    board_size=len(EARLIER),
)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.pub"
    key = ec.derive_private_key(4711, ec.SECP256R1()).public_key()
    path.write_bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return path


def publish(folder: Path, entries: Sequence[LogEntry]) -> list[str]:
    lines, checkpoint = write_log(entries, BOX)
    (folder / "log.jsonl").write_bytes(lines)
    (folder / "checkpoint").write_text(checkpoint)
    return ["--published", str(folder), "--log-key", BOX.verifier.vkey]


def verify(certificate: Path, *options: str, facts: VotingReceiptFacts = FACTS) -> int:
    text = sign_voting_receipt(facts, KEY)
    return main(["receipt", "verify", "--certificate", str(certificate), *options, text])


def test_a_receipt_is_told_with_the_log_that_its_device_had_seen(
    certificate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(certificate) == 0
    said = capsys.readouterr().out
    assert "This receipt is genuine." in said
    assert f"Box log:  2 entries, {FACTS.board_words}, {FACTS.board}" in said
    assert verify(certificate, facts=msgspec.structs.replace(FACTS, board="", board_size=0)) == 0
    assert "Box log:  none seen" in capsys.readouterr().out


def test_the_published_log_is_held_to_the_receipt(
    certificate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for entries, told in (
        (EARLIER, "not in the published log yet"),
        ((*EARLIER, OURS), "The ballot is in the published log."),
        ((*EARLIER, ClosedEntry()), "NOT in it"),
    ):
        assert verify(certificate, *publish(tmp_path, entries)) == 0
        said = capsys.readouterr().out
        assert "begins with these 2 entries" in said
        assert told in said


@pytest.mark.parametrize(
    "entries", [(), EARLIER[:1], EARLIER[::-1], (OURS, *EARLIER)], ids=["empty", "shorter", "reordered", "rewritten"]
)
def test_a_log_that_forgot_what_a_receipt_names_is_refused(
    certificate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], entries: Sequence[LogEntry]
) -> None:
    assert verify(certificate, *publish(tmp_path, entries)) == 1
    assert "TH-VOTE-132" in capsys.readouterr().err


def test_what_is_missing_or_wrong_is_said(
    certificate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = publish(tmp_path, EARLIER)
    for given, code in (
        (options[:2], "TH-KIOS-001"),
        ([*options[:3], "nonsense"], "TH-KIOS-001"),
        (["--published", str(tmp_path / "none"), *options[2:]], "TH-KIOS-001"),
    ):
        assert verify(certificate, *given) == 1
        assert code in capsys.readouterr().err
    other = tmp_path / "other.pub"
    key = ec.derive_private_key(4712, ec.SECP256R1()).public_key()
    other.write_bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert verify(other) == 1
    assert "TH-VOTE-" in capsys.readouterr().err
