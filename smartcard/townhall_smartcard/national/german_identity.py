# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who holds a German card: told by an eID server, or by nobody.

::

    PACE with rights and PIN -> certificates -> challenge, signature -> Chip Authentication 2 -> the server reads
"""

import os
from dataclasses import dataclass
from typing import Final, TypeAlias

from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins, wipe
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.files import CARD_SECURITY
from townhall_smartcard.emrtd.pace import DYNAMIC_AUTHENTICATION, PaceSession
from townhall_smartcard.emrtd.reading import FileReader
from townhall_smartcard.emrtd.secure_messaging import SecureMessaging, largest_plain_answer
from townhall_smartcard.emrtd.security_infos import ChipAuthenticationInfo, SecurityInfo
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError, UnexpectedStatusError
from townhall_smartcard.messages import CardStatement
from townhall_smartcard.national.eid_server import CardChallenge, ChipAnswer, EidServer, TerminalChain
from townhall_smartcard.national.german_codes import CodeRefusal, GermanCodes, Opened
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.tlv import encode, parse_all, value_at

_VERIFY_TEMPLATE: Final = (0x81, 0xB6)  # MSE: Set DST, whose key verifies the next certificate
_TERMINAL_TEMPLATE: Final = (0x81, 0xA4)
_CHIP_TEMPLATE: Final = (0x41, 0xA4)
_VERIFY_CERTIFICATE: Final = (0x00, 0xBE)
_CERTIFICATE, _BODY, _AUTHORITY, _HOLDER = 0x7F21, 0x7F4E, 0x42, 0x5F20
_CHALLENGE_BYTES: Final = 8
_UNCOMPRESSED: Final = 0x04
_SECOND_VERSION: Final = 2


@dataclass(frozen=True, slots=True)
class NeedsTerminalCertificate:
    """Nobody here may ask: this takes an eID server whose chain begins where the card trusts. No code was used."""


@dataclass(frozen=True, slots=True)
class TerminalRefused:
    """The card does not take the server's certificates or its signature; ``step`` is the command that it refused."""

    step: str
    status: int


@dataclass(frozen=True, slots=True)
class ChipNotProved:
    """The server says that the chip is not the state's: what it said counts for nothing."""


IdentityOutcome: TypeAlias = CardStatement | NeedsTerminalCertificate | TerminalRefused | ChipNotProved | CodeRefusal


def identify(  # noqa: PLR0913 - the card, the server, and each code by its name
    card: ApduProcessor,
    server: EidServer | None,
    pin: bytearray,
    access_number: bytearray | None = None,
    *,
    last_try_confirmed: bool,
    randomness: Randomness = os.urandom,
) -> IdentityOutcome:
    """Have the card tell its holder to ``server``; codes are wiped, and not used where there is no server.

    Raises:
        CardUnsupportedError: the card offers no Chip Authentication of version 2.
        CardUnreadableError: it does not keep to the protocols.
    """
    if server is None:
        for code in (pin, access_number):
            wipe(code if code is not None else bytearray())
        return NeedsTerminalCertificate()
    opened = GermanCodes(card, randomness).enter(
        pin, access_number, last_try_confirmed=last_try_confirmed, rights=server.rights()
    )
    return _identified(card, opened, server) if isinstance(opened, Opened) else opened


def _identified(card: ApduProcessor, opened: Opened, server: EidServer) -> IdentityOutcome:
    session, channel = opened.session, opened.channel
    chain = server.chain(session.authorities)
    if chain is None or not chain.certificates:
        return NeedsTerminalCertificate()
    infos = opened.infos
    try:
        _authenticate_terminal(channel, session, chain, server)
    except _StepRefusedError as exc:
        return TerminalRefused(exc.step, exc.status)
    file = FileReader(channel, largest_plain_answer(session.keys.cipher)).read(CARD_SECURITY)
    answer = _authenticate_chip(channel, infos, chain.public_key, file or b"")
    stated = server.read(answer, card)
    return ChipNotProved() if stated is None else stated


