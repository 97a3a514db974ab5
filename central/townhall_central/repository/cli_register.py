# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""`townhall-admin register`: from what a register knows to an extract that nobody but its people can open."""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from securesystemslib.signer import CryptoSigner

from townhall_central.console import ask_passphrase, say
from townhall_central.errors import CatalogueContentError, SigningKeyError
from townhall_central.inbox.trust_folder import load_anchors
from townhall_central.keys import write_private
from townhall_central.repository.content_registers import FOLDER
from townhall_central.repository.register_source import RegisterSource
from townhall_central.repository.signing_keys import load_signer, write_whole
from townhall_central.repository.xroad_register import XRoadParties, XRoadRegister
from townhall_central.settings import system_clock
from townhall_crypto.card_key import card_public_key
from townhall_crypto.errors import CertificateRefusedError, MalformedError
from townhall_crypto.trust import TrustAnchors, Usage, validate_certificate
from townhall_forms.errors import RegisterRefusedError
from townhall_forms.registers.extract import build_extract
from townhall_forms.registers.register import EXTRACT_SUFFIX, KEY_SUFFIX
from townhall_forms.registers.statement import Person, Sign, Statement, make_statement

_MAX_TOLD: Final = 20  # lines of the file that are left out, in one report


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the registrar's file: a card that a person carries, and what the register says of that person."""

    certificate: bytes  # base64 of the authentication certificate, DER
    values: dict[str, str]


