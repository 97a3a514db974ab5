# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""As much of a PKCS#15 directory (ISO/IEC 7816-15) as the second Latvian card needs: where its files and keys are.

EF.OD names directories by kind; a certificate directory names a file; a private key directory names a key and its kind.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.tlv import DataObject, encoded_length, parse_all, value_at

OBJECT_DIRECTORY: Final = bytes.fromhex("5031")
PRIVATE_KEYS: Final = 0xA0
CERTIFICATES: Final = 0xA4

_SEQUENCE: Final = 0x30
_OCTETS: Final = 0x04
_INTEGER: Final = 0x02
_TYPE_ATTRIBUTES: Final = 0xA1
_ELLIPTIC_KEY: Final = 0xA0  # [0] privateECKey; an RSA key is a plain SEQUENCE (§8.4)
_FILE_IDENTIFIER_BYTES: Final = 2
_FILLING: Final = frozenset({0x00, 0xFF})


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """What a directory says of a key: whether it is elliptic, and by which reference it is named; None: it does not."""

    is_elliptic: bool
    reference: int | None


def directory_file(untrusted_object_directory: bytes, kind: int) -> bytes:
    """Return the identifier of the first directory of a kind that EF.OD names.

    Raises:
        CardUnreadableError: it names none.
    """
    for each in _objects(untrusted_object_directory):
        if each.tag == kind:
            return _file_identifier(value_at(each.value, _SEQUENCE, _OCTETS))
    raise CardUnreadableError(f"no directory of kind {kind:02X}")


def certificate_file(untrusted_directory: bytes) -> bytes:
    """Return the identifier of the file of the first certificate that a directory names.

    Raises:
        CardUnreadableError: it names none.
    """
    first = _first(untrusted_directory)
    return _file_identifier(value_at(first.value, _TYPE_ATTRIBUTES, _SEQUENCE, _SEQUENCE, _OCTETS))


def private_key(untrusted_directory: bytes) -> PrivateKey:
    """Return what a directory says of its first key.

    Raises:
        CardUnreadableError: it names none.
    """
    first = _first(untrusted_directory)
    sequences = [each.value for each in parse_all(first.value) if each.tag == _SEQUENCE]
    if len(sequences) < 2 or first.tag not in {_SEQUENCE, _ELLIPTIC_KEY}:
        raise CardUnreadableError("a key without attributes")
    references = [each.value for each in parse_all(sequences[1]) if each.tag == _INTEGER]
    # The card writes 81 or 9F as two bytes, with the sign's zero; a shorter one is not by what known clients go.
    is_named = bool(references) and len(references[0]) == 2
    return PrivateKey(first.tag == _ELLIPTIC_KEY, references[0][1] if is_named else None)


def _objects(untrusted: bytes) -> Iterator[DataObject]:
    """Yield the data objects before what fills up the file."""
    while untrusted and untrusted[0] not in _FILLING:
        length = encoded_length(untrusted)
        yield parse_all(untrusted[:length])[0]
        untrusted = untrusted[length:]


def _first(untrusted: bytes) -> DataObject:
    found = next(_objects(untrusted), None)
    if found is None:
        raise CardUnreadableError("an empty directory")
    return found


def _file_identifier(path: bytes) -> bytes:
    if len(path) < _FILE_IDENTIFIER_BYTES:
        raise CardUnreadableError("a path without a file")
    return path[-_FILE_IDENTIFIER_BYTES:]
