# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""OpenSC, which knows PIV cards, works with the simulated one: over a real pcscd, through its own tools."""

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
from townhall_smartcard.simulation.piv_card import CARD_NUMBER, PivSimulation
from townhall_smartcard.simulation.vpcd import VirtualReader

MODULE: Final = "opensc-pkcs11.so"
HOLDER: Final = CertifiedHolder("US", "SPECIMEN", "ALEX", "PNOUS-000000001")
MECHANISMS: Final = {
    KeyKind.RSA_2048: ("SHA256-RSA-PKCS", "sha256"),
    KeyKind.P256: ("ECDSA-SHA256", "sha256"),
    KeyKind.P384: ("ECDSA-SHA384", "sha384"),
}


@dataclass
class Bench(OpenScTools):
    """A card in the reader."""

    card: PivSimulation
    kind: KeyKind
    keys: NationalCardKeys


@pytest.fixture(params=list(KeyKind), ids=lambda kind: kind.value)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    kind: KeyKind = request.param
    keys = NationalAuthority("US").issue_card_keys(HOLDER, kind, kind)
    card = PivSimulation(keys)
    with PrivatePcscd() as service, VirtualReader(card, "127.0.0.1", service.ports[0]):
        bench = Bench(service, tmp_path, card, kind, keys)
        bench.wait_for_card()
        yield bench


def test_the_card_is_a_piv_card_of_its_number_and_both_certificates_are_read(bench: Bench) -> None:
    assert bench.said("opensc-tool", "--name").startswith("Personal Identity Verification Card\n")
    number = " ".join(f"{each:02X}" for each in CARD_NUMBER)
    assert bench.said("piv-tool", "--serial").startswith(number)
    for name, key in (("01", bench.keys.authentication), ("02", bench.keys.signature)):
        bench.said("pkcs15-tool", "--read-certificate", name, "--output", "pem")
        bench.said("openssl", "x509", "-in", "pem", "-outform", "DER", "-out", "der")
        assert (bench.folder / "der").read_bytes() == key.certificate


def test_openssl_accepts_what_both_keys_sign_and_refuses_another_text(bench: Bench) -> None:
    mechanism, digest = MECHANISMS[bench.kind]
    for name in ("01", "02"):
        (bench.folder / "text").write_bytes(b"what the person saw")
        token = ["--module", MODULE, "--login", "--pin", "123456"]
        how = ["--sign", "--mechanism", mechanism, "--signature-format", "openssl", "--id", name]
        bench.said("pkcs11-tool", *token, *how, "--input-file", "text", "--output-file", "signature")
        bench.said("pkcs15-tool", "--read-certificate", name, "--output", "certificate")
        bench.said("openssl", "x509", "-in", "certificate", "-pubkey", "-noout", "-out", "key")
        verify = ["openssl", "dgst", f"-{digest}", "-verify", "key", "-signature", "signature", "text"]
        assert bench.said(*verify) == "Verified OK\n"
        (bench.folder / "text").write_bytes(b"what the person saX")
        assert bench.run(*verify).returncode != 0


@pytest.mark.parametrize("bench", [KeyKind.P256], ids=lambda kind: kind.value, indirect=True)
def test_wrong_pins_are_counted_down_to_the_block(bench: Bench) -> None:
    verify = ["pkcs15-tool", "--verify-pin", "--auth-id", "01", "--pin"]
    for left in (2, 1, 0):
        assert bench.run(*verify, "999999").returncode != 0
        assert bench.card.tries_left() == left
    assert "blocked" in bench.run(*verify, "123456").stderr
