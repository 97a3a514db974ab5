# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A register's extract of one day: one sealed record a person, which that person's card alone finds and opens.

The registrar draws one key for the whole extract, agrees (ECDH) with the key of each person's card, and forgets it.
What the two agree on gives the record's name and its key. So whoever holds the extract and lacks the card can neither
open a record nor tell whose it is, though every card's public key is public. Format: docs/formats/register-extract.md.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from townhall_crypto import canonical
from townhall_crypto.card_key import POINT_BYTES, BlindedPoint, EphemeralKey
from townhall_crypto.errors import CryptoError, MalformedError
from townhall_crypto.namespaces import REGISTER_RECORD
from townhall_crypto.secret import Secret
from townhall_forms.errors import RegisterRefusedError
from townhall_forms.registers.statement import Statement, is_register_name, read_statement

FORMAT: Final = "townhall-register-extract"
VERSION: Final = 1
NAME_BYTES: Final = 16
_KEY_BYTES: Final = 32
_TAG_BYTES: Final = 16
_NO_NONCE: Final = bytes(12)  # each record has a key of its own, and it encrypts once
_BLOCK_BYTES: Final = 256  # all records of an extract are equally long: this many, or a multiple
_MAX_HEAD: Final = 1024
_MAX_RECORD: Final = 64 * 1024
_FIELDS: Final = frozenset({"date", "format", "point", "record_bytes", "records", "register", "version"})

Bytes: TypeAlias = bytes | memoryview


@dataclass(frozen=True, slots=True)
class ExtractHead:
    """What must be known to ask for a record: nothing of it is secret."""

    register: str
    stated: date
    point: bytes  # of the extract's key: P-384, uncompressed

    def info(self) -> bytes:
        """Return what binds names, keys and records to this extract."""
        facts = {"date": self.stated.isoformat(), "point": self.point.hex(), "register": self.register}
        return REGISTER_RECORD + canonical.encode(facts)


@dataclass(frozen=True, slots=True)
class RecordKeys:
    """The name of one person's record and, in one secret, the key that opens it."""

    name: bytes = field(repr=False)
    _key: Secret = field(repr=False)

    @classmethod
    def of(cls, shared: Secret, head: ExtractHead) -> "RecordKeys":
        """Derive them from what the registrar and the card agree on; ``shared`` is wiped."""
        derived = HKDF(SHA384(), NAME_BYTES + _KEY_BYTES, salt=None, info=head.info()).derive(shared.reveal())
        shared.wipe()
        return cls(derived[:NAME_BYTES], Secret(derived[NAME_BYTES:]))

    def seal(self, padded: bytes, head: ExtractHead) -> bytes:
        """Return the sealed record."""
        return AESGCM(bytes(self._key.reveal())).encrypt(_NO_NONCE, padded, head.info() + self.name)

    def open(self, untrusted: bytes, head: ExtractHead) -> Statement:
        """Return the statement in a record; the key is used up.

        Raises:
            RegisterRefusedError: it does not open, or holds no statement of this extract.
        """
        try:
            padded = AESGCM(bytes(self._key.reveal())).decrypt(_NO_NONCE, untrusted, head.info() + self.name)
            statement = read_statement(canonical.decode(padded.rstrip(b"\0")))
        except (InvalidTag, CryptoError) as exc:
            raise RegisterRefusedError("a record that does not open") from exc
        finally:
            self._key.wipe()
        if (statement.register, statement.stated) != (head.register, head.stated):
            raise RegisterRefusedError("a record of another extract")
        return statement


@dataclass(frozen=True, slots=True)
class RecordRequest:
    """Asks a person's card for their record; who carries ``point`` and the card's answer learns nothing by them."""

    head: ExtractHead
    _blinded: BlindedPoint = field(repr=False)

    @classmethod
    def of(cls, head: ExtractHead) -> "RecordRequest":
        """Prepare the request.

        Raises:
            RegisterRefusedError: the extract's point is none.
        """
        try:
            return cls(head, BlindedPoint.of(head.point))
        except MalformedError as exc:
            raise RegisterRefusedError("an extract without a point") from exc

    @property
    def point(self) -> bytes:
        """The point, uncompressed, that the card's authentication key is to agree with."""
        return self._blinded.point

    def keys(self, untrusted_x: bytes) -> RecordKeys:
        """Return name and key of the record, from what the card answered; once.

        Raises:
            RegisterRefusedError: the card answered no x of a point.
        """
        try:
            return RecordKeys.of(self._blinded.unblind(untrusted_x), self.head)
        except MalformedError as exc:
            raise RegisterRefusedError("the card's answer is no x of a point") from exc


