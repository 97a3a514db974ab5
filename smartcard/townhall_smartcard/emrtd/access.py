# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The way into the chip (ICAO 9303-11 §4.2): PACE where it is offered, else Basic Access Control, else an open door."""

import enum
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.emrtd import bac, pace
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.buffers import longest_answer
from townhall_smartcard.emrtd.card_access import chosen, pace_infos
from townhall_smartcard.emrtd.chip_proof import ChipProof
from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.files import APPLICATION, ATR_INFO, CARD_ACCESS
from townhall_smartcard.emrtd.pace import PaceOutcome, PacePassword, PaceRefused, PaceSession, PasswordReference
from townhall_smartcard.emrtd.reading import FileReader
from townhall_smartcard.emrtd.secure_messaging import SecureMessaging, SecureSession, largest_plain_answer
from townhall_smartcard.emrtd.security_infos import PaceInfo, SecurityInfo, parse_security_infos
from townhall_smartcard.emrtd.steps import run
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError, UnexpectedStatusError
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord

_SELECT_MASTER_FILE: Final = CommandApdu(0x00, Ins.SELECT, 0x00, 0x0C, bytes.fromhex("3F00"))
_SELECT_APPLICATION: Final = CommandApdu(0x00, Ins.SELECT, 0x04, 0x0C, APPLICATION)
_LONGEST_ATR_INFO: Final = 64
_NO_BAC: Final = frozenset({StatusWord.INSTRUCTION_NOT_SUPPORTED, StatusWord.CONDITIONS_NOT_SATISFIED})


class AccessProtocol(enum.Enum):
    """What opened the chip."""

    PACE = "pace"
    BAC = "bac"
    NONE = "none"  # a chip of the first years, which shows its files to everybody


@dataclass(frozen=True, slots=True)
class AccessRefused:
    """The password is wrong; ``tries_left`` where the chip counts them, as it does for PIN and PUK alone."""

    tries_left: int | None = None


@dataclass(frozen=True, slots=True)
class MrzNeeded:
    """The chip knows no other password than the one in the machine readable zone."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open chip, its application selected."""

    protocol: AccessProtocol
    channel: ApduProcessor
    block: int
    """The longest answer that the channel and the chip carry."""
    short_block: int
    """The longest answer that fits a short response."""
    proof: ChipProof | None = None


AccessOutcome: TypeAlias = Opened | AccessRefused | MrzNeeded


class ChipAccess:
    """One chip with the password for it, which stays its owner's."""

    def __init__(self, card: ApduProcessor, password: PacePassword, randomness: Randomness) -> None:
        """Read what the chip shows to everybody. ``card`` must pass extended lengths on, if it can.

        Raises:
            CardUnreadableError: EF.CardAccess is there and is none.
        """
        self.card: Final = card
        self._password: Final = password
        self._randomness: Final = randomness
        self.infos: Final = self._read_infos()
        """What EF.CardAccess says; nobody signed it. Nothing where there is none."""
        self._longest_answer: Final = self._read_longest_answer()

    def open(self, *, is_cautious: bool = False) -> AccessOutcome:
        """Open the chip, whose master file is selected; ``is_cautious`` keeps to short lengths.

        Raises:
            CardUnreadableError: the chip does not keep to the protocols.
            CardUnsupportedError: there is no eMRTD application.
        """
        offer = chosen(pace_infos(self.infos))
        is_mrz = self._password.reference is PasswordReference.MRZ
        outcome = None
        try:
            outcome = self._agreed(offer) if offer is not None else None
        except UnexpectedStatusError:
            if not is_mrz:
                raise
            select_master_file(self.card)  # a chip whose PACE is out of order may still know the older way
        match outcome:
            case PaceSession():
                return self._by_pace(outcome, is_cautious=is_cautious)
            case PaceRefused(tries_left):
                return AccessRefused(tries_left)
            case None:
                return self._by_bac(is_cautious=is_cautious) if is_mrz else MrzNeeded()

    @property
    def may_be_repeated(self) -> bool:
        """Tell whether the password may be given once more unasked: a PIN or PUK costs a try where it is wrong."""
        return self._password.reference in (PasswordReference.MRZ, PasswordReference.CAN)

    def reopen(self) -> AccessOutcome:
        """Leave a session that is over and open the chip anew, cautiously; raises as ``open``."""
        select_master_file(self.card)
        return self.open(is_cautious=True)

    def blocks(self, cipher: Cipher, *, is_cautious: bool) -> tuple[int, int]:
        """Return the longest answer to ask for under ``cipher``, and the longest that fits a short response."""
        short = largest_plain_answer(cipher)
        room = None if is_cautious else self._longest_answer
        return short if room is None else largest_plain_answer(cipher, room), short

    def _read_infos(self) -> tuple[SecurityInfo, ...]:
        select_master_file(self.card)
        with suppress(UnexpectedStatusError):
            content = FileReader(self.card, MAX_SHORT_LE).read(CARD_ACCESS)
            return () if content is None else parse_security_infos(content)
        return ()

    def _read_longest_answer(self) -> int | None:
        with suppress(CardUnreadableError):  # whatever is wrong with the file, short lengths work
            return longest_answer(FileReader(self.card, MAX_SHORT_LE).head(ATR_INFO, _LONGEST_ATR_INFO) or b"")
        return None

    def _agreed(self, offer: PaceInfo) -> PaceOutcome:
        is_one_of_several = sum(each.identifier == offer.identifier for each in pace_infos(self.infos)) > 1
        steps = pace.establish(offer, self._password, self._randomness, names_parameters=is_one_of_several)
        return run(steps, self.card)

    def _by_pace(self, session: PaceSession, *, is_cautious: bool) -> AccessOutcome:
        channel = SecureMessaging(self.card, SecureSession(session.keys))
        block, short = self.blocks(session.keys.cipher, is_cautious=is_cautious)
        select_application(channel)
        return Opened(AccessProtocol.PACE, channel, block, short, session.proof)

    def _by_bac(self, *, is_cautious: bool) -> AccessOutcome:
        select_application(self.card)
        try:
            outcome = run(bac.establish(self._password.secret, self._randomness), self.card)
        except UnexpectedStatusError as exc:
            if exc.status not in _NO_BAC:
                raise
            return Opened(AccessProtocol.NONE, self.card, MAX_SHORT_LE, MAX_SHORT_LE)
        if isinstance(outcome, bac.BacRefused):
            return AccessRefused()
        channel = SecureMessaging(self.card, SecureSession(outcome.keys, outcome.counter))
        return Opened(AccessProtocol.BAC, channel, *self.blocks(Cipher.TRIPLE_DES, is_cautious=is_cautious))


def select_master_file(channel: ApduProcessor) -> bool:
    """Go where EF.CardAccess and its like lie; tell whether the chip went. After a reset all are there anyway."""
    return channel.exchange(_SELECT_MASTER_FILE).is_ok


def select_application(channel: ApduProcessor) -> None:
    """Go where EF.COM, EF.SOD and the data groups lie.

    Raises:
        CardUnsupportedError: there is no eMRTD application.
        UnexpectedStatusError: the chip refuses.
    """
    answer = channel.exchange(_SELECT_APPLICATION)
    if answer.status == StatusWord.FILE_NOT_FOUND:
        raise CardUnsupportedError("no eMRTD application")
    if not answer.is_ok:
        raise UnexpectedStatusError(_SELECT_APPLICATION.name, answer.status)
