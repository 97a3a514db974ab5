# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is fed with bytes, by name, and the only errors that it may answer with. A new parser is a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Final

from townhall_crypto import card_signature
from townhall_crypto.digest_list import read_digest_list
from townhall_crypto.errors import CryptoError
from townhall_crypto.master_list import read_master_list
from townhall_crypto.state_certificate import read_certificate
from townhall_crypto.state_trust import StateTrustFiles, load_state_trust
from townhall_crypto.trust import TrustAnchors, Usage, parse_certificate, validate_certificate
from townhall_fuzz.dialogue import WrittenCard, answers_of
from townhall_smartcard.apdu import ResponseApdu
from townhall_smartcard.cards import probe
from townhall_smartcard.connection import CardConnection
from townhall_smartcard.emrtd.access import AccessRefused, MrzNeeded
from townhall_smartcard.emrtd.buffers import longest_answer
from townhall_smartcard.emrtd.card_access import parse_card_access
from townhall_smartcard.emrtd.document import read_document
from townhall_smartcard.emrtd.files import CARD_SECURITY, reference_of
from townhall_smartcard.emrtd.lds.biometrics import parse_dg2
from townhall_smartcard.emrtd.lds.common import parse_common
from townhall_smartcard.emrtd.lds.details import parse_dg11, parse_dg12, parse_dg16
from townhall_smartcard.emrtd.lds.displayed import parse_dg13, parse_dg15, parse_displayed
from townhall_smartcard.emrtd.lds.files import LdsFile, content_of
from townhall_smartcard.emrtd.lds.mrz import parse_dg1, parse_mrz
from townhall_smartcard.emrtd.lds.pictures import picture_of
from townhall_smartcard.emrtd.lds.security_object import open_sod, parse_security_object
from townhall_smartcard.emrtd.mrz_entry import read_entry
from townhall_smartcard.emrtd.pace import PacePassword, PasswordReference
from townhall_smartcard.emrtd.passive_authentication import ReadDocument, authenticate, is_state_signed
from townhall_smartcard.emrtd.public_keys import parse_public_key
from townhall_smartcard.emrtd.reading import FileReader
from townhall_smartcard.emrtd.security_infos import parse_security_infos
from townhall_smartcard.emrtd.session import open_emrtd
from townhall_smartcard.errors import CardError, CardMisuseError
from townhall_smartcard.messages import CardFamily, PinRole
from townhall_smartcard.national import pkcs15_objects, serbian_records
from townhall_smartcard.national.belgian_records import address_in, identity_in, parse_records
from townhall_smartcard.national.contract import NationalCard
from townhall_smartcard.national.directory import certificate_file, directory_file, private_key
from townhall_smartcard.national.german_codes import GermanCodes
from townhall_smartcard.national.germany import GermanCard
from townhall_smartcard.national.paced import paced_family
from townhall_smartcard.national.registry import national_family
from townhall_smartcard.opening import PaceChannel, open_card
from townhall_smartcard.pin_rules import NewPin
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation import lds_files
from townhall_smartcard.tlv import encoded_length, parse_all
from townhall_smartcard.vendor.keys import issuers, keys_by_role
from townhall_smartcard.vendor.messages import ShownCertificate

AT: Final = datetime(2026, 6, 1, tzinfo=UTC)
ACCESS_NUMBER: Final = b"271828"
ZONE: Final = lds_files.td1(lds_files.Holder())
PIN: Final = b"123456"
_TRUST: Final = load_state_trust(StateTrustFiles(), AT)
_BLOCK_BYTES: Final = 223
_FAMILIES: Final = tuple(
    family
    for family in CardFamily
    if family is not CardFamily.NPA and (national_family(family) or paced_family(family)) is not None
)


def always(size_bytes: int) -> bytes:
    """Return the randomness of both sides of a dialogue: the same bytes each time, so that a finding repeats."""
    return bytes(place % 251 + 1 for place in range(size_bytes))


