# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""PACE: a password that is too short to be a key becomes session keys, and nobody who listens can guess it afterwards.

ICAO 9303-11 §4.4, the terminal's side, without a wire: ``establish`` yields commands, is sent the card's answers, and
returns how it ended.
"""

import enum
import hmac
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from townhall_smartcard.apdu import CHAINING_BIT, MAX_EXTENDED_LE, MAX_SHORT_LE, CommandApdu, Ins, ResponseApdu, wipe
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.agreement import E, Group, Randomness
from townhall_smartcard.emrtd.chip_proof import ChipProof
from townhall_smartcard.emrtd.cipher import CHECKSUM_BYTES, KeyUse, SessionKeys
from townhall_smartcard.emrtd.elliptic import Curve, Point
from townhall_smartcard.emrtd.pace_mapping import Mapped, MappingSteps, generic_mapping, integrated_mapping
from townhall_smartcard.emrtd.residues import Residues
from townhall_smartcard.emrtd.security_infos import PaceInfo, PaceMapping
from townhall_smartcard.emrtd.steps import Steps
from townhall_smartcard.errors import CardMisuseError, CardUnreadableError, UnexpectedStatusError
from townhall_smartcard.status import StatusWord, tries_left
from townhall_smartcard.tlv import encode, parse_all, value_at

DYNAMIC_AUTHENTICATION: Final = 0x7C
_PUBLIC_KEY: Final = 0x7F49
_LONGEST_NONCE: Final = 64  # whole blocks, as many as the chip likes (§4.4.3.3); none is known to use more than two
_AUTHORITIES: Final = (0x87, 0x88)
_OVERHEAD: Final = 8  # tags and lengths around the longest value of an answer
_SET_AUTHENTICATION_TEMPLATE: Final = (0xC1, 0xA4)


class PasswordReference(enum.IntEnum):
    """Which of a card's passwords is used (§4.4.4.1); the secret of MRZ is the SHA-1 of three of its fields."""

    MRZ = 1
    CAN = 2
    PIN = 3
    PUK = 4


@dataclass(frozen=True, slots=True)
class PacePassword:
    """A password; whoever made it wipes it. Secret: no repr."""

    reference: PasswordReference
    secret: RawCommand = field(repr=False)

    def wipe(self) -> None:
        """Wipe the secret where it can be wiped."""
        if isinstance(self.secret, bytearray):
            wipe(self.secret)


@dataclass(frozen=True, slots=True)
class PaceRefused:
    """The password is wrong. ``tries_left`` is None for passwords that the card does not count (MRZ and CAN)."""

    tries_left: int | None = None


@dataclass(frozen=True, slots=True)
class PaceSession:
    """The password was right: keys for secure messaging, whose counter begins at 0, and what may prove the chip."""

    keys: SessionKeys
    proof: ChipProof | None = None
    """What chip authentication mapping left to check against the chip's public key; None after other mappings."""
    card_key: bytes = b""
    """The card's ephemeral public key as it was sent: by it a terminal names the card in what it signs."""
    authorities: tuple[bytes, ...] = ()
    """Whose certificates the card takes from a terminal (TR-03110-3 §B.11.1); nobody who has no rights is told."""


PaceOutcome: TypeAlias = PaceSession | PaceRefused


def establish(
    offer: PaceInfo,
    password: PacePassword,
    randomness: Randomness,
    *,
    names_parameters: bool = False,
    rights: bytes = b"",
) -> Steps[PaceOutcome]:
    """Agree upon session keys; ``names_parameters`` where the card offers several groups for one protocol.

    ``rights`` are those of a terminal that will authenticate itself afterwards (7F4C, with tag).

    A wrong password shows at the very end alone: then the card says 63xx and this returns ``PaceRefused``.

    Raises:
        CardUnreadableError: the card does not keep to the protocol, or did not know the password itself.
        UnexpectedStatusError: it refuses a step.
        CardMisuseError: ``offer`` is of a variant that nobody may use.
    """
    if not offer.is_served:
        raise CardMisuseError(f"PACE with {offer}")
    yield from _choose(offer, password, names_parameters=names_parameters, rights=rights)
    match offer.group:
        case Curve() as curve:
            return (yield from _converse(offer, curve, password, randomness))
        case Residues() as residues:
            return (yield from _converse(offer, residues, password, randomness))
        case None:
            raise CardMisuseError("PACE in an unknown group")


def _converse(offer: PaceInfo, group: Group[E], password: PacePassword, randomness: Randomness) -> Steps[PaceOutcome]:
    encrypted = yield from _authenticate("PACE nonce", b"", 0x80)
    if len(encrypted) > _LONGEST_NONCE:
        raise CardUnreadableError(f"a nonce of {len(encrypted)} bytes")
    cipher = offer.cipher
    nonce = cipher.decrypt(cipher.derive(password.secret, KeyUse.PASSWORD), bytes(cipher.block_bytes), encrypted)
    if offer.mapping.is_integrated:
        mapped = yield from _map(integrated_mapping(group, cipher, nonce, randomness), group)
    else:
        mapped = yield from _map(generic_mapping(group, nonce, randomness), group)
    scalar = group.random_scalar(randomness)
    own = group.multiply(scalar, mapped.generator)
    theirs = yield from _authenticate("PACE key agreement", encode(0x83, group.encode(own)), 0x84, _longest(group))
    their_key = group.decode(theirs)
    if their_key == own:  # §4.4.1: a card that echoes has proved nothing
        raise CardUnreadableError("the card gave our own key back")
    keys = SessionKeys.derive(cipher, group.secret(group.multiply(scalar, their_key)))
    return (yield from _confirm(offer, keys, group.encode(own), theirs, mapped))