class _StepRefusedError(Exception):
    """The card refused a step of Terminal Authentication; never leaves this module."""

    def __init__(self, step: str, status: int) -> None:
        super().__init__(step)
        self.step, self.status = step, status


def _authenticate_terminal(
    channel: SecureMessaging, session: PaceSession, chain: TerminalChain, server: EidServer
) -> None:
    """Go through Terminal Authentication of version 2 (TR-03110-3 §B.3); the public keys are compressed (§A.2.2.3)."""
    holder = b""
    for certificate in chain.certificates:
        content = value_at(certificate, _CERTIFICATE)
        authority = value_at(content, _BODY, _AUTHORITY)
        holder = value_at(content, _BODY, _HOLDER)
        _take(channel, "MSE SET DST", _manage(_VERIFY_TEMPLATE, encode(0x83, authority)))
        command = CommandApdu(0x00, Ins.PERFORM_SECURITY_OPERATION, *_VERIFY_CERTIFICATE, content)
        _take(channel, "PSO VERIFY CERTIFICATE", command)
    own = compressed(chain.public_key)
    data = encode(0x80, chain.protocol) + encode(0x83, holder) + encode(0x91, own)
    _take(channel, "MSE SET AT of the terminal", _manage(_TERMINAL_TEMPLATE, data))
    challenge = _take(channel, "GET CHALLENGE", CommandApdu(0x00, Ins.GET_CHALLENGE, 0x00, 0x00, le=_CHALLENGE_BYTES))
    if len(challenge) != _CHALLENGE_BYTES:
        raise CardUnreadableError(f"a challenge of {len(challenge)} bytes")
    signature = server.sign(CardChallenge(compressed(session.card_key), challenge, own))
    command = CommandApdu(0x00, Ins.EXTERNAL_AUTHENTICATE, 0x00, 0x00, signature)
    _take(channel, "EXTERNAL AUTHENTICATE", command)


def _authenticate_chip(
    channel: SecureMessaging, infos: tuple[SecurityInfo, ...], public_key: bytes, card_security: bytes
) -> ChipAnswer:
    """Have the chip agree with the terminal's key (TR-03110-3 §B.2): the new keys are the chip's and the server's."""
    info = next((each for each in infos if _is_second_version(each)), None)
    if not isinstance(info, ChipAuthenticationInfo):
        raise CardUnsupportedError("no Chip Authentication of version 2")
    reference = b"" if info.key is None else encode(0x84, bytes((info.key,)))
    answer = channel.exchange(_manage(_CHIP_TEMPLATE, encode(0x80, info.identifier) + reference))
    if not answer.is_ok:
        raise UnexpectedStatusError("MSE SET AT of the chip", answer.status)
    body = encode(DYNAMIC_AUTHENTICATION, encode(0x80, public_key))
    answer = channel.exchange(CommandApdu(0x00, Ins.GENERAL_AUTHENTICATE, 0x00, 0x00, body, le=MAX_SHORT_LE))
    if not answer.is_ok:
        raise UnexpectedStatusError("GENERAL AUTHENTICATE", answer.status)
    told = {each.tag: each.value for each in parse_all(value_at(answer.data, DYNAMIC_AUTHENTICATION))}
    return ChipAnswer(card_security, told.get(0x81, b""), told.get(0x82, b""))


def compressed(point: bytes) -> bytes:
    """Return the coordinate x of an encoded point.

    Raises:
        CardUnreadableError: it is none.
    """
    if len(point) < 3 or len(point) % 2 == 0 or point[0] != _UNCOMPRESSED:
        raise CardUnreadableError("no point")
    return point[1 : 1 + len(point) // 2]


def _is_second_version(info: SecurityInfo) -> bool:
    return isinstance(info, ChipAuthenticationInfo) and info.version == _SECOND_VERSION


def _manage(template: tuple[int, int], data: bytes) -> CommandApdu:
    return CommandApdu(0x00, Ins.MANAGE_SECURITY_ENVIRONMENT, *template, data)


def _take(channel: SecureMessaging, step: str, command: CommandApdu) -> bytes:
    answer = channel.exchange(command)
    if not answer.is_ok:
        raise _StepRefusedError(step, answer.status)
    return answer.data