def add_register_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `register` with its commands."""
    register = commands.add_parser("register", help="what registers know").add_subparsers(required=True)
    sealed = register.add_parser("seal", help="seal one record for the card of each person")
    sealed.add_argument("content", type=Path, metavar="DIRECTORY", help="of what is published; its trust/ is used")
    sealed.add_argument("name", help="the register's, as forms spell it: small letters, digits, hyphens")
    sealed.add_argument("people", type=Path, help='a line each: {"certificate": "base64", "values": {...}}')
    sealed.add_argument("--date", type=date.fromisoformat, required=True, help="of which day it is, YYYY-MM-DD")
    sealed.add_argument("--key", type=Path, required=True, help="the registrar's NAME.pem, Ed25519")
    sealed.add_argument("--passphrase-file", type=Path, help="of the key; asked for where absent")
    sealed.set_defaults(command=_seal)
    fetched = register.add_parser("fetch", help="ask an online register (X-Road) about the holder of each certificate")
    fetched.add_argument("content", type=Path, metavar="DIRECTORY", help="of what is published; its trust/ is used")
    fetched.add_argument("certificates", type=Path, help="a folder with authentication certificates, *.der")
    fetched.add_argument("people", type=Path, help="the file that `seal` reads; made, and readable by you alone")
    fetched.add_argument("--server", required=True, metavar="URL", help="your own security server")
    fetched.add_argument("--client", required=True, help="X-Road-Client: INSTANCE/CLASS/MEMBER/SUBSYSTEM")
    fetched.add_argument("--service", required=True, help="INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE")
    fetched.add_argument("--user", required=True, help="X-Road-UserId: who orders it")
    fetched.add_argument("--issue", required=True, help="X-Road-Issue: what allows it")
    fetched.set_defaults(command=_fetch)


def _fetch(options: argparse.Namespace) -> None:
    anchors, at = load_anchors(options.content / "trust"), datetime.fromtimestamp(system_clock(), UTC)
    parties = XRoadParties(options.server, options.client, options.service, options.user, options.issue)
    certificates = [path.read_bytes() for path in sorted(options.certificates.glob("*.der"))]
    with XRoadRegister(parties) as source:
        entries = list(fetch(source, certificates, anchors, at))
    write_private(options.people, b"".join(msgspec.json.encode(each) + b"\n" for each in entries))
    say(f"{len(entries)} of {len(certificates)} people in {options.people}")


def fetch(
    source: RegisterSource, certificates: Iterable[bytes], anchors: TrustAnchors, at: datetime
) -> Iterator[_Entry]:
    """Ask about the holder of each certificate that is in force; who is not in the register is left out.

    Raises:
        RegisterSourceError: see ``RegisterSource``; nothing is to be sealed of half a register.
    """
    for certificate in certificates:
        try:
            subject = validate_certificate(certificate, anchors, at, Usage.AUTHENTICATION).subject
        except CertificateRefusedError:
            continue
        values = source.look_up(Person(subject.country, subject.personal_code))
        if values is not None:
            yield _Entry(certificate, dict(values))


def _seal(options: argparse.Namespace) -> None:
    with ask_passphrase(options.passphrase_file, "the registrar's key", is_new=False) as passphrase:
        signer = load_signer(options.key, passphrase)
    sealing = Sealing(options.name, options.date, signer, load_anchors(options.content / "trust"), system_clock())
    folder = options.content / FOLDER / options.name
    write_whole(folder / f"{options.date.isoformat()}{EXTRACT_SUFFIX}", sealing.seal(options.people))
    write_whole(folder / f"{options.key.stem}{KEY_SUFFIX}", sealing.public_key)
    say(f"{sealing.count} records in {folder}")
    if sealing.left_out:
        lines = ", ".join(map(str, sealing.left_out[:_MAX_TOLD]))
        say(f"{len(sealing.left_out)} cards are not in force, or cannot agree on a key; lines {lines}")


@dataclass(slots=True)
class Sealing:
    """One extract in the making. ``left_out`` are the lines whose card is not in force or not on P-384."""

    register: str
    stated: date
    signer: CryptoSigner = field(repr=False)
    anchors: TrustAnchors
    now: int
    line: int = 0  # of the file, that is being read
    count: int = 0
    left_out: list[int] = field(default_factory=list)

    @property
    def public_key(self) -> bytes:
        """The registrar's public key, raw.

        Raises:
            SigningKeyError: it is no Ed25519 key.
        """
        if self.signer.public_key.keytype != "ed25519":
            raise SigningKeyError("a registrar signs with Ed25519")
        return bytes.fromhex(self.signer.public_key.keyval["public"])

    def seal(self, people: Path) -> bytes:
        """Return the extract of everybody in a file.

        Raises:
            CatalogueContentError: a line or the file cannot be read, or holds what no statement can; no value is told.
            SigningKeyError: the registrar's key is no Ed25519 key.
        """
        assert self.public_key  # noqa: S101  # raises for another kind of key before anything is signed
        try:
            return build_extract(self.register, self.stated, self._people(people))
        except RegisterRefusedError as exc:
            raise CatalogueContentError(f"{people.name}, line {self.line}: {exc}") from exc
        except OSError as exc:
            raise CatalogueContentError(f"{people.name}: {exc.strerror}") from exc

    def _people(self, people: Path) -> Iterator[tuple[EllipticCurvePublicKey, Statement]]:
        with people.open("rb") as file:
            for self.line, line in enumerate(file, 1):
                try:
                    entry = msgspec.json.decode(line, type=_Entry)
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    raise CatalogueContentError(f"{people.name}, line {self.line}: not one entry") from None
                found = self._one(entry)
                if found is None:
                    self.left_out.append(self.line)
                    continue
                self.count += 1
                yield found

    def _one(self, entry: _Entry) -> tuple[EllipticCurvePublicKey, Statement] | None:
        at = datetime.fromtimestamp(self.now, UTC)
        try:
            # A record for a key that nobody vouches for would be a record for whoever made that key.
            valid = validate_certificate(entry.certificate, self.anchors, at, Usage.AUTHENTICATION)
            key = card_public_key(valid.der)
        except (CertificateRefusedError, MalformedError):
            return None
        person = Person(valid.subject.country, valid.subject.personal_code)
        sign: Sign = lambda message: bytes.fromhex(self.signer.sign(message).signature)  # noqa: E731
        return key, make_statement(self.register, self.stated, person, entry.values, sign)