def token(offer: PaceInfo, keys: SessionKeys, public_key: bytes) -> bytes:
    """Return the authentication token over the other side's public key, as it was sent (§4.4.3.4)."""
    value = encode(0x86 if offer.mapping.is_elliptic else 0x84, public_key)
    return keys.cipher.token(keys.checksum, encode(_PUBLIC_KEY, encode(0x06, offer.identifier) + value))


def choice_of(offer: PaceInfo, reference: PasswordReference, *, names_parameters: bool) -> CommandApdu:
    """Return MSE: Set AT, which chooses a variant and a password. A card that counts the password answers 63Cx."""
    data = encode(0x80, offer.identifier) + encode(0x83, bytes((reference,)))
    if names_parameters and offer.parameters is not None:
        data += encode(0x84, bytes((offer.parameters,)))
    return CommandApdu(0x00, Ins.MANAGE_SECURITY_ENVIRONMENT, *_SET_AUTHENTICATION_TEMPLATE, data)


def _choose(offer: PaceInfo, password: PacePassword, *, names_parameters: bool, rights: bytes) -> Steps[None]:
    """MSE: Set AT. A card that counts this password tells by 63Cx that tries were lost; that alone refuses nothing."""
    choice = choice_of(offer, password.reference, names_parameters=names_parameters)
    answer = yield choice.with_data(bytes(choice.data) + rights)
    if not answer.is_ok and not tries_left(answer.status):
        raise UnexpectedStatusError("MSE SET AT", answer.status)


def _authenticate(name: str, data: bytes, tag: int, le: int = MAX_SHORT_LE) -> Steps[bytes]:
    """GENERAL AUTHENTICATE; return what the card gave under ``tag``."""
    answer = yield _general_authenticate(data, le)
    return value_at(_accepted(name, answer), DYNAMIC_AUTHENTICATION, tag)


def _accepted(name: str, answer: ResponseApdu) -> bytes:
    if not answer.is_ok:
        raise UnexpectedStatusError(name, answer.status)
    return answer.data


def _general_authenticate(data: bytes, le: int = MAX_SHORT_LE, *, is_last: bool = False) -> CommandApdu:
    body = encode(DYNAMIC_AUTHENTICATION, data)
    return CommandApdu(0x00 if is_last else CHAINING_BIT, Ins.GENERAL_AUTHENTICATE, 0x00, 0x00, body, le=le)


def _longest(group: Group[E]) -> int:
    """Return Le for an answer that holds a public key: 2048 bits need an extended one (§9.3.1)."""
    return MAX_SHORT_LE if group.key_bytes + _OVERHEAD <= MAX_SHORT_LE else MAX_EXTENDED_LE


def _map(steps: MappingSteps[E], group: Group[E]) -> Steps[Mapped[E]]:
    try:
        data = next(steps)
        while True:
            answer = yield _general_authenticate(encode(0x81, data), _longest(group))
            data = steps.send(_mapping_data(_accepted("PACE mapping", answer)))
    except StopIteration as end:
        mapped: Mapped[E] = end.value
        return mapped


def _mapping_data(untrusted: bytes) -> bytes:
    """Return the card's mapping data, nothing where there are none: chips leave out the empty object in three ways."""
    inner = value_at(untrusted, DYNAMIC_AUTHENTICATION) if untrusted else b""
    return value_at(inner, 0x82) if inner else b""


def _confirm(offer: PaceInfo, keys: SessionKeys, own: bytes, theirs: bytes, mapped: Mapped[E]) -> Steps[PaceOutcome]:
    """Exchange tokens. The card checks ours first; its own proves that it knew the password too."""
    answer = yield _general_authenticate(encode(0x85, token(offer, keys, theirs)), is_last=True)
    if answer.status >> 8 == StatusWord.VERIFICATION_FAILED >> 8:
        return PaceRefused(tries_left(answer.status))
    inner = value_at(_accepted("PACE token", answer), DYNAMIC_AUTHENTICATION)
    untrusted = value_at(inner, 0x86)
    if len(untrusted) != CHECKSUM_BYTES or not hmac.compare_digest(untrusted, token(offer, keys, own)):
        raise CardUnreadableError("the card does not know the password itself")
    authorities = tuple(each.value for each in parse_all(inner) if each.tag in _AUTHORITIES)
    return PaceSession(keys, _proof(offer, keys, inner, mapped), theirs, authorities)


def _proof(offer: PaceInfo, keys: SessionKeys, inner: bytes, mapped: Mapped[E]) -> ChipProof | None:
    if offer.mapping is not PaceMapping.ECDH_CHIP_AUTHENTICATION:
        return None
    if offer.parameters is None or not isinstance(mapped.card_key, Point):
        raise CardMisuseError("chip authentication mapping without a curve")
    return ChipProof.decrypt(offer.parameters, keys, value_at(inner, 0x8A), mapped.card_key)