@dataclass(frozen=True, slots=True)
class Extract:
    """An extract as it lies in the catalogue; equal heads are equal extracts, since each draws its own point."""

    head: ExtractHead
    record_bytes: int
    _records: Bytes = field(repr=False, compare=False)

    def __len__(self) -> int:
        """Return how many records it holds."""
        return len(self._records) // (NAME_BYTES + self.record_bytes)

    def find(self, name: bytes) -> bytes | None:
        """Return the sealed record of that name, or None: the register has none for this card."""
        position = bisect_left(range(len(self)), name, key=self._name)
        if position == len(self) or self._name(position) != name:
            return None
        start = position * (NAME_BYTES + self.record_bytes) + NAME_BYTES
        return bytes(self._records[start : start + self.record_bytes])

    def _name(self, position: int) -> bytes:
        start = position * (NAME_BYTES + self.record_bytes)
        return bytes(self._records[start : start + NAME_BYTES])

    def is_sorted(self) -> bool:
        """Say whether names rise, as they must for each record to be found; reads all of it."""
        names = [self._name(position) for position in range(len(self))]
        return all(one < other for one, other in pairwise(names))


def build_extract(register: str, stated: date, people: Iterable[tuple[EllipticCurvePublicKey, Statement]]) -> bytes:
    """Seal one record for the card of each person.

    Raises:
        RegisterRefusedError: a statement of another register or day, too long a one, or one card twice.
    """
    ephemeral = EphemeralKey()
    head = ExtractHead(register, stated, ephemeral.point)
    plain: dict[bytes, tuple[RecordKeys, bytes]] = {}
    for key, statement in people:
        if (statement.register, statement.stated) != (register, stated):
            raise RegisterRefusedError("a statement of another register or day")
        keys = RecordKeys.of(ephemeral.agree(key), head)
        if keys.name in plain:
            raise RegisterRefusedError("one card twice")
        plain[keys.name] = keys, canonical.encode(statement.to_fields())
    longest = max((len(record) for _keys, record in plain.values()), default=1)
    padded = -(-longest // _BLOCK_BYTES) * _BLOCK_BYTES
    if padded > _MAX_RECORD:
        raise RegisterRefusedError("a record that is too long")
    fields: dict[str, canonical.CanonicalValue] = {
        "date": stated.isoformat(),
        "format": FORMAT,
        "point": head.point.hex(),
        "record_bytes": padded + _TAG_BYTES,
        "records": len(plain),
        "register": register,
        "version": VERSION,
    }
    records = (name + keys.seal(record.ljust(padded, b"\0"), head) for name, (keys, record) in sorted(plain.items()))
    return canonical.encode(fields) + b"\n" + b"".join(records)


def read_extract(untrusted: Bytes) -> Extract:
    """Read an extract's head; records are looked at when they are sought.

    Raises:
        RegisterRefusedError: it is none, or not whole.
    """
    line, separator, _rest = bytes(untrusted[: _MAX_HEAD + 1]).partition(b"\n")
    try:
        head = canonical.decode(line)
    except CryptoError as exc:
        raise RegisterRefusedError("an extract without a head") from exc
    if not separator or not isinstance(head, dict) or head.keys() != _FIELDS:
        raise RegisterRefusedError("an extract whose head has other fields")
    match head:
        case {"format": "townhall-register-extract", "version": 1, "register": str() as register, "date": str() as day,
              "point": str() as point, "records": int() as count, "record_bytes": int() as size}:  # fmt: skip
            read = ExtractHead(register, _day(day), _point(point))
        case _:
            raise RegisterRefusedError("an extract of another format or version")
    records = memoryview(untrusted)[len(line) + 1 :]
    if not is_register_name(register) or not _TAG_BYTES < size <= _MAX_RECORD + _TAG_BYTES:
        raise RegisterRefusedError("an extract of no register, or with records of no length")
    if len(records) != count * (NAME_BYTES + size):
        raise RegisterRefusedError("an extract that is not whole")
    return Extract(read, size, records)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise RegisterRefusedError("a day that is none") from None
    if day.isoformat() != text:
        raise RegisterRefusedError("a day that is none")
    return day


def _point(text: str) -> bytes:
    try:
        point = bytes.fromhex(text)
    except ValueError:
        point = b""
    if len(point) != POINT_BYTES:
        raise RegisterRefusedError("an extract without a point")
    return point
