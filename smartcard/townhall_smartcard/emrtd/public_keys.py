# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Public keys of chips: as certificates have them, and in the forms for agreement (ICAO 9303-11 §9.1, §9.5).

Keys that sign are read as those of states are; what agrees by residues, or names its group by a number, is read here.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from asn1crypto.keys import PublicKeyInfo

from townhall_crypto.signature_key import UNREADABLE, CurveKey, read_key
from townhall_crypto.state_errors import KeyRefusal, KeyRefusedError
from townhall_smartcard.emrtd.curves import CURVES, CURVES_BY_NAME
from townhall_smartcard.emrtd.dh_groups import DH_GROUPS
from townhall_smartcard.emrtd.elliptic import Curve, Point
from townhall_smartcard.emrtd.powers import power
from townhall_smartcard.emrtd.residues import Residue, Residues
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError
from townhall_smartcard.tlv import parse_all, value_at

_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_DH_X942: Final = bytes.fromhex("2A8648CE3E0201")
_DH_PKCS3: Final = bytes.fromhex("2A864886F70D010301")
_STANDARDISED: Final = bytes.fromhex("04007F00070102")
_BITS: Final = range(1024, 8192 + 1)


@dataclass(frozen=True, slots=True)
class RsaKey:
    """A modulus of 1024 to 8192 bits, and a public exponent."""

    modulus: int
    exponent: int


@dataclass(frozen=True, slots=True)
class EllipticKey:
    """A point on a known curve."""

    curve: Curve
    point: Point


@dataclass(frozen=True, slots=True)
class ResidueKey:
    """A residue of a known group, or of the key's own."""

    group: Residues
    residue: Residue


PublicKey: TypeAlias = RsaKey | EllipticKey | ResidueKey


def parse_public_key(untrusted: bytes) -> PublicKey:
    """Read a SubjectPublicKeyInfo.

    Raises:
        CardUnreadableError: it is none, or the key is none of its group.
        CardUnsupportedError: it is of a kind or on a curve that nobody here knows.
    """
    outer = parse_all(value_at(untrusted, _SEQUENCE))
    match [(each.tag, each.value) for each in outer]:
        case [(0x30, algorithm), (0x03, bits)] if bits[:1] == b"\x00":
            key = bits[1:]
        case _:
            raise CardUnreadableError("no public key")
    match [(each.tag, each.value) for each in parse_all(algorithm)]:
        case [(0x06, identifier), (0x30, parameters)] if identifier in (_DH_X942, _DH_PKCS3):
            return _residue(_group(parameters, has_order=identifier == _DH_X942), key)
        case [(0x06, identifier), (0x02, number)] if identifier == _STANDARDISED:
            return _standardised(int.from_bytes(number, "big"), key)
        case _:
            return _as_in_certificates(untrusted)


def _as_in_certificates(untrusted: bytes) -> PublicKey:
    try:
        key = read_key(PublicKeyInfo.load(untrusted, strict=True))
    except KeyRefusedError as exc:
        if exc.reason in (KeyRefusal.UNREADABLE, KeyRefusal.POINT):
            raise CardUnreadableError("no public key") from exc
        raise CardUnsupportedError("a public key of another kind") from exc
    except UNREADABLE as exc:
        raise CardUnreadableError("no public key") from exc
    if isinstance(key, CurveKey):
        return EllipticKey(CURVES_BY_NAME[key.curve.name], Point(key.x, key.y))
    numbers = key.public_numbers()
    return RsaKey(_measured(numbers.n), numbers.e)


def _elliptic(curve: Curve, untrusted: bytes) -> EllipticKey:
    return EllipticKey(curve, curve.decode(untrusted))


def _residue(group: Residues, untrusted: bytes) -> ResidueKey:
    return ResidueKey(group, group.decode(value_at(untrusted, _INTEGER).lstrip(b"\x00")))


def _standardised(number: int, untrusted: bytes) -> PublicKey:
    if number in CURVES:
        return _elliptic(CURVES[number], untrusted)
    if number in DH_GROUPS:
        return _residue(DH_GROUPS[number], untrusted)
    raise CardUnsupportedError("domain parameters of another number")


def _group(parameters: bytes, *, has_order: bool) -> Residues:
    """Take prime and generator, and the order where X9.42 tells it; a known group's order also where nobody does."""
    match _integers(parameters):
        case [prime, generator, *more] if prime % 2 and 1 < generator < prime - 1 and (more or not has_order):
            _measured(prime)
        case _:
            raise CardUnreadableError("no parameters of residues")
    known = [each.order for each in DH_GROUPS.values() if (each.prime, each.generator) == (prime, generator)]
    order = known[0] if known else more[0] if has_order else prime - 1
    if not 1 < order < prime or (prime - 1) % order or power(generator, order, prime) != 1:
        raise CardUnreadableError("an order that is none")
    return Residues(prime, generator, order)


def _integers(untrusted: bytes) -> list[int]:
    return [int.from_bytes(each.value, "big") for each in parse_all(untrusted) if each.tag == _INTEGER]


def _measured(number: int) -> int:
    if number.bit_length() not in _BITS:
        raise CardUnsupportedError(f"a number of {number.bit_length()} bits")
    return number
