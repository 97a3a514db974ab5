# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""SecurityInfos: what a chip says of its protocols (ICAO 9303-11 §9.2), in EF.CardAccess, EF.CardSecurity and EF.DG14.

EF.CardAccess is signed by nobody: PACE itself proves it. Whoever changes it on its way can make the kiosk take the
weakest variant that the card itself offers, and no other: the card refuses what it does not offer.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.dh_groups import DH_GROUPS
from townhall_smartcard.emrtd.elliptic import Curve
from townhall_smartcard.emrtd.residues import Residues
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.tlv import encode, parse_all

SET: Final = 0x31
SEQUENCE: Final = 0x30
OBJECT_IDENTIFIER: Final = 0x06
INTEGER: Final = 0x02
_SMARTCARD: Final = bytes.fromhex("04007F00070202")  # 0.4.0.127.0.7.2.2
_ID_PK: Final = _SMARTCARD + b"\x01"
_ID_TA: Final = _SMARTCARD + b"\x02"
_ID_CA: Final = _SMARTCARD + b"\x03"
_ID_PACE: Final = _SMARTCARD + b"\x04"
_ID_ICAO_SECURITY: Final = bytes.fromhex("6781080101")  # 2.23.136.1.1
_ID_AA: Final = _ID_ICAO_SECURITY + b"\x05"
_ID_EF_DIR: Final = _ID_ICAO_SECURITY + b"\x0d"
_PACE_VERSION: Final = 2


class PaceMapping(enum.IntEnum):
    """How both sides get from the card's random number to a fresh generator; the arc of the identifier (§9.2.3)."""

    DH_GENERIC = 1
    ECDH_GENERIC = 2
    DH_INTEGRATED = 3
    ECDH_INTEGRATED = 4
    ECDH_CHIP_AUTHENTICATION = 6

    @property
    def is_integrated(self) -> bool:
        """Tell whether the number itself becomes the generator."""
        return self in (PaceMapping.DH_INTEGRATED, PaceMapping.ECDH_INTEGRATED)

    @property
    def is_elliptic(self) -> bool:
        """Tell whether the group is a curve."""
        return self not in (PaceMapping.DH_GENERIC, PaceMapping.DH_INTEGRATED)


class KeyAgreement(enum.IntEnum):
    """The kind of group; the arc of the identifiers of Chip Authentication (§9.2.7)."""

    DH = 1
    ECDH = 2


@dataclass(frozen=True, slots=True)
class PaceInfo:
    """One variant of PACE; ``parameters`` is the number of the domain parameters, None where they go unnamed."""

    mapping: PaceMapping
    cipher: Cipher
    parameters: int | None

    @property
    def identifier(self) -> bytes:
        """The protocol's object identifier, without tag and length."""
        return _ID_PACE + bytes((self.mapping, self.cipher.arc))

    @property
    def group(self) -> Curve | Residues | None:
        """The standardised group, None where the number is of none or of one of the other kind.

        A card's own parameters are never used: bad ones would give the password away (§9.2.2).
        """
        standardised: Mapping[int, Curve | Residues] = CURVES if self.mapping.is_elliptic else DH_GROUPS
        return None if self.parameters is None else standardised.get(self.parameters)

    @property
    def is_served(self) -> bool:
        """Tell whether ``pace`` speaks this variant: every one that the standard allows."""
        if self.group is None:
            return False
        if self.mapping is PaceMapping.ECDH_CHIP_AUTHENTICATION:
            return self.cipher is not Cipher.TRIPLE_DES
        return self.mapping is not PaceMapping.ECDH_INTEGRATED or self.group.prime % 4 == 3

    def encode(self) -> bytes:
        """Return the SecurityInfo."""
        number = b"" if self.parameters is None else encode(INTEGER, bytes((self.parameters,)))
        version = encode(INTEGER, bytes((_PACE_VERSION,)))
        return encode(SEQUENCE, encode(OBJECT_IDENTIFIER, self.identifier) + version + number)


@dataclass(frozen=True, slots=True)
class ChipAuthenticationInfo:
    """A variant of Chip Authentication (§9.2.5)."""

    agreement: KeyAgreement
    cipher: Cipher
    version: int
    key: int | None

    @property
    def identifier(self) -> bytes:
        """The protocol's object identifier, without tag and length."""
        return _ID_CA + bytes((self.agreement, self.cipher.arc))

    def encode(self) -> bytes:
        """Return the SecurityInfo."""
        return encode(
            SEQUENCE,
            encode(OBJECT_IDENTIFIER, self.identifier) + encode(INTEGER, bytes((self.version,))) + _number(self.key),
        )


@dataclass(frozen=True, slots=True)
class ChipAuthenticationKey:
    """A public key of the chip (§9.2.6), as a SubjectPublicKeyInfo that nobody has read yet."""

    agreement: KeyAgreement
    untrusted_public_key: bytes
    key: int | None

    def encode(self) -> bytes:
        """Return the SecurityInfo."""
        identifier = encode(OBJECT_IDENTIFIER, _ID_PK + bytes((self.agreement,)))
        return encode(SEQUENCE, identifier + self.untrusted_public_key + _number(self.key))


