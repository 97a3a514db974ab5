# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is sealed for the agency: the signed document and the evidence around it (docs/formats/transaction.md).

One line of canonical JSON, a line feed, and the bytes of the document.
"""

import re
from dataclasses import dataclass
from typing import Final

from townhall_crypto import canonical
from townhall_crypto.errors import CryptoError
from townhall_forms.errors import ProgrammingError, TransactionRefusedError

FORMAT: Final = "townhall-transaction"
VERSION: Final = 1
MAX_HEADER_BYTES: Final = 64 * 1024
MAX_DOCUMENT_BYTES: Final = 15 * 1024 * 1024

_MAX_TEXT = 200
_MAX_PROVENANCE = 500
_MAX_EVIDENCE_HEX = 16 * 1024
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HEX = re.compile(r"(?:[0-9a-f]{2})+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_KEYS = frozenset(
    {
        "challenge",
        "certificate",
        "document_bytes",
        "form_id",
        "form_sha256",
        "form_version",
        "format",
        "language",
        "provenance",
        "service",
        "signature",
        "version",
    }
)


@dataclass(frozen=True, slots=True, repr=False)
class IdentityEvidence:
    """Proof that the person's card was there: a challenge, its signature, and the authentication certificate."""

    challenge: str  # hex
    signature: str  # hex
    certificate: str  # hex of DER


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
    document: bytes  # signed PDF

    def to_bytes(self) -> bytes:
        """Return the one encoding of this transaction.

        Raises:
            ProgrammingError: a field is outside the format.
        """
        header: dict[str, canonical.CanonicalValue] = {
            "challenge": self.evidence.challenge,
            "certificate": self.evidence.certificate,
            "document_bytes": len(self.document),
            "form_id": self.form_id,
            "form_sha256": self.form_sha256,
            "form_version": self.form_version,
            "format": FORMAT,
            "language": self.language,
            "provenance": [[ref, source] for ref, source in self.provenance],
            "service": self.service,
            "signature": self.evidence.signature,
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
        ),
        document=document,
    )


def _text(value: canonical.DecodedValue, *, is_optional: bool = False) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not (value or is_optional):
        raise TransactionRefusedError("a field that is no short text")
    return value


def _matching(value: canonical.DecodedValue, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or len(value) > _MAX_EVIDENCE_HEX or not pattern.fullmatch(value):
        raise TransactionRefusedError("a field of another form")
    return value


def _provenance(value: canonical.DecodedValue) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list) or len(value) > _MAX_PROVENANCE:
        raise TransactionRefusedError("provenance is no short list")
    pairs: list[tuple[str, str]] = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2:
            raise TransactionRefusedError("provenance holds something else than pairs")
        pairs.append((_text(pair[0]), _text(pair[1])))
    return tuple(pairs)
