# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An eID server in this very process, with a terminal certificate of an authority that was made just now: for tests."""

import hmac
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from townhall_crypto.signed_content import open_content, verify_content
from townhall_crypto.state_errors import ContentRefusedError
from townhall_smartcard.apdu import CommandApdu, Ins
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.lds.security_object import SECURITY_INFOS
from townhall_smartcard.emrtd.public_keys import EllipticKey, parse_public_key
from townhall_smartcard.emrtd.secure_messaging import SecureMessaging, SecureSession
from townhall_smartcard.emrtd.security_infos import (
    SET,
    ChipAuthenticationKey,
    parse_security_infos,
)
from townhall_smartcard.errors import CardError, CardUnreadableError, EidServerError, UnexpectedStatusError
from townhall_smartcard.messages import CardStatement
from townhall_smartcard.national.eid_server import CardChallenge, ChipAnswer, TerminalChain
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.simulation import states
from townhall_smartcard.simulation.chip_keys import AgreementKey, Form
from townhall_smartcard.simulation.chip_terminal import (
    EidContents,
    keys_of_second_version,
    token_of_second_version,
)
from townhall_smartcard.simulation.cvc import (
    TERMINAL_SHA_256,
    Holder,
    parse_certificate,
    root,
    signed,
    template_of,
    without_tag,
)
from townhall_smartcard.simulation.german_contents import CHIP_AUTHENTICATION, EID_APPLICATION
from townhall_smartcard.simulation.state_keys import CurveStateKey
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode, value_at

READ_NAMES: Final = 1 << 8 + 3 | 1 << 8 + 4 | 1 << 8 + 7
"""Rights to read given names (DG4), family names (DG5) and the day of birth (DG8)."""
_ALL: Final = (1 << 38) - 1
_CURVE_NUMBER: Final = 13
_CURVE: Final = CURVES[_CURVE_NUMBER]
_UTF8, _DIGITS = 0x0C, 0x12
_READ: Final = frozenset({StatusWord.OK, StatusWord.END_OF_FILE})


def eid_groups(given_names: str, family_names: str, born: date) -> Mapping[int, bytes]:
    """Return the data groups that name somebody (TR-03110-4 §2.2.1)."""
    return {
        4: encode(0x64, encode(_UTF8, given_names.encode())),
        5: encode(0x65, encode(_UTF8, family_names.encode())),
        8: encode(0x68, encode(_DIGITS, f"{born:%Y%m%d}".encode())),
    }


@dataclass(frozen=True, slots=True)
class EidState:
    """A state: who certifies terminals, who signs what chips have, and everybody in between."""

    root: Holder = field(default_factory=lambda: root(b"DETESTeID00001", 0b11 << 38 | _ALL))
    signer: states.Standing = field(
        default_factory=lambda: states.document_signer(states.authority(CurveStateKey("brainpoolp256r1")))
    )

    def card(self, groups: Mapping[int, bytes]) -> EidContents:
        """Return what a card of this state has behind Terminal Authentication."""
        key = AgreementKey(CHIP_AUTHENTICATION, _CURVE, _CURVE.random_scalar(os.urandom))
        (content_type,) = SECURITY_INFOS
        public = key.public_info(Form.STANDARDISED, _CURVE_NUMBER).encode()
        security = states.signed_content(content_type, encode(SET, public), self.signer)
        return EidContents(groups, key, security, parse_certificate(without_tag(self.root.certificate)))

    def server(self, rights: int = READ_NAMES, ends: str = "991231") -> "SimulatedEidServer":
        """Return a server whose terminal may do this, until a day (YYMMDD)."""
        verifier = self.root.issue(b"DETESTDV00001", 0b10 << 38 | _ALL)
        return SimulatedEidServer(self, (verifier, verifier.issue(b"DETESTAT00001", rights, ends)), rights)


class SimulatedEidServer:
    """One session; see ``EidServer``."""

    def __init__(
        self, state: EidState, holders: tuple[Holder, Holder], rights: int, randomness: Randomness = os.urandom
    ) -> None:
        """Take the terminal's chain, verifier first, and which rights are asked for."""
        self._state: Final = state
        self._holders: Final = holders
        self._rights: Final = rights
        self.is_cut = False
        """Whether the line to the server is down, from the chain on."""
        self._private: Final = _CURVE.random_scalar(randomness)
        self._public: Final = _CURVE.encode(_CURVE.multiple_of_generator(self._private))

    def rights(self) -> bytes:
        """Return which data the terminal wants."""
        return template_of(self._rights)

    def chain(self, authorities: tuple[bytes, ...]) -> TerminalChain | None:
        """Return the chain where the card trusts this state."""
        if self.is_cut:
            raise EidServerError("cut")
        if self._state.root.name not in authorities:
            return None
        return TerminalChain(tuple(each.certificate for each in self._holders), TERMINAL_SHA_256, self._public)

    def sign(self, challenge: CardChallenge) -> bytes:
        """Sign with the terminal's key."""
        return signed(self._holders[-1].key, challenge.signed_bytes())

    def read(self, chip: ChipAnswer, card: ApduProcessor) -> CardStatement | None:
        """Check the chip's key and its token, then read."""
        key = self._chip_key(chip.untrusted_card_security)
        if key is None:
            return None
        info = CHIP_AUTHENTICATION
        keys = keys_of_second_version(info, _CURVE.secret(_CURVE.multiply(self._private, key.point)), chip.nonce)
        if not hmac.compare_digest(chip.token, token_of_second_version(info, keys, self._public)):
            return None
        channel = SecureMessaging(card, SecureSession(keys))
        answer = channel.exchange(CommandApdu(0x00, Ins.SELECT, 0x04, 0x0C, EID_APPLICATION))
        if not answer.is_ok:
            raise UnexpectedStatusError("SELECT of the eID application", answer.status)
        return _statement({number: _group(channel, number) for number in (4, 5, 8)})

    def _chip_key(self, untrusted: bytes) -> EllipticKey | None:
        """Return the chip's key if the state's own signer signed it."""
        with suppress(ContentRefusedError, CardError):
            verified = verify_content(open_content(untrusted, SECURITY_INFOS))
            infos = parse_security_infos(verified.content)
            keys = [
                parse_public_key(each.untrusted_public_key) for each in infos if isinstance(each, ChipAuthenticationKey)
            ]
            if verified.signer.dump() == self._state.signer.der and isinstance(keys[0], EllipticKey):
                return keys[0]
        return None


def _group(channel: SecureMessaging, number: int) -> bytes:
    """Read one group; nothing where the rights do not cover it."""
    answer = channel.exchange(CommandApdu(0x00, Ins.READ_BINARY, 0x80 | number, 0x00, le=0xDF))
    if answer.status == StatusWord.SECURITY_STATUS_NOT_SATISFIED:
        return b""
    if answer.status not in _READ:
        raise UnexpectedStatusError("READ BINARY", answer.status)
    return answer.data


def _statement(groups: Mapping[int, bytes]) -> CardStatement:
    given, family, born = groups[4], groups[5], groups[8]
    try:
        return CardStatement(
            surname=value_at(family, 0x65, _UTF8).decode() if family else "",
            given_names=value_at(given, 0x64, _UTF8).decode() if given else "",
            birth_date=date.fromisoformat(value_at(born, 0x68, _DIGITS).decode()) if born else None,
        )
    except ValueError as exc:
        raise CardUnreadableError("a data group that is none") from exc