@dataclass(frozen=True, slots=True)
class ActiveAuthenticationInfo:
    """How the chip signs by ECDSA (§9.2.4): an object identifier of BSI TR-03111, without tag and length."""

    algorithm: bytes

    def encode(self) -> bytes:
        """Return the SecurityInfo."""
        return encode(
            SEQUENCE,
            encode(OBJECT_IDENTIFIER, _ID_AA) + encode(INTEGER, b"\x01") + encode(OBJECT_IDENTIFIER, self.algorithm),
        )


@dataclass(frozen=True, slots=True)
class TerminalAuthenticationInfo:
    """The chip knows Terminal Authentication of this version (§9.2.8), which this part does not speak."""

    version: int


@dataclass(frozen=True, slots=True)
class EfDirCopy:
    """A copy of EF.DIR for whoever reads a signed set (§9.2.10)."""

    content: bytes


@dataclass(frozen=True, slots=True)
class OtherInfo:
    """Of another protocol, another version or another form; may be left aside (§9.2)."""

    identifier: bytes


SecurityInfo: TypeAlias = (
    PaceInfo
    | ChipAuthenticationInfo
    | ChipAuthenticationKey
    | ActiveAuthenticationInfo
    | TerminalAuthenticationInfo
    | EfDirCopy
    | OtherInfo
)


def parse_security_infos(untrusted: bytes) -> tuple[SecurityInfo, ...]:
    """Return all security information of a set, in its order.

    Raises:
        CardUnreadableError: it is no set of security information, or there are bytes behind it.
    """
    outer = parse_all(untrusted)
    if [each.tag for each in outer] != [SET]:
        raise CardUnreadableError("security information is no set")
    return tuple(_security_info(each.value) for each in parse_all(outer[0].value) if each.tag == SEQUENCE)


def _security_info(untrusted: bytes) -> SecurityInfo:
    parts = parse_all(untrusted)
    if not parts or parts[0].tag != OBJECT_IDENTIFIER:
        raise CardUnreadableError("security information without an identifier")
    identifier, arguments = parts[0].value, [(each.tag, each.value) for each in parts[1:]]
    match (identifier[:-2], identifier[:-1]), arguments:
        case (base, _), [(0x02, version), *rest] if base == _ID_PACE and _is_number(rest):
            return _pace_info(identifier, version, rest)
        case (base, _), [(0x02, version), *rest] if base == _ID_CA and _is_number(rest):
            return _chip_authentication(identifier, version, rest)
        case (_, base), [(0x30, key), *rest] if base == _ID_PK and _is_number(rest):
            return _chip_key(identifier, encode(SEQUENCE, key), rest)
    return _info_without_arc(identifier, arguments)


def _info_without_arc(identifier: bytes, arguments: list[tuple[int, bytes]]) -> SecurityInfo:
    match arguments:
        case [(0x02, b"\x01"), (0x06, algorithm)] if identifier == _ID_AA:
            return ActiveAuthenticationInfo(algorithm)
        case [(0x02, version), *_] if identifier == _ID_TA:
            return TerminalAuthenticationInfo(int.from_bytes(version, "big"))
        case [(0x04, content)] if identifier == _ID_EF_DIR:
            return EfDirCopy(content)
    return OtherInfo(identifier)


def _pace_info(identifier: bytes, version: bytes, rest: list[tuple[int, bytes]]) -> SecurityInfo:
    cipher = _CIPHERS.get(identifier[-1])
    if version != bytes((_PACE_VERSION,)) or cipher is None or identifier[-2] not in set(PaceMapping):
        return OtherInfo(identifier)
    return PaceInfo(PaceMapping(identifier[-2]), cipher, _number_in(rest))


def _chip_authentication(identifier: bytes, version: bytes, rest: list[tuple[int, bytes]]) -> SecurityInfo:
    cipher = _CIPHERS.get(identifier[-1])
    if cipher is None or identifier[-2] not in set(KeyAgreement):
        return OtherInfo(identifier)
    number = int.from_bytes(version, "big")
    return ChipAuthenticationInfo(KeyAgreement(identifier[-2]), cipher, number, _number_in(rest))


def _chip_key(identifier: bytes, key: bytes, rest: list[tuple[int, bytes]]) -> SecurityInfo:
    if identifier[-1] not in set(KeyAgreement):
        return OtherInfo(identifier)
    return ChipAuthenticationKey(KeyAgreement(identifier[-1]), key, _number_in(rest))


_CIPHERS: Final = {each.arc: each for each in Cipher}


def _is_number(rest: list[tuple[int, bytes]]) -> bool:
    return [tag for tag, _ in rest] in ([], [INTEGER])


def _number_in(rest: list[tuple[int, bytes]]) -> int | None:
    return int.from_bytes(rest[0][1], "big") if rest else None


def _number(number: int | None) -> bytes:
    return b"" if number is None else encode(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))
