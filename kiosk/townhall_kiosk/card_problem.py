# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why a card cannot be used, as the person is told, and under which failure code."""

import enum
from typing import Final

from townhall_smartcard.errors import (
    CardMuteError,
    CardNotActivatedError,
    CardUnreadableError,
    CardUnsupportedError,
    PinPadError,
    ReaderBusyError,
)
from townhall_smartcard.identity import RefusalReason
from townhall_smartcard.messages import Failure

DISTURBED: Final = frozenset({Failure.CARD_RESET, Failure.READER_BUSY})
"""Another program was at the card: nothing was used up, and asking again may do."""


class CardProblem(enum.Enum):
    """Why a card cannot be used, by what the person can do; texts and failure codes hang on it."""

    UNSUPPORTED = "unsupported"
    NOT_ACTIVATED = "not-activated"
    TOO_OLD = "too-old"
    DEAD = "dead"
    MUTE = "mute"
    UNREADABLE = "unreadable"
    BUSY = "busy"
    INCONSISTENT = "inconsistent"
    UNTRUSTED = "untrusted"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    REVOKED = "revoked"
    PROOF_FAILED = "proof-failed"
    UNCERTAIN = "uncertain"
    PIN_PAD = "pin-pad"
    PIN1_BLOCKED = "pin1-blocked"
    PIN2_BLOCKED = "pin2-blocked"
    PUK_BLOCKED = "puk-blocked"

    @classmethod
    def of(cls, failure: Failure) -> "CardProblem":
        """Return what a card's failure is to the person; a card that was taken away is no problem but an event."""
        return _OF_FAILURE.get(failure, cls.UNREADABLE)

    @property
    def code(self) -> str:
        """The failure code in small print (docs/failure-codes.md)."""
        return _CARD_CODES[self]


_OF_FAILURE = {
    Failure.CARD_MUTE: CardProblem.MUTE,
    Failure.NO_SERVICE: CardProblem.MUTE,
    Failure.CARD_UNSUPPORTED: CardProblem.UNSUPPORTED,
    Failure.CARD_NOT_ACTIVATED: CardProblem.NOT_ACTIVATED,
    Failure.CARD_UNREADABLE: CardProblem.UNREADABLE,
    Failure.PIN_PAD: CardProblem.PIN_PAD,
    Failure.READER_BUSY: CardProblem.BUSY,
    Failure.CARD_RESET: CardProblem.BUSY,
}
_CARD_CODES = {
    CardProblem.UNSUPPORTED: CardUnsupportedError.code,
    CardProblem.NOT_ACTIVATED: CardNotActivatedError.code,
    CardProblem.TOO_OLD: CardUnsupportedError.code,
    CardProblem.DEAD: "TH-KIOS-012",
    CardProblem.MUTE: CardMuteError.code,
    CardProblem.UNREADABLE: CardUnreadableError.code,
    CardProblem.BUSY: ReaderBusyError.code,
    CardProblem.INCONSISTENT: RefusalReason.CARD_INCONSISTENT.code,
    CardProblem.UNTRUSTED: RefusalReason.UNTRUSTED.code,
    CardProblem.EXPIRED: RefusalReason.EXPIRED.code,
    CardProblem.NOT_YET_VALID: RefusalReason.NOT_YET_VALID.code,
    CardProblem.REVOKED: RefusalReason.REVOKED.code,
    CardProblem.PROOF_FAILED: RefusalReason.CHALLENGE_FAILED.code,
    CardProblem.UNCERTAIN: "TH-KIOS-013",
    CardProblem.PIN_PAD: PinPadError.code,
    CardProblem.PIN1_BLOCKED: "TH-KIOS-010",
    CardProblem.PIN2_BLOCKED: "TH-KIOS-011",
    CardProblem.PUK_BLOCKED: "TH-KIOS-081",
}