@dataclass(frozen=True, slots=True)
class Target:
    """One reader of bytes. Everything but its typed errors is a finding, a mistake of our own program included."""

    read: Callable[[bytes], object]
    typed: tuple[type[Exception], ...] = (CardError,)

    def feed(self, untrusted: bytes) -> None:
        """Read; raises what is a finding."""
        try:
            self.read(untrusted)
        except CardMisuseError:  # says that we are wrong, not the card
            raise
        except self.typed:
            return


def use_all(family: CardFamily, connection: CardConnection) -> None:
    """Do everything that is done with a national card: read it, then prove and sign with a PIN."""
    card = _driver(family, connection)
    if card is None:
        return
    card.read()
    for role, use in ((PinRole.AUTHENTICATION, card.authenticate), (PinRole.SIGNATURE, card.sign)):
        digest = card.algorithm(role).digest.of(b"said")
        use(bytearray(PIN), digest, last_try_confirmed=False)


def _driver(family: CardFamily, connection: CardConnection) -> NationalCard | None:
    """Return the driver of an open card; None of one that its number does not open."""
    closed, found = paced_family(family), national_family(family)
    if closed is not None:
        channel = open_card(processors_for(connection), ACCESS_NUMBER, always)
        return closed.driver(channel) if isinstance(channel, PaceChannel) else None
    if found is None:
        raise CardMisuseError(family.name)
    return found.driver(processors_for(connection))


def use_german(connection: CardConnection) -> None:
    """Ask a German card for its PIN, open it by number and PIN, and set another PIN."""
    card = processors_for(connection)
    GermanCard(card).read()
    codes = GermanCodes(card, always)
    codes.enter(bytearray(PIN), bytearray(ACCESS_NUMBER), last_try_confirmed=True)
    new = NewPin(bytearray(b"314159"), None, "")
    codes.set_pin(bytearray(PIN), new, bytearray(ACCESS_NUMBER), last_try_confirmed=True)


def read_chip(connection: CardConnection, password: PacePassword) -> None:
    """Open an eMRTD chip and read everything that a document has."""
    card = processors_for(connection, is_extended=True)
    session = open_emrtd(card, password, always)
    if not isinstance(session, AccessRefused | MrzNeeded):
        read_document(session)


def open_closed_card(connection: CardConnection) -> object:
    """Open a card that shows nothing before PACE, and ask which it is."""
    opened = open_card(processors_for(connection), ACCESS_NUMBER, always)
    return probe(opened) if isinstance(opened, PaceChannel) else opened


def _judged(untrusted: bytes) -> object:
    document = ReadDocument(untrusted, {1: b"", 2: untrusted[:64]})
    verdict = authenticate(document, _TRUST, AT)
    return is_state_signed(untrusted, verdict, _TRUST, AT)


def _security_object(untrusted: bytes) -> object:
    return parse_security_object(open_sod(untrusted).untrusted_content)


def _lists(untrusted: bytes) -> object:
    given = {"given": untrusted}
    return load_state_trust(StateTrustFiles(given, given, given), AT)


def _issued(untrusted: bytes) -> object:
    """Validate the first of two certificates under the second, and under a list that may be none."""
    certificate, *others = answers_of(untrusted)
    issuer, crl = (*others, b"", b"")[:2]
    anchors = TrustAnchors((issuer,), (), (crl,) if crl else ())
    return validate_certificate(certificate, anchors, datetime.now(UTC), Usage.AUTHENTICATION)


def _a_file(untrusted: bytes) -> object:
    return FileReader(processors_for(WrittenCard(untrusted)), _BLOCK_BYTES).read(reference_of(LdsFile.DG2))


def _card_security(untrusted: bytes) -> object:
    return FileReader(processors_for(WrittenCard(untrusted)), _BLOCK_BYTES, is_cautious=True).read(CARD_SECURITY)


def _directories(untrusted: bytes) -> None:
    for read in (partial(directory_file, kind=0xA4), certificate_file, private_key):
        Target(read).feed(untrusted)


