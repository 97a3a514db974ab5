# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a card's answers mean for a visit: each leads to one event, for forms and votes alike."""

from typing import Final

from townhall_crypto.errors import CertificateRefusal
from townhall_kiosk import events as on
from townhall_kiosk.card_problem import DISTURBED, CardProblem
from townhall_kiosk.errors import VisitError
from townhall_kiosk.state_facts import PinNotice
from townhall_smartcard.identity import RefusalReason
from townhall_smartcard.messages import (
    Failed,
    Failure,
    LastTryUnconfirmed,
    PinBlocked,
    PinLengthRefused,
    PinNotEntered,
    PinOutcome,
    PinWrong,
)

REFUSALS: Final = {
    RefusalReason.CARD_INCONSISTENT: CardProblem.INCONSISTENT,
    RefusalReason.CHALLENGE_FAILED: CardProblem.PROOF_FAILED,
    RefusalReason.EXPIRED: CardProblem.EXPIRED,
    RefusalReason.NOT_YET_VALID: CardProblem.NOT_YET_VALID,
    RefusalReason.REVOKED: CardProblem.REVOKED,
}
CERTIFICATE_PROBLEMS: Final = {
    CertificateRefusal.EXPIRED: CardProblem.EXPIRED,
    CertificateRefusal.NOT_YET_VALID: CardProblem.NOT_YET_VALID,
    CertificateRefusal.REVOKED: CardProblem.REVOKED,
}


class NotSignedError(VisitError):
    """The card answered a digest with something else than a signature."""

    def __init__(self, outcome: PinOutcome) -> None:
        """Keep what it answered."""
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


def no_signature(outcome: PinOutcome) -> on.Event:  # one line an outcome
    """Return what it means that the card did not sign."""
    match outcome:
        case PinWrong(tries_left=left):
            return on.PinWasWrong(left)
        case PinBlocked():
            return on.PinWasBlocked()
        case PinLengthRefused():
            return on.PinLengthWasRefused()
        case PinNotEntered(reason=reason):
            return on.PinNotEntered(PinNotice(reason.value))
        case LastTryUnconfirmed():
            return on.LastTryWasReached()
        case Failed():
            return failed(outcome)
        case _:
            raise VisitError(type(outcome).__name__)


def failed(outcome: Failed) -> on.Event:
    """Return what it means that the card did nothing."""
    if outcome.failure is Failure.CARD_REMOVED:
        return on.CardRemoved()
    if outcome.failure in DISTURBED:
        return on.CardWasDisturbed()
    return on.CardFailed(CardProblem.of(outcome.failure))
