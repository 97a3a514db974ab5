# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One opened eMRTD chip: its files as bytes, and whether the chip is the one that its files belong to.

What a file says, and whether a state signed it, is for whoever reads the bytes: nothing here believes them. Chips that
end the session over a command that they do not like are opened once more, and then asked as every chip can be.
"""

import enum
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from townhall_smartcard.apdu import MAX_EXTENDED_LE, MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.emrtd import active_authentication, chip_authentication
from townhall_smartcard.emrtd.access import (
    AccessProtocol,
    AccessRefused,
    ChipAccess,
    MrzNeeded,
    Opened,
    select_application,
    select_master_file,
)
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.card_access import is_confirmed
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.files import CARD_SECURITY, reference_of
from townhall_smartcard.emrtd.lds.files import LdsFile
from townhall_smartcard.emrtd.pace import PacePassword
from townhall_smartcard.emrtd.public_keys import EllipticKey, PublicKey, parse_public_key
from townhall_smartcard.emrtd.reading import CLOSED, FileReader
from townhall_smartcard.emrtd.secure_messaging import SecureMessaging, SecureSession
from townhall_smartcard.emrtd.security_infos import ChipAuthenticationKey, SecurityInfo
from townhall_smartcard.emrtd.steps import run
from townhall_smartcard.errors import (
    CardUnreadableError,
    CardUnsupportedError,
    SecureMessagingError,
    UnexpectedStatusError,
)
from townhall_smartcard.processors import ApduProcessor

_SELECT_COM: Final = CommandApdu(0x00, Ins.SELECT, 0x02, 0x0C, reference_of(LdsFile.COM).selector)


class ChipVerdict(enum.Enum):
    """Whether the chip has the private key that belongs to a public one in its files.

    That says something of the document only once Passive Authentication says that the key is this chip's.
    """

    PROVED = "proved"
    NOT_PROVED = "not proved"  # it has not, or would not say
    NOT_OFFERED = "not offered"  # there is no such key, or none of a kind that we know


class EmrtdSession:
    """An open chip; ``open_emrtd`` makes it. Not for use from two threads at once."""

    def __init__(self, access: ChipAccess, opened: Opened, randomness: Randomness) -> None:
        self._access: Final = access
        self._randomness: Final = randomness
        self._opened = opened
        self._files = FileReader(opened.channel, opened.block, short_block=opened.short_block)
        self._is_cautious = False
        self._may_reopen = access.may_be_repeated

    @property
    def protocol(self) -> AccessProtocol:
        """What opened the chip."""
        return self._opened.protocol

    @property
    def card_access(self) -> tuple[SecurityInfo, ...]:
        """What EF.CardAccess said; nobody signed it."""
        return self._access.infos

    def is_access_confirmed(self, signed: Iterable[SecurityInfo]) -> bool:
        """Tell whether the chip offered what the state signed, in EF.DG14 or EF.CardSecurity (§4.2 step 3).

        If not, somebody in between may have hidden the stronger ways in; what was read counts for what it is.
        """
        return is_confirmed(self._access.infos, signed)

    def read_file(self, file: LdsFile) -> bytes | None:
        """Return a file of the application, None where there is none.

        Raises:
            UnexpectedStatusError: the file is closed: EF.DG3 and EF.DG4 are, to whoever has no terminal certificate.
            CardUnreadableError: the chip breaks off, and broke off when it was asked in the cautious way.
        """
        while True:
            try:
                return self._files.read(reference_of(file))
            except UnexpectedStatusError as exc:
                if self._is_cautious or exc.status in CLOSED:
                    raise
                self._be_cautious()
            except CardUnreadableError:
                if self._is_cautious or not self._may_reopen:
                    raise
                self._reopen()

    def read_card_security(self) -> bytes | None:
        """Return EF.CardSecurity, whose infos ``check_mapping`` needs; None where the chip does not show it.

        It lies outside the application, which is selected again afterwards. A signed copy of EF.CardAccess is in it.

        Raises:
            CardUnreadableError: the chip breaks off, or does not let us back.
        """
        content = None
        if select_master_file(self._opened.channel):  # in the application the same identifier is EF.SOD's
            with suppress(UnexpectedStatusError):
                content = self._files.read(CARD_SECURITY)
        select_application(self._opened.channel)
        return content

    def authenticate_chip(self, infos: Iterable[SecurityInfo]) -> ChipVerdict:
        """Chip Authentication with a key among ``infos``, which are those of EF.DG14.

        Reading goes on under the new keys, and the chip is never opened anew: it might be another one.
        """
        choice = chip_authentication.chosen(infos)
        if choice is None:
            return ChipVerdict.NOT_OFFERED
        self._may_reopen = False
        try:
            keys = run(chip_authentication.agree(choice, self._randomness), self._opened.channel)
            channel = SecureMessaging(self._access.card, SecureSession(keys))
            channel.exchange(_SELECT_COM)  # whatever it says, it says it under keys that the right chip alone has
        except CardUnreadableError:
            return ChipVerdict.NOT_PROVED
        # What the chip was not asked before, it is not asked now that it cannot be opened anew.
        self._is_cautious = self._is_cautious or self.protocol is AccessProtocol.NONE
        is_short = self._is_cautious or self._opened.block <= self._opened.short_block
        block, short = self._access.blocks(keys.cipher, is_cautious=is_short)
        self._opened = replace(self._opened, channel=channel, block=block, short_block=short)
        self._files = FileReader(channel, block, short_block=short, is_cautious=self._is_cautious)
        return ChipVerdict.PROVED

    def challenge_chip(self, untrusted_public_key: bytes, infos: Iterable[SecurityInfo] = ()) -> ChipVerdict:
        """Active Authentication with the SubjectPublicKeyInfo of EF.DG15; ``infos`` are those of EF.DG14.

        Raises:
            CardUnreadableError: the chip breaks off.
        """
        try:
            key = parse_public_key(untrusted_public_key)
        except (CardUnreadableError, CardUnsupportedError):
            return ChipVerdict.NOT_OFFERED
        for longest in self._answer_lengths(key):
            nonce = self._randomness(active_authentication.NONCE_BYTES)
            try:
                answer = self._opened.channel.exchange(active_authentication.challenge(nonce, longest))
            except SecureMessagingError:
                if not self._may_reopen or longest == MAX_SHORT_LE:
                    raise
                self._reopen()
                continue
            if answer.is_ok:
                is_signed = active_authentication.is_signed(key, infos, nonce, answer.data)
                return ChipVerdict.PROVED if is_signed else ChipVerdict.NOT_PROVED
        return ChipVerdict.NOT_PROVED

    def check_mapping(self, infos: Iterable[SecurityInfo]) -> ChipVerdict:
        """Tell what chip authentication mapping proved, with the keys of ``infos``, which are EF.CardSecurity's."""
        proof = self._opened.proof
        if proof is None:
            return ChipVerdict.NOT_OFFERED
        keys = [each for each in infos if isinstance(each, ChipAuthenticationKey) and each.key == proof.parameters]
        for each in keys:
            try:
                key = parse_public_key(each.untrusted_public_key)
            except (CardUnreadableError, CardUnsupportedError):
                continue
            if isinstance(key, EllipticKey) and key.curve is CURVES[proof.parameters] and proof.proves(key.point):
                return ChipVerdict.PROVED
        return ChipVerdict.NOT_PROVED

    def _answer_lengths(self, key: PublicKey) -> tuple[int, ...]:
        """Return what to ask for: long signatures need extended lengths (§6.1.4), but some chips chain them."""
        if active_authentication.signature_bytes(key) <= self._opened.short_block:
            return (MAX_SHORT_LE,)
        return (MAX_EXTENDED_LE, MAX_SHORT_LE)

    def _be_cautious(self) -> None:
        self._is_cautious = True
        self._files = FileReader(self._opened.channel, self._opened.short_block, is_cautious=True)

    def _reopen(self) -> None:
        opened = self._access.reopen()
        if not isinstance(opened, Opened):
            raise CardUnreadableError("opens no more with the password that opened it")
        self._is_cautious, self._opened = True, opened
        self._files = FileReader(opened.channel, opened.block, short_block=opened.short_block, is_cautious=True)


def open_emrtd(
    card: ApduProcessor, password: PacePassword, randomness: Randomness = os.urandom
) -> EmrtdSession | AccessRefused | MrzNeeded:
    """Open the chip; ``password`` is kept as long as the session, and is its owner's to wipe.

    ``card`` must pass extended lengths on where the reader can (``processors_for(..., is_extended=True)``).

    Raises:
        CardUnreadableError: the chip does not keep to the protocols.
        CardUnsupportedError: there is no eMRTD application.
    """
    access = ChipAccess(card, password, randomness)
    opened = access.open()
    return EmrtdSession(access, opened, randomness) if isinstance(opened, Opened) else opened
