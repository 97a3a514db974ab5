# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""OpenSC reads the simulated PKCS#15 card and signs with it: over a real pcscd, through its own tools."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from tests.smartcard.opensc_tools import OpenScTools

from townhall_smartcard.simulation.national_keys import (
    CertifiedHolder,
    KeyKind,
    NationalAuthority,
    NationalCardKeys,
)
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pkcs15_card import ISO_APPLET, MYEID, Pkcs15Habits, Pkcs15Simulation
from townhall_smartcard.simulation.pkcs15_files import SERIAL_NUMBER
from townhall_smartcard.simulation.vpcd import VirtualReader

HOLDER: Final = CertifiedHolder("US", "SPECIMEN", "ALEX", "PNOUS-000000001")


@dataclass
class Bench(OpenScTools):
    """A card in the reader."""

    card: Pkcs15Simulation
    habits: Pkcs15Habits
    kind: KeyKind
    keys: NationalCardKeys


CARDS: Final = {
    "isoapplet-rsa": (ISO_APPLET, KeyKind.RSA_2048),
    "isoapplet-p256": (ISO_APPLET, KeyKind.P256),
    "myeid-p256": (MYEID, KeyKind.P256),  # of RSA keys OpenSC asks what we do not: no padding, in a chain
    "myeid-p384": (MYEID, KeyKind.P384),
}
NAMES: Final = {ISO_APPLET.name: "Javacard with IsoApplet\n", MYEID.name: "MyEID"}


@pytest.fixture(params=CARDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    habits, kind = CARDS[request.param]
    keys = NationalAuthority("US").issue_card_keys(HOLDER, kind, kind)
    card = Pkcs15Simulation(keys, habits)
    with PrivatePcscd() as service, VirtualReader(card, "127.0.0.1", service.ports[0]):
        bench = Bench(service, tmp_path, card, habits, kind, keys)
        bench.wait_for_card()
        yield bench


def test_opensc_dumps_every_object_and_reads_both_certificates(bench: Bench) -> None:
    assert bench.said("opensc-tool", "--name").startswith(NAMES[bench.habits.name])
    dump = bench.said("pkcs15-tool", "--dump")
    assert SERIAL_NUMBER.hex().upper() in dump.upper().replace(":", "")
    for told in ("PIN [PIN]", "[authentication]", "[signature]", "nonRepudiation", "X.509 Certificate [signature]"):
        assert told in dump
    for name, key in (("45", bench.keys.authentication), ("46", bench.keys.signature)):
        bench.said("pkcs15-tool", "--read-certificate", name, "--output", "pem")
        bench.said("openssl", "x509", "-in", "pem", "-outform", "DER", "-out", "der")
        assert (bench.folder / "der").read_bytes() == key.certificate


def test_openssl_accepts_what_both_keys_sign_for_opensc(bench: Bench) -> None:
    is_rsa = bench.kind is KeyKind.RSA_2048
    is_old = not is_rsa and bench.habits is ISO_APPLET  # SHA-1 is all that OpenSC asks of its elliptic keys
    hashed = "-sha1" if is_old else "-sha384" if bench.kind is KeyKind.P384 else "-sha256"
    form = ["--sha-256", "--pkcs1"] if is_rsa else ["--signature-format", "openssl", *["--sha-1"] * is_old]
    (bench.folder / "text").write_bytes(b"what the person saw")
    bench.said("openssl", "dgst", hashed, "-binary", "-out", "digest", "text")
    for name in ("45", "46"):
        sign = ["pkcs15-crypt", "--sign", "--key", name, "--pin", "123456", *form]
        bench.said(*sign, "--raw", "--input", "digest", "--output", "signature")
        bench.said("pkcs15-tool", "--read-certificate", name, "--output", "certificate")
        bench.said("openssl", "x509", "-in", "certificate", "-pubkey", "-noout", "-out", "key")
        verify = ["openssl", "dgst", hashed, "-verify", "key", "-signature", "signature"]
        assert bench.said(*verify, "text") == "Verified OK\n"
        (bench.folder / "other").write_bytes(b"what the person saX")
        assert bench.run(*verify, "other").returncode != 0


@pytest.mark.parametrize("bench", ["isoapplet-p256", "myeid-p256"], indirect=True)
def test_wrong_pins_are_counted_down_to_the_block(bench: Bench) -> None:
    verify = ["pkcs15-tool", "--verify-pin", "--auth-id", "01", "--pin"]
    for left in (2, 1, 0):
        assert bench.run(*verify, "999999").returncode != 0
        assert bench.card.tries_left() == left
    assert "blocked" in bench.run(*verify, "123456").stderr
