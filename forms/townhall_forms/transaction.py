# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is sealed for the agency: the signed document and the evidence around it (docs/formats/transaction.md).

One line of canonical JSON, a line feed, and the bytes of the document.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final, TypeVar

from townhall_crypto import canonical
from townhall_crypto.errors import CryptoError
from townhall_crypto.trust_revocation import ListTimes
from townhall_crypto.trust_verdict import Doubt, Outcome, TrustEvidence, TrustVerdict
from townhall_forms.errors import ProgrammingError, RegisterRefusedError, TransactionRefusedError
from townhall_forms.record import PageFacts, SessionRecord
from townhall_forms.registers.statement import Statement, read_statement

_E = TypeVar("_E", bound=Enum)

FORMAT: Final = "townhall-transaction"
VERSION: Final = 6
CONTAINER_DOCUMENT: Final = "document.pdf"
CONTAINER_ANSWERS: Final = "answers.xml"
"""Files of a signed container: what the person read, and the form instance that is attached to it as well."""
MAX_HEADER_BYTES: Final = 64 * 1024
MAX_DOCUMENT_BYTES: Final = 15 * 1024 * 1024

_MAX_TEXT = 200
_MAX_PROVENANCE = 500
_MAX_REGISTERS = 4
_MAX_BIRTHS = 500
_MAX_BIRTH = 1_000_000
_YEARS = range(2000, 9999)  # dates at the ends of the calendar cannot be counted with
_MAX_EVIDENCE_HEX = 16 * 1024
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HEX = re.compile(r"(?:[0-9a-f]{2})+")
_ALGORITHM = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){1,3}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_LAST_SECOND = 253_402_300_799  # of the year 9999
_KEYS = frozenset(
    {
        "algorithm",
        "challenge",
        "certificate",
        "corrections",
        "document_bytes",
        "document_format",
        "form_id",
        "form_sha256",
        "form_version",
        "format",
        "language",
        "page",
        "provenance",
        "registers",
        "service",
        "session",
        "signature",
        "trust",
        "version",
    }
)
_PAGE_KEYS = frozenset({"made", "place"})
_SESSION_KEYS = frozenset({"births", "opened", "seed"})
_TRUST_KEYS = frozenset({"doubts", "list_at", "next_update", "outcome", "this_update"})


class SignatureFormat(Enum):
    """What a signed form is handed over as."""

    PADES = "pades"
    ASICE = "asice"


@dataclass(frozen=True, slots=True, repr=False)
class IdentityEvidence:
    """Proof that the person's card was there: a challenge, its signature, and the authentication certificate."""

    challenge: str  # hex
    signature: str  # hex
    certificate: str  # hex of DER
    algorithm: str = "ecdsa-sha384"  # of the signature over the challenge's digest


