# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""OpenSC, which knows the real card, works with the simulated one: over a real pcscd, through its own tools."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.smartcard.opensc_tools import OpenScTools

from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.estonian_card import Chip, EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.vpcd import VirtualReader

MODULE = "opensc-pkcs11.so"
PIN1, PIN2 = "01", "02"


@dataclass
class Bench(OpenScTools):
    """A card in the reader."""

    card: EstonianCard
    keys: CardKeys

    def tries(self) -> list[int]:
        """Return the tries left of PIN 1, PIN 2 and PUK as this OpenSC lists them: it reads the first one alone."""
        return [int(left) for left in re.findall(r"Tries left +: (\d)", self.said("pkcs15-tool", "--list-pins"))]

    def standing_of_pin2(self) -> str:
        """Return what the flags of PIN 2's token tell of its counter, which OpenSC reads for them."""
        tokens = self.said("pkcs11-tool", "--module", MODULE, "--list-slots").split("(PIN2)")
        standing = re.search(r"user PIN count low|final user PIN try|user PIN locked", tokens[1])
        return "" if standing is None else standing.group()


@pytest.fixture(params=[Chip.COSMO_8], ids=lambda chip: chip.name)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    keys = TestPki().issue_card_keys(KADRI)
    card = EstonianCard(KADRI, keys, chip=request.param)
    with PrivatePcscd() as service, VirtualReader(card, "127.0.0.1", service.ports[0]):
        bench = Bench(service, tmp_path, card, keys)
        bench.wait_for_card()
        yield bench


def sign(bench: Bench, key_id: str, slot: str, pin: str) -> subprocess.CompletedProcess[str]:
    (bench.folder / "text").write_bytes(b"what the person saw")
    token = ["--module", MODULE, "--slot-index", slot, "--login", "--pin", pin]
    how = ["--sign", "--mechanism", "ECDSA-SHA384", "--signature-format", "openssl", "--id", key_id]
    return bench.run("pkcs11-tool", *token, *how, "--input-file", "text", "--output-file", "signature")


def openssl_accepts(bench: Bench, certificate_id: str) -> bool:
    bench.said("pkcs15-tool", "--read-certificate", certificate_id, "--output", "certificate")
    bench.said("openssl", "x509", "-in", "certificate", "-pubkey", "-noout", "-out", "key")
    verdict = bench.run("openssl", "dgst", "-sha384", "-verify", "key", "-signature", "signature", "text")
    return verdict.returncode == 0 and verdict.stdout == "Verified OK\n"


def test_a_wrong_pin_signs_nothing_and_costs_a_try(bench: Bench) -> None:
    assert sign(bench, PIN1, "0", "9999").returncode != 0
    assert not (bench.folder / "signature").exists() or not (bench.folder / "signature").read_bytes()
    assert bench.tries() == [2, 3, 3]


def test_wrong_pins_are_counted_down_to_the_block_and_the_puk_lifts_it(bench: Bench) -> None:
    verify = ["pkcs15-tool", "--verify-pin", "--auth-id", PIN1, "--pin"]
    for left in (2, 1, 0):
        assert bench.run(*verify, "9999").returncode != 0
        assert bench.tries() == [left, 3, 3]
    assert "blocked" in bench.run(*verify, "1234").stderr
    bench.said("pkcs15-tool", "--unblock-pin", "--auth-id", PIN1, "--puk", "12345678", "--new-pin", "4321")
    assert bench.tries() == [3, 3, 3]
    bench.said(*verify, "4321")


def test_the_signature_pin_has_its_own_counter(bench: Bench) -> None:
    verify = ["pkcs15-tool", "--verify-pin", "--auth-id", PIN2, "--pin"]
    assert bench.standing_of_pin2() == ""
    for standing in ("user PIN count low", "final user PIN try", "user PIN locked"):
        assert bench.run(*verify, "99999").returncode != 0
        assert bench.standing_of_pin2() == standing
    assert "blocked" in bench.run(*verify, "12345").stderr
    assert bench.card.tries_left(PinReference.PIN1) == 3
    bench.said("pkcs15-tool", "--unblock-pin", "--auth-id", PIN2, "--puk", "12345678", "--new-pin", "54321")
    assert bench.standing_of_pin2() == ""
    bench.said(*verify, "54321")


def test_the_right_pin_gives_all_tries_back(bench: Bench) -> None:
    verify = ["pkcs15-tool", "--verify-pin", "--auth-id", PIN1, "--pin"]
    bench.run(*verify, "9999")
    assert bench.tries() == [2, 3, 3]
    bench.said(*verify, "1234")
    assert bench.tries() == [3, 3, 3]


