# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card that OpenSC wrote, directories and all, is read and signed with by our driver."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.smartcard.blank_iso_applet import BlankIsoApplet
from tests.smartcard.opensc_tools import OpenScTools

from townhall_crypto.card_signature import is_card_signature
from townhall_smartcard.cards import probe
from townhall_smartcard.messages import CardFamily, PinRole, PinTries
from townhall_smartcard.national.pkcs15 import Pkcs15Card
from townhall_smartcard.pins import PinRefusal, PinRefusalReason
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.national_keys import (
    CertifiedHolder,
    KeyKind,
    NationalAuthority,
    NationalCardKeys,
)
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.vpcd import VirtualReader

HOLDER: Final = CertifiedHolder("US", "SPECIMEN", "ALEX", "PNOUS-000000001")
AUTHORITY: Final = NationalAuthority("US")
PIN: Final = "246802"
PUK: Final = "1234567890123456"


def create(tools: OpenScTools) -> None:
    """Let OpenSC make the application, with nothing in it."""
    tools.said("pkcs15-init", "--create-pkcs15", "--no-so-pin", "--label", "made by others")


def personalise(tools: OpenScTools, keys: NationalCardKeys) -> None:
    """Let OpenSC set a PIN, make two keys and store their certificates."""
    pin = ["--auth-id", "01", "--pin", PIN]
    tools.said("pkcs15-init", "--store-pin", "--label", "PIN", "--puk", PUK, *pin)
    for name, label, usage, key in (
        ("45", "authentication", "digitalSignature", keys.authentication),
        ("46", "signature", "nonRepudiation", keys.signature),
    ):
        named = ["--id", name, "--label", label, *pin]
        tools.said("pkcs15-init", "--generate-key", "rsa/2048", "--key-usage", usage, *named)
        certificate = x509.load_der_x509_certificate(key.certificate)
        (tools.folder / "certificate").write_bytes(certificate.public_bytes(Encoding.PEM))
        tools.said("pkcs15-init", "--store-certificate", "certificate", *named)


@contextmanager
def before_opensc(card: BlankIsoApplet, folder: Path) -> Iterator[OpenScTools]:
    """Put a card into a reader for OpenSC; out of it again, nobody but the test has it."""
    with PrivatePcscd() as service, VirtualReader(card, "127.0.0.1", service.ports[0]):
        tools = OpenScTools(service, folder)
        tools.wait_for_card()
        yield tools
    card.reset()


def test_what_opensc_wrote_is_read_and_signed_with(tmp_path: Path) -> None:
    keys = AUTHORITY.issue_card_keys(HOLDER, KeyKind.RSA_2048, KeyKind.RSA_2048)
    card = BlankIsoApplet(keys)
    with before_opensc(card, tmp_path) as tools:
        create(tools)
        personalise(tools, keys)
    assert probe(processors_for(card)) is CardFamily.PKCS15
    used = Pkcs15Card(processors_for(card))
    contents = used.read()
    assert contents.certificates == {
        PinRole.AUTHENTICATION: keys.authentication.certificate,
        PinRole.SIGNATURE: keys.signature.certificate,
    }
    assert contents.tries == dict.fromkeys(contents.certificates, PinTries(3, 3))
    for role, use in ((PinRole.AUTHENTICATION, used.authenticate), (PinRole.SIGNATURE, used.sign)):
        algorithm = used.algorithm(role)
        digest = algorithm.digest.of(b"said")
        assert use(bytearray(b"999999"), digest, last_try_confirmed=False) == PinRefusal(PinRefusalReason.WRONG, 2)
        signature = use(bytearray(PIN.encode()), digest, last_try_confirmed=False)
        assert isinstance(signature, bytes)
        assert is_card_signature(contents.certificates[role], algorithm, digest, signature)


def test_an_application_of_opensc_s_without_a_key_is_no_card_of_anybody(tmp_path: Path) -> None:
    card = BlankIsoApplet(AUTHORITY.issue_card_keys(HOLDER, KeyKind.RSA_2048, KeyKind.RSA_2048))
    with before_opensc(card, tmp_path) as tools:
        create(tools)
    assert probe(processors_for(card)) is CardFamily.FOREIGN