@dataclass(frozen=True, slots=True, repr=False)
class Transaction:
    """One finished service. Never shown by ``repr``: it holds answers and names."""

    service: str
    form_id: str
    form_version: str
    form_sha256: str  # hex
    language: str  # BCP 47
    provenance: tuple[tuple[str, str], ...]  # (ref, source) of every prefilled answer
    evidence: IdentityEvidence
    document: bytes  # signed PDF, or the container
    trust: TrustVerdict  # what the kiosk knew of the card; never REFUSED
    session: SessionRecord  # what the answers follow from besides themselves
    page: PageFacts  # what the signed page says besides answers and signer
    document_format: SignatureFormat = SignatureFormat.PADES
    corrections: tuple[tuple[str, str], ...] = ()  # (ref, source) of every answer that is not what its source states
    registers: tuple[Statement, ...] = ()  # by which registers stated what the form asked of them

    def to_bytes(self) -> bytes:
        """Return the one encoding of this transaction.

        Raises:
            ProgrammingError: a field is outside the format.
        """
        header: dict[str, canonical.CanonicalValue] = {
            "algorithm": self.evidence.algorithm,
            "challenge": self.evidence.challenge,
            "certificate": self.evidence.certificate,
            "corrections": [[ref, source] for ref, source in self.corrections],
            "document_bytes": len(self.document),
            "document_format": self.document_format.value,
            "form_id": self.form_id,
            "form_sha256": self.form_sha256,
            "form_version": self.form_version,
            "format": FORMAT,
            "language": self.language,
            "page": {"made": self.page.made.isoformat(), "place": self.page.place},
            "provenance": [[ref, source] for ref, source in self.provenance],
            "registers": [each.to_fields() for each in self.registers],
            "service": self.service,
            "session": _session_fields(self.session),
            "signature": self.evidence.signature,
            "trust": _trust_fields(self.trust),
            "version": VERSION,
        }
        try:
            encoded = canonical.encode(header) + b"\n" + self.document
            is_same = Transaction.from_bytes(encoded) == self
        except (CryptoError, TransactionRefusedError) as exc:
            raise ProgrammingError(f"a transaction outside its format: {type(exc).__name__}") from exc
        if not is_same:
            raise ProgrammingError("a transaction that would not be read back")
        return encoded

    @classmethod
    def from_bytes(cls, untrusted: bytes) -> "Transaction":
        """Parse strictly; the document's signature and the evidence are not checked here.

        Raises:
            TransactionRefusedError: the bytes are not the encoding of a transaction of this version.
        """
        line, separator, document = untrusted.partition(b"\n")
        if not separator or len(line) > MAX_HEADER_BYTES:
            raise TransactionRefusedError("no header line")
        try:
            header = canonical.decode(line)
        except CryptoError as exc:
            raise TransactionRefusedError("the header is not canonical") from exc
        if not isinstance(header, dict) or header.keys() != _KEYS:
            raise TransactionRefusedError("the header has other fields")
        if (header["format"], header["version"]) != (FORMAT, VERSION):
            raise TransactionRefusedError("another format or version")
        if header["document_bytes"] != len(document) or not 0 < len(document) <= MAX_DOCUMENT_BYTES:
            raise TransactionRefusedError("the document has another length")
        return _read(header, document)


def _read(header: dict[str, canonical.DecodedValue], document: bytes) -> Transaction:
    return Transaction(
        service=_text(header["service"]),
        form_id=_text(header["form_id"]),
        form_version=_text(header["form_version"], is_optional=True),
        form_sha256=_matching(header["form_sha256"], _SHA256),
        language=_matching(header["language"], _LANGUAGE),
        provenance=_provenance(header["provenance"]),
        evidence=IdentityEvidence(
            challenge=_matching(header["challenge"], _HEX),
            signature=_matching(header["signature"], _HEX),
            certificate=_matching(header["certificate"], _HEX),
            algorithm=_matching(header["algorithm"], _ALGORITHM),
        ),
        document=document,
        trust=_trust(header["trust"]),
        session=_session(header["session"]),
        page=_page(header["page"]),
        document_format=_member(SignatureFormat, header["document_format"]),
        corrections=_provenance(header["corrections"]),
        registers=_registers(header["registers"]),
    )


def _page(value: canonical.DecodedValue) -> PageFacts:
    if not isinstance(value, dict) or value.keys() != _PAGE_KEYS:
        raise TransactionRefusedError("page has other fields")
    made = _instant(value["made"])
    if made.microsecond:
        raise TransactionRefusedError("a page made within a second")
    return PageFacts(place=_text(value["place"]), made=made)


def _session_fields(session: SessionRecord) -> dict[str, canonical.CanonicalValue]:
    return {
        "births": [[ref, birth] for ref, birth in session.births],
        "opened": session.opened.isoformat(),
        "seed": session.seed.hex(),
    }


def _session(value: canonical.DecodedValue) -> SessionRecord:
    if not isinstance(value, dict) or value.keys() != _SESSION_KEYS:
        raise TransactionRefusedError("session has other fields")
    births = value["births"]
    if not isinstance(births, list) or len(births) > _MAX_BIRTHS:
        raise TransactionRefusedError("births are no short list")
    return SessionRecord(
        opened=_instant(value["opened"]),
        seed=bytes.fromhex(_matching(value["seed"], _SHA256)),
        births=tuple(_birth(pair) for pair in births),
    )


