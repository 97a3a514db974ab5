# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trustees' ceremony, beginning: who takes part, with which keys, under which terms (steps 1 and 2 of Pedersen's).

``ceremony_dealing`` goes on with commitments and secrets, ``ceremony_outcome`` ends it. Every function is pure: it
turns messages into the next message, and the caller carries them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec

from townhall_voting.errors import (
    CeremonyRefusal,
    CeremonyRefusedError,
    MalformedError,
    MembershipError,
    ProgrammingError,
    ProofRefusedError,
)
from townhall_voting.group import Group
from townhall_voting.hashing import HexHash, hex_hash
from townhall_voting.nonces import Randomness
from townhall_voting.trustees.private_keys import CeremonyKeys
from townhall_voting.trustees.signed_message import (
    MAX_TRUSTEES,
    SignedMessage,
    SignedWire,
    check_signature,
    parse_signed,
    sign_message,
)
from townhall_voting.trustees.threshold import Certificate, Context, certificate_message, parse_certificate
from townhall_voting.trustees.threshold_check import check_certificates
from townhall_voting.untrusted_json import read_json

MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
_CEREMONY: Final = b"townhall.ceremony.v1|"


@dataclass(frozen=True, slots=True)
class Terms:
    """What all agree on before they begin: any ``threshold`` of ``size`` trustees will be able to decrypt."""

    group: Group = field(compare=False)
    size: int
    threshold: int

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= self.size <= MAX_TRUSTEES:
            raise ProgrammingError("a threshold between 1 and the number of trustees")

    def context(self, index: int) -> Context:
        """Return what a certificate says of its ceremony."""
        return Context(self.group.name, self.size, self.threshold, index)


@dataclass(frozen=True, slots=True)
class Ceremony:
    """A ceremony whose certificates are all there and checked; ``hash`` is what its trustees compare aloud."""

    terms: Terms
    certificates: tuple[Certificate, ...] = field(compare=False, repr=False)
    hash: HexHash

    def index_of(self, keys: CeremonyKeys) -> int:
        """Return which trustee, from 1, has these keys.

        Raises:
            CeremonyRefusedError: ``NOT_MINE``: nobody; certificates were exchanged on the way.
        """
        mine = (keys.verification, keys.encryption)
        for index, each in enumerate(self.certificates, start=1):
            if (each.verification, each.encryption) == mine:
                return index
        raise CeremonyRefusedError(CeremonyRefusal.NOT_MINE)


def make_certificate(terms: Terms, index: int, keys: CeremonyKeys, randomness: Randomness) -> bytes:
    """Step 1: return the certificate of the trustee who takes place ``index``, counted from 1.

    Raises:
        ProgrammingError: no such place.
        RandomnessError: the source of randomness failed.
    """
    if not 1 <= index <= terms.size:
        raise ProgrammingError("no such place in the ceremony")
    message = certificate_message(keys.verification, keys.encryption, terms.context(index))
    return msgspec.json.encode(sign_message(terms.group, keys.signing, message, randomness).wire)


def assemble(terms: Terms, certificates: Sequence[bytes]) -> Ceremony:
    """Step 2: return the ceremony of all certificates, by place, each checked.

    Raises:
        CeremonyRefusedError: ``MALFORMED`` or ``MISSING``; whose.
        TrusteesRefusedError: a certificate for another place or other terms, not signed, or a key used twice.
    """
    if len(certificates) != terms.size:
        raise CeremonyRefusedError(CeremonyRefusal.MISSING)
    parsed = []
    for index, data in enumerate(certificates, start=1):
        try:
            wire = decode(data, SignedWire)
            parsed.append(parse_certificate(terms.group, wire))
        except (MalformedError, MembershipError) as error:
            raise CeremonyRefusedError(CeremonyRefusal.MALFORMED, index) from error
    check_certificates(terms.group, parsed, terms.threshold)
    for index, certificate in enumerate(parsed, start=1):
        if certificate.context is None:
            raise CeremonyRefusedError(CeremonyRefusal.OTHER_CEREMONY, index)
    return Ceremony(terms, tuple(parsed), ceremony_hash(certificates))


def ceremony_hash(certificates: Sequence[bytes]) -> HexHash:
    """Return the hash that every later message of the ceremony names."""
    return hex_hash(_CEREMONY + b"".join(hashlib.sha256(each).digest() for each in certificates))


_Wire = TypeVar("_Wire", bound=msgspec.Struct)


def decode(data: bytes | str, kind: type[_Wire]) -> _Wire:
    """Return the message that ``data`` spells in its one way.

    Raises:
        MalformedError: another form or spelling.
    """
    raw = data.encode() if isinstance(data, str) else data
    if len(raw) > MAX_MESSAGE_BYTES:
        raise MalformedError("too long")
    wire = read_json(raw, kind)
    if msgspec.json.encode(wire) != raw:
        raise MalformedError("a message in another spelling")
    return wire


def sign_step(ceremony: Ceremony, keys: CeremonyKeys, step: msgspec.Struct, randomness: Randomness) -> bytes:
    """Return a message of the ceremony signed with its trustee's key."""
    text = msgspec.json.encode(step).decode()
    return msgspec.json.encode(sign_message(ceremony.terms.group, keys.signing, text, randomness).wire)


def open_step(ceremony: Ceremony, index: int, data: bytes, kind: type[_Wire]) -> _Wire:
    """Return the message that the trustee at ``index`` signed.

    Raises:
        CeremonyRefusedError: ``MALFORMED`` or ``SIGNATURE``, of that trustee.
    """
    group = ceremony.terms.group
    try:
        signed: SignedMessage = parse_signed(group, decode(data, SignedWire))
        check_signature(group, ceremony.certificates[index - 1].verification, signed.message, signed.signature)
        return decode(signed.message, kind)
    except MalformedError as error:
        raise CeremonyRefusedError(CeremonyRefusal.MALFORMED, index) from error
    except ProofRefusedError as error:
        raise CeremonyRefusedError(CeremonyRefusal.SIGNATURE, index) from error
