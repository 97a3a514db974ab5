# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a register states about one person, signed by its registrar so that single values of it can be shown.

The registrar signs salted digests, not values: whoever holds a statement hands on the values that a form asks for, with
their salts, and the receiver learns nothing of the others. Format: docs/formats/register-extract.md.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from townhall_crypto import canonical
from townhall_crypto.namespaces import REGISTER_STATEMENT, REGISTER_VALUE
from townhall_forms.errors import ProgrammingError, RegisterRefusedError

PREFIX: Final = "register:"
"""Begins the keys of values from registers: ``register:population/address/street``."""
REGISTRAR_KEY_BYTES: Final = 32
MAX_VALUES: Final = 100

Sign: TypeAlias = Callable[[bytes], bytes]
Registrars: TypeAlias = Mapping[str, tuple[bytes, ...]]
"""The registrars' keys that are believed, by register: Ed25519, raw."""

_SALT_BYTES: Final = 16
_MAX_VALUE: Final = 1000  # characters
_REGISTER: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_KEY: Final = re.compile(r"(?=.{1,100}$)[a-z][a-z0-9_]*(?:/[a-z][a-z0-9_]*)*")
_SALT: Final = re.compile(r"[0-9a-f]{32}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{128}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_CODE: Final = re.compile(r"[0-9A-Za-z/-]{1,64}")
_PROOF_FIELDS: Final = frozenset(
    {"country", "date", "digests", "disclosures", "personal_code", "register", "signature"}
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a key leads: which register, and which of its values."""

    register: str
    value: str  # "address/street"


def source_of(key: str) -> Source | None:
    """Return what a prefill key asks of a register; None for a key of something else, such as a card."""
    if not key.startswith(PREFIX):
        return None
    register, _slash, value = key.removeprefix(PREFIX).partition("/")
    return Source(register, value) if is_register_name(register) and _KEY.fullmatch(value) else None


def is_register_name(name: str) -> bool:
    """Say whether a register can be called so."""
    return _REGISTER.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One value, and the salt that makes its digest say nothing about it."""

    salt: str  # hex
    key: str
    value: str = field(repr=False)

    def digest(self) -> str:
        """Return what stands for it in the statement, hex."""
        return hashlib.sha256(REGISTER_VALUE + canonical.encode([self.salt, self.key, self.value])).hexdigest()


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a statement is about, as their certificate names them (ETSI EN 319 412-1)."""

    country: str
    personal_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Statement:
    """A registrar's statement and the values of it that its holder discloses; believed after ``verify_statement``."""

    register: str
    stated: date  # the day of which the register says this
    person: Person
    digests: tuple[str, ...]  # of all values, sorted
    signature: str  # hex
    disclosures: tuple[Disclosure, ...]

    def signed_bytes(self) -> bytes:
        """Return what the registrar signs."""
        return REGISTER_STATEMENT + canonical.encode(
            {
                "country": self.person.country,
                "date": self.stated.isoformat(),
                "digests": list(self.digests),
                "personal_code": self.person.personal_code,
                "register": self.register,
            }
        )

    def disclosing(self, values: Collection[str]) -> "Statement":
        """Return the same statement with those of its values alone."""
        return replace(self, disclosures=tuple(each for each in self.disclosures if each.key in values))

    def to_fields(self) -> dict[str, canonical.CanonicalValue]:
        """Return it for canonical JSON."""
        return {
            "country": self.person.country,
            "date": self.stated.isoformat(),
            "digests": list(self.digests),
            "disclosures": [[each.salt, each.key, each.value] for each in self.disclosures],
            "personal_code": self.person.personal_code,
            "register": self.register,
            "signature": self.signature,
        }


def make_statement(register: str, stated: date, person: Person, values: Mapping[str, str], sign: Sign) -> Statement:
    """Return the statement of a register about a person; ``sign`` is the registrar's Ed25519 key.

    Raises:
        RegisterRefusedError: names or values that no statement can hold.
    """
    disclosures = tuple(Disclosure(secrets.token_hex(_SALT_BYTES), key, value) for key, value in sorted(values.items()))
    digests = tuple(sorted(each.digest() for each in disclosures))
    unsigned = Statement(register, stated, person, digests, "0" * 128, disclosures)
    whole = replace(unsigned, signature=sign(unsigned.signed_bytes()).hex())
    if read_statement(whole.to_fields()) != whole:
        raise ProgrammingError("a statement that would not be read back")
    return whole


def read_statement(untrusted: object) -> Statement:
    """Read what ``Statement.to_fields`` returns.

    Raises:
        RegisterRefusedError: it is no statement, or discloses what it does not state.
    """
    if not isinstance(untrusted, dict) or untrusted.keys() != _PROOF_FIELDS:
        raise RegisterRefusedError("a statement with other fields")
    statement = Statement(
        register=_text(untrusted["register"], _REGISTER),
        stated=_day(untrusted["date"]),
        person=Person(_text(untrusted["country"], _COUNTRY), _text(untrusted["personal_code"], _CODE)),
        digests=tuple(_text(each, _DIGEST) for each in _list(untrusted["digests"])),
        signature=_text(untrusted["signature"], _SIGNATURE),
        disclosures=tuple(map(_disclosure, _list(untrusted["disclosures"]))),
    )
    keys = [each.key for each in statement.disclosures]
    if list(statement.digests) != sorted(set(statement.digests)) or keys != sorted(set(keys)):
        raise RegisterRefusedError("digests or values twice, or in another order")
    if not {each.digest() for each in statement.disclosures} <= set(statement.digests):
        raise RegisterRefusedError("a value that the registrar did not state")
    return statement


def verify_statement(untrusted: Statement, registrars: Registrars, person: Person) -> dict[str, str]:
    """Return what a register states about ``person``, by prefill key.

    Raises:
        RegisterRefusedError: it is about somebody else, or no key of this register's registrar signed it.
    """
    if untrusted.person != person:
        raise RegisterRefusedError("a statement about somebody else")
    message, signature = untrusted.signed_bytes(), bytes.fromhex(untrusted.signature)
    if not any(_is_signed(message, signature, key) for key in registrars.get(untrusted.register, ())):
        raise RegisterRefusedError(f"not signed by the registrar of {untrusted.register}")
    return {f"{PREFIX}{untrusted.register}/{each.key}": each.value for each in untrusted.disclosures}


def _is_signed(message: bytes, signature: bytes, key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _disclosure(untrusted: object) -> Disclosure:
    match untrusted:
        case [str() as salt, str() as key, str() as value] if 0 < len(value) <= _MAX_VALUE:
            return Disclosure(_text(salt, _SALT), _text(key, _KEY), value)
        case _:
            raise RegisterRefusedError("something else than a value with its salt")


def _list(untrusted: object) -> list[object]:
    if not isinstance(untrusted, list) or len(untrusted) > MAX_VALUES:
        raise RegisterRefusedError("no list, or too long a one")
    return untrusted


def _text(untrusted: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(untrusted, str) or not pattern.fullmatch(untrusted):
        raise RegisterRefusedError("a field of another form")
    return untrusted


def _day(untrusted: object) -> date:
    try:
        day = date.fromisoformat(untrusted) if isinstance(untrusted, str) else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != untrusted:
        raise RegisterRefusedError("a day that is none")
    return day