def _birth(pair: canonical.DecodedValue) -> tuple[str, int]:
    match pair:
        case [str() as ref, int() as birth] if len(ref) <= _MAX_TEXT and 0 < birth <= _MAX_BIRTH:
            return ref, birth
        case _:
            raise TransactionRefusedError("births hold something else than pairs")


def _instant(value: canonical.DecodedValue) -> datetime:
    text = _text(value)
    try:
        moment = datetime.fromisoformat(text)
        is_plain = moment.tzinfo is not None and moment.isoformat() == text
    except ValueError:
        is_plain = False
    if not is_plain or moment.year not in _YEARS:
        raise TransactionRefusedError("a moment that is none")
    return moment


def _trust_fields(trust: TrustVerdict) -> dict[str, canonical.CanonicalValue]:
    times = trust.evidence.revocation
    return {
        "doubts": [doubt.value for doubt in trust.doubts],
        "list_at": _seconds(trust.evidence.list_at),
        "next_update": _seconds(times.next_update if times else None),
        "outcome": trust.outcome.value,
        "this_update": _seconds(times.this_update if times else None),
    }


def _seconds(moment: datetime | None) -> int:
    return 0 if moment is None else int(moment.timestamp())


def _trust(value: canonical.DecodedValue) -> TrustVerdict:
    if not isinstance(value, dict) or value.keys() != _TRUST_KEYS:
        raise TransactionRefusedError("trust has other fields")
    outcome, doubts = _member(Outcome, value["outcome"]), value["doubts"]
    if not isinstance(doubts, list) or len(doubts) > len(Doubt) or outcome is Outcome.REFUSED:
        raise TransactionRefusedError("trust is no verdict that a kiosk acts on")
    this_update, next_update = _moment(value["this_update"]), _moment(value["next_update"])
    if (this_update is None) != (next_update is None):
        raise TransactionRefusedError("half a time of a revocation list")
    times = ListTimes(this_update, next_update) if this_update and next_update else None
    evidence = TrustEvidence(times, _moment(value["list_at"]))
    return TrustVerdict(outcome, tuple(_member(Doubt, doubt) for doubt in doubts), evidence)


def _moment(value: canonical.DecodedValue) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LAST_SECOND:
        raise TransactionRefusedError("a time that is none")
    return datetime.fromtimestamp(value, UTC) if value else None


def _member(kind: type[_E], value: canonical.DecodedValue) -> _E:
    if not isinstance(value, str):
        raise TransactionRefusedError("a field that is no word")
    try:
        return kind(value)
    except ValueError as exc:
        raise TransactionRefusedError("a word that has no meaning here") from exc


def _text(value: canonical.DecodedValue, *, is_optional: bool = False) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not (value or is_optional):
        raise TransactionRefusedError("a field that is no short text")
    return value


def _matching(value: canonical.DecodedValue, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or len(value) > _MAX_EVIDENCE_HEX or not pattern.fullmatch(value):
        raise TransactionRefusedError("a field of another form")
    return value


def _registers(value: canonical.DecodedValue) -> tuple[Statement, ...]:
    if not isinstance(value, list) or len(value) > _MAX_REGISTERS:
        raise TransactionRefusedError("registers are no short list")
    try:
        statements = tuple(map(read_statement, value))
    except RegisterRefusedError as exc:
        raise TransactionRefusedError("a register's statement that is none") from exc
    if len({each.register for each in statements}) != len(statements):
        raise TransactionRefusedError("one register twice")
    return statements


def _provenance(value: canonical.DecodedValue) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list) or len(value) > _MAX_PROVENANCE:
        raise TransactionRefusedError("provenance is no short list")
    pairs: list[tuple[str, str]] = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2:
            raise TransactionRefusedError("provenance holds something else than pairs")
        pairs.append((_text(pair[0]), _text(pair[1])))
    return tuple(pairs)