@pytest.mark.parametrize(("pin_id", "old", "new"), [(PIN1, "1234", "2468"), (PIN2, "12345", "135790")])
def test_a_pin_is_changed(bench: Bench, pin_id: str, old: str, new: str) -> None:
    bench.said("pkcs15-tool", "--change-pin", "--auth-id", pin_id, "--pin", old, "--new-pin", new)
    bench.said("pkcs15-tool", "--verify-pin", "--auth-id", pin_id, "--pin", new)
    assert bench.run("pkcs15-tool", "--verify-pin", "--auth-id", pin_id, "--pin", old).returncode != 0


def test_the_card_is_recognised(bench: Bench) -> None:
    assert bench.said("opensc-tool", "--name").startswith("EstEID 2018\n")


@pytest.mark.parametrize("bench", [Chip.COSMO_X], indirect=True)
def test_the_newer_chip_shows_its_atr_though_this_opensc_does_not_know_it(bench: Bench) -> None:
    shown = bench.said("opensc-tool", "--atr").splitlines()[0]
    assert bytes.fromhex(shown.replace(":", "")) == Chip.COSMO_X.value


def test_the_dump_shows_the_persons_card(bench: Bench) -> None:
    dump = bench.said("pkcs15-tool", "--dump")
    assert "PKCS#15 Card [ÕISPUU,KADRI-LIIS,48403159910]" in dump
    assert "Serial number  : TT0000991" in dump
    assert re.findall(r"^PIN \[(.*)\]", dump, re.MULTILINE) == ["PIN1", "PIN2", "PUK"]
    assert re.findall(r"^Private EC Key \[(.*)\]", dump, re.MULTILINE) == ["Isikutuvastus", "Allkirjastamine"]
    assert dump.count("FieldLength    : 384") == 2
    assert bench.tries() == [3, 3, 3]


def test_both_certificates_are_read_byte_for_byte(bench: Bench) -> None:
    for certificate_id, key in ((PIN1, bench.keys.authentication), (PIN2, bench.keys.signature)):
        bench.said("pkcs15-tool", "--read-certificate", certificate_id, "--output", "pem")
        bench.said("openssl", "x509", "-in", "pem", "-outform", "DER", "-out", "der")
        assert (bench.folder / "der").read_bytes() == key.certificate


@pytest.mark.parametrize(("key_id", "slot", "pin"), [(PIN1, "0", "1234"), (PIN2, "1", "12345")])
def test_openssl_accepts_the_signatures_and_refuses_another_text(
    bench: Bench, key_id: str, slot: str, pin: str
) -> None:
    signed = sign(bench, key_id, slot, pin)
    assert signed.returncode == 0, signed.stderr
    assert openssl_accepts(bench, key_id)
    (bench.folder / "text").write_bytes(b"what the person saX")
    assert not openssl_accepts(bench, key_id)


def test_opensc_agrees_on_the_secret_that_openssl_finds(bench: Bench) -> None:
    bench.said("openssl", "ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", "other")
    bench.said("openssl", "ec", "-in", "other", "-pubout", "-outform", "DER", "-out", "point")
    token = ["--module", MODULE, "--slot-index", "0", "--login", "--pin", "1234"]
    how = ["--derive", "--mechanism", "ECDH1-COFACTOR-DERIVE", "--id", PIN1]
    bench.said("pkcs11-tool", *token, *how, "--input-file", "point", "--output-file", "ours")
    bench.said("pkcs15-tool", "--read-certificate", PIN1, "--output", "certificate")
    bench.said("openssl", "x509", "-in", "certificate", "-pubkey", "-noout", "-out", "key")
    bench.said("openssl", "pkeyutl", "-derive", "-inkey", "other", "-peerkey", "key", "-out", "theirs")
    assert (bench.folder / "ours").read_bytes() == (bench.folder / "theirs").read_bytes()


def test_opensc_also_works_with_answers_that_must_be_fetched(tmp_path: Path) -> None:
    keys = TestPki().issue_card_keys(KADRI)
    card = EstonianCard(KADRI, keys, delivery=Delivery.FETCHED)
    with PrivatePcscd() as service, VirtualReader(card, "127.0.0.1", service.ports[0]):
        bench = Bench(service, tmp_path, card, keys)
        bench.wait_for_card()
        assert bench.tries() == [3, 3, 3]
        assert sign(bench, PIN2, "1", "12345").returncode == 0
        assert openssl_accepts(bench, PIN2)