def _pkcs15_directories(untrusted: bytes) -> None:
    kinds = (pkcs15_objects.private_keys, pkcs15_objects.certificates, pkcs15_objects.pins)
    named = (pkcs15_objects.application, pkcs15_objects.object_directory, pkcs15_objects.token)
    for read in (*kinds, *named):
        Target(read).feed(untrusted)


def _belgian_records(untrusted: bytes) -> None:
    records = parse_records(untrusted)
    for read in (identity_in, address_in):
        read(records)


def _serbian_records(untrusted: bytes) -> None:
    records = serbian_records.parse_records(untrusted)
    serbian_records.address_in(records)
    serbian_records.statement_in(records, records)


def _digest_list(untrusted: bytes) -> object:
    return read_digest_list(untrusted, "resursi", TrustAnchors(()), AT)


def _keys(untrusted: bytes) -> None:
    key = card_signature.key_of(untrusted)
    card_signature.signature_bytes(key)


def _module_certificates(untrusted: bytes) -> None:
    """Whatever a vendor's module shows, nothing is raised."""
    shown = ShownCertificate(untrusted, has_key=False, tries=None, schemes=frozenset(card_signature.Scheme))
    keys_by_role((shown, shown))
    issuers((shown,))


_FILES: Final[Mapping[str, Callable[[bytes], object]]] = {
    "com": parse_common,
    "dg1": parse_dg1,
    "dg2": parse_dg2,
    "dg5": partial(parse_displayed, file=LdsFile.DG5),
    "dg7": partial(parse_displayed, file=LdsFile.DG7),
    "dg11": parse_dg11,
    "dg12": parse_dg12,
    "dg13": parse_dg13,
    "dg14": lambda untrusted: parse_security_infos(content_of(untrusted, LdsFile.DG14)),
    "dg15": parse_dg15,
    "dg16": parse_dg16,
    "picture": partial(picture_of, file=LdsFile.DG2),
    "mrz": lambda untrusted: parse_mrz(untrusted.decode("latin-1")),
    "mrz-entry": lambda untrusted: read_entry(untrusted.decode("latin-1")),
    "tlv": parse_all,
    "tlv-length": encoded_length,
    "response": ResponseApdu.parse,
    "card-access": parse_card_access,
    "security-infos": parse_security_infos,
    "public-key": parse_public_key,
    "buffers": longest_answer,
    "pkcs15-directories": _pkcs15_directories,
    "directories": _directories,
    "belgian-records": _belgian_records,
    "serbian-records": _serbian_records,
    "module-certificates": _module_certificates,
    "file": _a_file,
    "card-security": _card_security,
}
_TRUSTED: Final[Mapping[str, Callable[[bytes], object]]] = {
    "sod": _security_object,
    "digest-list": _digest_list,
    "document": _judged,
    "certificate": read_certificate,
    "card-certificate": _keys,
    "person-certificate": parse_certificate,
    "issued-certificate": _issued,
    "master-list": lambda untrusted: read_master_list(untrusted, (), AT),
    "state-trust": _lists,
}
_DIALOGUES: Final[Mapping[str, Callable[[CardConnection], object]]] = {
    "probe": lambda card: probe(processors_for(card)),
    "open-card": open_closed_card,
    "chip-by-number": lambda card: read_chip(card, PacePassword(PasswordReference.CAN, bytearray(ACCESS_NUMBER))),
    "chip-by-zone": lambda card: read_chip(card, parse_mrz(ZONE).password()),
    f"use-{CardFamily.NPA.value}": use_german,
    **{f"use-{family.value}": partial(use_all, family) for family in _FAMILIES},
}


def _over_a_written_card(talk: Callable[[CardConnection], object]) -> Callable[[bytes], object]:
    return lambda untrusted: talk(WrittenCard(untrusted))


TARGETS: Final[Mapping[str, Target]] = MappingProxyType(
    {
        **{name: Target(read) for name, read in _FILES.items()},
        **{name: Target(read, (CardError, CryptoError)) for name, read in _TRUSTED.items()},
        **{name: Target(_over_a_written_card(talk), (CardError, CryptoError)) for name, talk in _DIALOGUES.items()},
    }
)
